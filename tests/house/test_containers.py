"""`Dockerfile` and `compose.yaml` name only what exists, where no engine is at hand to try them."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest
import typer
import yaml

from api import settings
from api.cli import app
from tests.house.tree import ROOT

SETUP = ("COPY", "ADD")
Lines = list[tuple[str, str]]


def instructions(dockerfile: str) -> Lines:
    """Each instruction and what it says, continued lines joined, comments gone."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", text)
    parts = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(word.upper(), rest) for word, rest in parts]


def commands() -> set[str]:
    """What can follow `tribune`."""
    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


def sent_to_the_engine(path: str, ignored: str) -> bool:
    """Whether `.dockerignore` lets a path through; the last line that fits decides."""
    sent = True
    for line in ignored.splitlines():
        pattern = line.removeprefix("!").rstrip("/")
        if line and not line.startswith("#") and (fnmatch(path, pattern) or pattern == path):
            sent = line.startswith("!")
    return sent


def faults_of_the_dockerfile(text: str, ignored: str) -> list[str]:
    """What it names that is not there, and what it leaves open that must be shut."""
    said = instructions(text)
    faults = []
    for word, rest in said:
        if word in SETUP and "--from=" not in rest:
            *sources, _ = [part for part in rest.split() if not part.startswith("--")]
            for source in sources:
                path = source.rstrip("/")
                if not (ROOT / path).exists():
                    faults.append(f"{word} {source}: no such path")
                elif not sent_to_the_engine(path, ignored):
                    faults.append(f"{word} {source}: not sent to the engine")
    last: dict[str, str] = dict(said)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    program, first = json.loads(last["ENTRYPOINT"])[0], json.loads(last["CMD"])[0]
    if program not in scripts:
        faults.append(f"ENTRYPOINT {program}: no such script")
    if first not in commands():
        faults.append(f"CMD {first}: no such command")
    if last.get("USER", "root").split(":")[0] in {"root", "0"}:
        faults.append("USER: runs as root")
    if "/healthz" not in last.get("HEALTHCHECK", ""):
        faults.append("HEALTHCHECK: does not ask /healthz")
    known = {f"{settings.PREFIX}{name}".upper() for name in settings.Settings.model_fields}
    faults += [
        f"ENV {name}: no such setting"
        for word, rest in said
        if word == "ENV"
        for name in re.findall(r"\b(TRIBUNE_\w+)=", rest)
        if name not in known
    ]
    return faults


def faults_of_compose(text: str) -> list[str]:
    """Commands, files, volumes, secrets, settings and neighbours it names that are not there."""
    compose: dict[str, Any] = yaml.safe_load(text)
    services = compose["services"]
    known = {f"{settings.PREFIX}{name}".upper() for name in settings.Settings.model_fields}
    faults = []
    for name, service in services.items():
        if "build" in service:
            context = ROOT / service["build"]["context"]
            if not (context / service["build"]["dockerfile"]).is_file():
                faults.append(f"{name}: no such Dockerfile")
            if service["command"][0] not in commands():
                faults.append(f"{name}: no command {service['command'][0]}")
            if not service.get("read_only"):
                faults.append(f"{name}: its root file system can be written")
        faults += [
            f"{name}: no setting {variable}"
            for variable in service.get("environment", {})
            if variable.startswith(settings.PREFIX) and variable not in known
        ]
        faults += [
            f"{name}: no {kind[:-1]} {wanted}"
            for kind in ("secrets", "configs", "networks")
            for wanted in _names(service.get(kind, []))
            if wanted not in compose.get(kind, {})
        ]
        faults += [
            f"{name}: no volume {source}"
            for volume in service.get("volumes", [])
            if isinstance(volume, str)
            and (source := volume.split(":")[0]) not in compose["volumes"]
        ]
        faults += [
            f"{name}: waits for {other}, which is not there"
            for other in service.get("depends_on", {})
            if other not in services
        ]
    return faults


def _names(wanted: list[Any]) -> list[str]:
    return [one["source"] if isinstance(one, dict) else one for one in wanted]


DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")


def test_the_dockerfile_names_only_what_exists() -> None:
    assert faults_of_the_dockerfile(DOCKERFILE, IGNORED) == []


@pytest.mark.parametrize(
    ("there", "instead", "fault"),
    [
        ("COPY cases/ cases/", "COPY casses/ cases/", "COPY casses/: no such path"),
        ("COPY cases/ cases/", "COPY tests/ tests/", "COPY tests/: not sent to the engine"),
        ('CMD ["serve"]', 'CMD ["run"]', "CMD run: no such command"),
        ('ENTRYPOINT ["tribune"]', 'ENTRYPOINT ["court"]', "ENTRYPOINT court: no such script"),
        ("USER 10001:10001", "USER 0", "USER: runs as root"),
        ("/healthz", "/", "HEALTHCHECK: does not ask /healthz"),
        ("TRIBUNE_DATA=", "TRIBUNE_DATE=", "ENV TRIBUNE_DATE: no such setting"),
    ],
)
def test_a_wrong_dockerfile_is_caught(there: str, instead: str, fault: str) -> None:
    assert there in DOCKERFILE
    assert fault in faults_of_the_dockerfile(DOCKERFILE.replace(there, instead), IGNORED)


def test_compose_names_only_what_exists() -> None:
    assert faults_of_compose(COMPOSE) == []
    assert {"tribune", "worker", "sequencer", "postgres"} <= yaml.safe_load(COMPOSE)[
        "services"
    ].keys()


@pytest.mark.parametrize(
    ("there", "instead", "fault"),
    [
        ("dockerfile: Dockerfile", "dockerfile: Containerfile", "worker: no such Dockerfile"),
        ("command: [worker]", "command: [work]", "worker: no command work"),
        ("read_only: true\n  tmpfs", "tmpfs", "worker: its root file system can be written"),
        ("TRIBUNE_VAULT_URL", "TRIBUNE_WAULT_URL", "worker: no setting TRIBUNE_WAULT_URL"),
        ("secrets: [app_pgpass]", "secrets: [pass]", "worker: no secret pass"),
        ("data:/var", "date:/var", "worker: no volume date"),
        ("migrate: {", "migration: {", "worker: waits for migration, which is not there"),
    ],
)
def test_a_wrong_compose_file_is_caught(there: str, instead: str, fault: str) -> None:
    assert there in COMPOSE
    assert fault in faults_of_compose(COMPOSE.replace(there, instead))
