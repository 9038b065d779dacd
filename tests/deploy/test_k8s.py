"""The Kubernetes manifests: valid by the API's own schemas, and what they name is there. No cluster has seen them."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import msgspec
import pytest

from agents import cli
from agents.cli import ROLES
from stream.infra import plugins
from stream.infra.settings import Settings, load
from tests.support.tools import ROOT


def documents(text: str) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    return [msgspec.yaml.decode(part) for part in text.split("\n---\n")]


HOME = ROOT / "deploy/k8s"
SECRETS = "/run/secrets/journeywatch"
FOREIGN = {"ServiceMonitor", "Kustomization"}  # schemas of others than Kubernetes
OBJECTS: dict[str, dict[str, Any]] = {
    f"{one['kind']}/{one.get('metadata', {}).get('name', '')}": one
    for file in sorted(HOME.glob("*.yaml"))
    for one in documents(file.read_text())
}
PODS = {name: one["spec"]["template"]["spec"] for name, one in OBJECTS.items() if "template" in one.get("spec", {})}
LABELS = {"app.kubernetes.io/name": "journeywatch"}


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Of journeywatch.toml, with every secret that it names in a directory of ours."""
    text = (HOME / "journeywatch.toml").read_text()
    for name in ("kafka_password", "redis_password", "metrics_token", "pseudonym_key"):
        assert f'"{SECRETS}/{name}"' in text
        (tmp_path / name).write_text(name)
    (tmp_path / "s.toml").write_text(text.replace(SECRETS, str(tmp_path)))
    return load(tmp_path / "s.toml", {})


@pytest.mark.parametrize("name", [name for name in OBJECTS if name.partition("/")[0] not in FOREIGN])
def test_a_manifest_is_valid(name: str) -> None:
    """Strictly: an unknown field is a fault."""
    kubernetes_validate.validate(OBJECTS[name], "1.31", strict=True)


def test_a_fault_would_be_told() -> None:
    wrong = msgspec.json.decode(msgspec.json.encode(OBJECTS["Deployment/journeywatch-kpis"]))
    wrong["spec"]["template"]["spec"]["containers"][0]["liveness"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


def test_kustomize_makes_them_one() -> None:
    """All files are in it, and the ConfigMap is the one that pods mount."""
    listed = OBJECTS["Kustomization/"]["resources"]
    assert {*listed, "kustomization.yaml"} == {file.name for file in HOME.glob("*.yaml")}
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed: the list of files was checked, the rendering was not")
    made = subprocess.run(["kubectl", "kustomize", str(HOME)], capture_output=True, text=True, check=True).stdout
    rendered = documents(made)
    [config] = [one for one in rendered if one["kind"] == "ConfigMap"]
    assert config["data"]["journeywatch.toml"] == (HOME / "journeywatch.toml").read_text()
    mounted = {
        volume["configMap"]["name"]
        for one in rendered
        if one["kind"] in ("Deployment", "Job")
        for volume in one["spec"]["template"]["spec"]["volumes"]
        if "configMap" in volume
    }
    assert mounted == {config["metadata"]["name"]}
    assert {one["metadata"]["namespace"] for one in rendered} == {"journeywatch"}


def test_each_role_has_its_deployment_and_budget() -> None:
    roles = []
    for role in ROLES:
        one = OBJECTS[f"Deployment/journeywatch-{role}"]
        [container] = one["spec"]["template"]["spec"]["containers"]
        args = cli.parser().parse_args(container["args"])
        roles += args.roles
        labels = LABELS | {"app.kubernetes.io/component": role}
        assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"] == labels
        assert OBJECTS[f"PodDisruptionBudget/journeywatch-{role}"]["spec"]["selector"]["matchLabels"] == labels
        assert one["spec"]["replicas"] > OBJECTS[f"PodDisruptionBudget/journeywatch-{role}"]["spec"]["maxUnavailable"]
    assert tuple(roles) == ROLES
    [topics] = PODS["Job/journeywatch-topics"]["containers"]
    assert cli.parser().parse_args(topics["args"]).create


def test_deployments_differ_in_nothing_but_role_and_size() -> None:
    def shape(role: str) -> str:
        one = msgspec.json.decode(msgspec.json.encode(OBJECTS[f"Deployment/journeywatch-{role}"]))
        one["spec"]["template"]["spec"]["containers"][0].pop("resources")
        return msgspec.json.encode(one).decode().replace(role, "ROLE")

    assert len({shape(role) for role in ROLES}) == 1


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_confined(name: str) -> None:
    pod = PODS[name]
    [container] = pod["containers"]
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"settings": "/etc/journeywatch", "secrets": SECRETS, "tmp": "/tmp"}
    assert mounts.keys() == {volume["name"] for volume in pod["volumes"]}
    assert container["env"] == [{"name": "JOURNEYWATCH_SETTINGS", "value": "/etc/journeywatch/journeywatch.toml"}]


def test_probes_ask_what_a_worker_answers(settings: Settings) -> None:
    """The paths are those of stream/infra/server.py."""
    served = (ROOT / "stream/infra/server.py").read_text()
    for role in ROLES:
        [container] = PODS[f"Deployment/journeywatch-{role}"]["containers"]
        assert container["ports"] == [{"name": "metrics", "containerPort": settings.metrics.port}]
        for probe, path in (("startup", "live"), ("liveness", "live"), ("readiness", "ready")):
            assert container[f"{probe}Probe"]["httpGet"] == {"path": f"/health/{path}", "port": "metrics"}
            assert f'"/health/{path}"' in served


def test_prometheus_finds_the_workers(settings: Settings) -> None:
    service, monitor = OBJECTS["Service/journeywatch"], OBJECTS["ServiceMonitor/journeywatch"]
    assert service["spec"]["selector"] == LABELS
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "journeywatch", "the job that the rules name"
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["authorization"]["credentials"] == {"name": "journeywatch", "key": "metrics_token"}
    assert settings.metrics.token == "metrics_token"


def test_the_network_lets_through_what_the_settings_name(settings: Settings) -> None:
    policy = OBJECTS["NetworkPolicy/journeywatch"]["spec"]
    assert policy["podSelector"]["matchLabels"] == LABELS
    assert [port["port"] for port in policy["ingress"][0]["ports"]] == [settings.metrics.port]
    sent = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    alertmanager: Any = plugins.load(settings).sinks["alertmanager"]
    kafka = int(settings.kafka.bootstrap.rpartition(":")[2])
    assert sent == {53, kafka, urlsplit(settings.redis.url).port, urlsplit(alertmanager.url).port}
