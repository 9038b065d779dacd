"""docker-compose.yml and the Dockerfile: what they name exists in the project, and they keep to the rules.

Nothing is started here; tests/deploy/test_containers.py runs the commands.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from agents import cli
from agents.cli import ROLES
from stream.infra import plugins
from tests.support.compose import COMPOSE, FILE, OURS, SECRETS, SERVICES, effective
from tests.support.tools import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ONE_SHOT = {"topics"}
UNWATCHED = ONE_SHOT | {"demo"}  # of no service does anything depend on these running


def valid(file: Path) -> bool:
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run([*command, str(file)], check=False, capture_output=True).returncode == 0


def properties(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_it_is_a_compose_file(tmp_path: Path) -> None:
    """And the check would tell a misspelt key."""
    assert valid(FILE)
    (tmp_path / "docker-compose.yml").write_text(FILE.read_text().replace("stop_grace_period", "stop_grace_time"))
    assert not valid(tmp_path / "docker-compose.yml")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["restart"] == ("on-failure" if name in ONE_SHOT else "unless-stopped")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+(-\w+)?", service["image"]), "the version is pinned"
    assert not {"privileged", "network_mode", "pid"} & service.keys()
    assert service.get("read_only") or name in ("kafka", "grafana"), "those two write beside their volumes"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_declared(name: str) -> None:
    service = SERVICES[name]
    for mount in service.get("volumes", ()):
        source, target, *_ = mount.split(":")
        assert (ROOT / source).is_dir() if source.startswith(".") else source in COMPOSE["volumes"], mount
        assert mount.endswith(":ro") == source.startswith("."), "the project's files are not written"
        assert target.startswith("/")
    assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    for other, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how == {"condition": wanted}
        assert other in ONE_SHOT or "healthcheck" in SERVICES[other]
    assert ("healthcheck" in service) == (name not in UNWATCHED)


def test_what_is_declared_is_used() -> None:
    for kind in ("volumes", "networks", "secrets"):
        used = {str(one).partition(":")[0] for service in SERVICES.values() for one in service.get(kind, ())}
        assert COMPOSE[kind].keys() <= used
    assert [config["file"] for config in COMPOSE["configs"].values()] == ["deploy/journeywatch.toml"]
    assert {secret["file"] for secret in COMPOSE["secrets"].values()} == {f"deploy/secrets/{name}" for name in SECRETS}


def test_the_secrets_are_those_that_the_script_makes(tmp_path: Path) -> None:
    subprocess.run(["sh", str(ROOT / "deploy/secrets.sh"), str(tmp_path)], check=True, capture_output=True)
    assert {file.name for file in tmp_path.iterdir()} == set(SECRETS)


def test_each_role_has_its_service() -> None:
    """And what our services run are commands that there are."""
    roles = []
    for name in OURS:
        if "entrypoint" in SERVICES[name]:
            assert SERVICES[name]["entrypoint"][:2] == ["python", "-m"]
            module = SERVICES[name]["entrypoint"][2]
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
            continue
        args = cli.parser().parse_args(SERVICES[name]["command"])
        roles += [*args.roles] if args.command == "worker" else []
        assert args.command == "worker" or (args.command, args.create) == ("topics", True)
    assert sorted(roles) == sorted(ROLES)


@pytest.mark.parametrize("name", OURS)
def test_ours_run_from_one_image_as_nobody(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == f"journeywatch:{PROJECT['project']['version']}"
    assert service["user"] == "10001:10001"
    assert f"USER {service['user']}" in DOCKERFILE
    [config] = service["configs"]
    assert service["environment"] == {"JOURNEYWATCH_SETTINGS": config["target"]}


def test_the_settings_reach_what_is_there(tmp_path: Path) -> None:
    """Each address is that of a service on a network of its own, and a port on which it listens."""
    settings = effective(tmp_path)
    kafka = properties("deploy/kafka/server.properties")
    assert f"PIPE://{settings.kafka.bootstrap}" in kafka["advertised.listeners"].split(",")
    assert f"PIPE://:{settings.kafka.bootstrap.partition(':')[2]}" in kafka["listeners"].split(",")
    redis = urlsplit(settings.redis.url)
    assert redis.hostname in SERVICES
    assert f"\nport {redis.port}\n" in (ROOT / "deploy/redis/redis.conf").read_text()
    alertmanager = plugins.load(settings).sinks["alertmanager"]
    place = urlsplit(alertmanager.url)  # type: ignore[attr-defined]
    assert any(port.endswith(f":{place.port}") for port in SERVICES[str(place.hostname)]["ports"])
    for worker in ROLES:
        assert set(SERVICES["kafka"]["networks"]) & set(SERVICES[worker]["networks"])
        assert set(SERVICES["prometheus"]["networks"]) & set(SERVICES[worker]["networks"])


def test_the_host_reaches_kafka_where_the_defaults_look() -> None:
    kafka = properties("deploy/kafka/server.properties")
    assert "HOST://localhost:9092" in kafka["advertised.listeners"].split(",")
    assert SERVICES["kafka"]["ports"] == ["127.0.0.1:9092:9092"]


def test_the_secrets_of_the_settings_are_in_the_services() -> None:
    named = re.findall(r"/run/secrets/(\w+)", (ROOT / "deploy/journeywatch.toml").read_text())
    assert named
    assert all(set(named) <= set(SERVICES[name]["secrets"]) for name in OURS)


def test_prometheus_scrapes_every_worker(tmp_path: Path) -> None:
    [group] = msgspec.yaml.decode((ROOT / "deploy/prometheus/targets/workers.yml").read_bytes())
    port = effective(tmp_path).metrics.port
    assert sorted(group["targets"]) == sorted(f"{role}:{port}" for role in ROLES)
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert all(f":{port}/health/ready" in SERVICES[role]["healthcheck"]["test"][-1] for role in ROLES)
    scrape = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
    assert set(re.findall(r"/run/secrets/(\w+)", scrape)) <= set(SERVICES["prometheus"]["secrets"])


def test_grafana_finds_its_dashboards() -> None:
    mounts = {mount.split(":")[1]: mount.split(":")[0] for mount in SERVICES["grafana"]["volumes"]}
    provisioning = ROOT / mounts["/etc/grafana/provisioning"]
    [provider] = msgspec.yaml.decode((provisioning / "dashboards/journeywatch.yml").read_bytes())["providers"]
    assert list((ROOT / mounts[provider["options"]["path"]]).glob("*.json"))
    [source] = msgspec.yaml.decode((provisioning / "datasources/prometheus.yml").read_bytes())["datasources"]
    place = urlsplit(source["url"])
    assert f"127.0.0.1:{place.port}:{place.port}" in SERVICES[str(place.hostname)]["ports"]


def test_the_image_has_all_of_the_program() -> None:
    """Every package of the wheel is copied, and let through by .dockerignore; the lock is the one that is tested."""
    copied = {word for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()}
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert {"pyproject.toml", "requirements/run.txt", PROJECT["project"]["readme"]} <= copied
    through = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} <= set(through)
    assert "*" in through
    assert all((ROOT / name).exists() for name in copied)
    assert "--require-hashes -r requirements/run.txt" in DOCKERFILE
    assert 'ENTRYPOINT ["journeywatch"]' in DOCKERFILE
    assert "journeywatch" in PROJECT["project"]["scripts"]
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2 and len({*bases}) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases[0]), "the Python of the lock's lowest version"


def test_the_image_builds_from_what_is_copied(tmp_path: Path) -> None:
    """The last installation of the Dockerfile, with only the files that it copies; the program is in the wheel."""
    for names, target in re.findall(r"^COPY (?!--)(.*) (\S+)$", DOCKERFILE, re.MULTILINE):
        for name in names.split():
            source, place = ROOT / name, tmp_path / "src" / target
            if source.is_dir():
                shutil.copytree(source, place)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place)
    assert "RUN pip install --no-deps --no-build-isolation .\n" in DOCKERFILE
    command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-q", "-w"]
    subprocess.run([*command, str(tmp_path), str(tmp_path / "src")], check=True, capture_output=True)
    [wheel] = tmp_path.glob("journeywatch-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    program = {
        file.relative_to(ROOT).as_posix() for name in ("stream", "agents") for file in (ROOT / name).rglob("*.py")
    }
    assert program <= names
