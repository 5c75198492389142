"""A compose file as what is to be started: its variables filled in, its services with what they ask for.

No more of the specification than the project's file uses; a key that is not known here is an error, not passed over.
"""

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-?+])(?P<word>(?:[^{}]|\$\{[^}]*\})*))?\})"
)
_DURATION = re.compile(r"([\d.]+)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Check:
    """A health check: its command, and when it is asked, in seconds."""

    command: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0
    start_interval: float = 5.0


@dataclass(frozen=True)
class Service:
    """One service of the file; volumes and ports as they are written."""

    name: str
    image: str
    target: str = ""
    """The stage of the project's own image; empty for an image from elsewhere."""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    read_only: bool = False
    tmpfs: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    memory: str = ""
    shm_size: str = ""
    restart: str = "no"
    stop_grace_period: float = 10.0
    profiles: frozenset[str] = frozenset()
    depends_on: Mapping[str, str] = field(default_factory=dict)
    """The other service and the condition that it has to meet."""
    check: Check | None = None
    configs: tuple[str, ...] = ()
    """The files of the compose file that it reads, which only `prometheus` does: no container here has them."""


def services(file: Path, variables: Mapping[str, str], profiles: Collection[str] = ()) -> dict[str, Service]:
    """What starts with these profiles, by name."""
    model = interpolated(yaml.safe_load(file.read_text()), variables)
    every = {name: _service(name, said) for name, said in model["services"].items()}
    return {name: one for name, one in every.items() if not one.profiles or one.profiles & set(profiles)}


def interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    """A value with its variables filled in, those in defaults of others too.

    Raises:
        ValueError: a variable that must be set is not.
    """
    if isinstance(value, dict):
        return {key: interpolated(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [interpolated(inner, variables) for inner in value]
    return _VARIABLE.sub(lambda found: _filled(found, variables), value) if isinstance(value, str) else value


def _filled(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["escaped"]:
        return "$"
    how, word = found["how"] or "", found["word"] or ""
    value = variables.get(found["plain"] or found["name"])
    is_set = value is not None and (value != "" or not how.startswith(":"))
    if how.endswith("?") and not is_set:
        raise ValueError(f"{found['name']}: {word}")
    if how.endswith("+"):
        return str(interpolated(word, variables)) if is_set else ""
    return str(value) if is_set else str(interpolated(word, variables)) if how.endswith("-") else ""


def seconds(duration: str | float) -> float:
    """`1m30s` as 90."""
    if not isinstance(duration, str):
        return float(duration)
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration))


def variables_of(file: Path) -> dict[str, str]:
    """The variables of an environment file."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _service(name: str, said: Mapping[str, Any]) -> Service:
    given = dict(said)
    build = given.pop("build", {})
    made = Service(
        name=name,
        image=given.pop("image"),
        target=build.get("target", ""),
        command=_words(given.pop("command", ())),
        entrypoint=_words(given.pop("entrypoint")) if "entrypoint" in given else None,
        environment=_environment(given.pop("environment", {})),
        user=given.pop("user", ""),
        read_only=given.pop("read_only", False),
        tmpfs=tuple(given.pop("tmpfs", ())),
        cap_drop=tuple(given.pop("cap_drop", ())),
        security_opt=tuple(given.pop("security_opt", ())),
        volumes=tuple(given.pop("volumes", ())),
        ports=tuple(given.pop("ports", ())),
        memory=_memory(given.pop("deploy", {})),
        shm_size=given.pop("shm_size", ""),
        restart=given.pop("restart", "no"),
        stop_grace_period=seconds(given.pop("stop_grace_period", "10s")),
        profiles=frozenset(given.pop("profiles", ())),
        depends_on={other: how["condition"] for other, how in given.pop("depends_on", {}).items()},
        check=_check(given.pop("healthcheck", None)),
        configs=tuple(one["source"] for one in given.pop("configs", ())),
    )
    if given or set(build) - {"context", "target"}:
        raise ValueError(f"{name} has keys that this runner does not know: {sorted(given) or sorted(build)}")
    return made


def _words(command: str | Collection[str]) -> tuple[str, ...]:
    return tuple(shlex.split(command) if isinstance(command, str) else command)


def _environment(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in said.items()}


def _memory(deploy: Mapping[str, Any]) -> str:
    return str(deploy.get("resources", {}).get("limits", {}).get("memory", ""))


def _check(said: Mapping[str, Any] | None) -> Check | None:
    if said is None:
        return None
    how, *words = said["test"]
    command = ("/bin/sh", "-c", *words) if how == "CMD-SHELL" else tuple(words)
    times = {
        name: seconds(said[name])
        for name in ("interval", "timeout", "start_period", "start_interval")
        if name in said
    }
    return Check(command, retries=int(said.get("retries", 3)), **times)
