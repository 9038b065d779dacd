"""A certificate authority and a server's certificate for 127.0.0.1, made by openssl; and servers that use them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from agents.embedded.child import Child, free_port, listening
from tests.support import tools
from tests.support.kafka import Node, jars

USER, PASSWORD = "journeywatch", "a-password-of-kafka"


class Certificates(Struct, frozen=True):
    """PEM files: the authority, and the server's certificate, key, and both in one."""

    ca: Path
    cert: Path
    key: Path
    both: Path


def certificates(directory: Path, name: str = "server") -> Certificates:
    """Valid for a day, for the address 127.0.0.1."""
    tools.find("openssl")
    made = Certificates(*(directory / f"{name}-{part}.pem" for part in ("ca", "cert", "key", "both")))
    ca_key = directory / f"{name}-ca.key"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    ours = ["-addext", "subjectAltName=IP:127.0.0.1", "-CA", str(made.ca), "-CAkey", str(ca_key)]
    for command in (
        [*new, "-subj", f"/CN={name} authority", "-keyout", str(ca_key), "-out", str(made.ca)],
        [*new, "-subj", "/CN=127.0.0.1", "-keyout", str(made.key), "-out", str(made.cert), *ours],
    ):
        subprocess.run(command, check=True, capture_output=True)
    made.both.write_text(made.key.read_text() + made.cert.read_text())
    return made


@contextmanager
def secure_kafka(directory: Path, pem: Certificates) -> Iterator[str]:
    """A broker that asks for SCRAM-SHA-512 over TLS, with one user; yields its address."""
    port, quorum = free_port(), free_port()
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{quorum}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"SECURE://127.0.0.1:{port},CONTROLLER://127.0.0.1:{quorum}",
        "advertised.listeners": f"SECURE://127.0.0.1:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
        "inter.broker.listener.name": "SECURE",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": f'{login} username="{USER}" password="{PASSWORD}";',
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(pem.both),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(pem.ca),
        "log.dirs": str(directory / "data"),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
    }
    node = Node(jars(), directory, settings, port)
    scram = ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]
    node.format("5L6g3nShT-eMCtK--X86sw", *scram)
    node.start()
    try:
        node.wait()
        yield f"127.0.0.1:{port}"
    finally:
        node.stop()


@contextmanager
def secure_redis(directory: Path, pem: Certificates, password: str) -> Iterator[str]:
    """A Redis that speaks TLS only, and asks for a password; yields its URL."""
    program, port = tools.find("redis-server"), free_port()
    files = ["--tls-cert-file", str(pem.cert), "--tls-key-file", str(pem.key), "--tls-ca-cert-file", str(pem.ca)]
    tls = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", *files]
    command = [str(program), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory), "--requirepass", password]
    with Child([*command, *tls], ready=lambda: listening(port), log=directory / "redis.log"):
        yield f"rediss://127.0.0.1:{port}/0"
