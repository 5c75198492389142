"""Starts what a compose file says as `docker compose up` does, and does to it what happens to machines."""

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from tests.compose.health import Health, watched
from tests.compose.model import Service
from tests.compose.podman import Podman

CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


@dataclass
class Container:
    """One container of a service."""

    service: Service
    name: str
    hostname: str
    health: Health | None
    over: threading.Event = field(default_factory=threading.Event)


class Deployment:
    """The containers of one project, on a network and with volumes of its own."""

    def __init__(
        self,
        podman: Podman,
        services: Mapping[str, Service],
        *,
        project: str,
        scale: Mapping[str, int],
        mounts: Callable[[Service], Collection[str]],
    ) -> None:
        self.podman = podman
        self.services = services
        self.containers: dict[str, Container] = {}
        self._project = project
        self._scale = scale
        self._mounts = mounts
        self._began = time.monotonic()
        self._given_up = threading.Event()
        self._turn = threading.Lock()
        self.told: list[str] = []

    def up(self, *, seconds: float) -> None:
        """Starts everything in the order of `depends_on`; returns when all that has a check is healthy."""
        self.podman("network", "create", self._project)
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(len(self.services)) as pool:
            brought = [pool.submit(self._bring, name, deadline) for name in self.services]
            try:
                for each in as_completed(brought):
                    each.result()
            except BaseException:
                self._given_up.set()
                raise

    def down(self) -> None:
        """Asks no container about its health any more, and ends them; their volumes go with them."""
        for container in self.containers.values():
            container.over.set()
        self.podman.empty()

    def of(self, service: str) -> list[Container]:
        """A service's containers."""
        return [each for each in tuple(self.containers.values()) if each.service.name == service]

    def execute(self, container: str, *command: str) -> str:
        """What a command prints that is run in a container.

        Raises:
            PodmanError: it failed.
        """
        return self.podman(
            "exec", "--env", f"HOSTNAME={self.containers[container].hostname}", container, *command
        )

    def state(self, container: str) -> dict[str, Any]:
        """Whether it runs, how it ended, and how often it was restarted (`RestartCount`)."""
        found = self.podman.inspected(container)
        return {**found["State"], "RestartCount": found["RestartCount"]}

    def address(self, container: str) -> str:
        """Its address on the project's network."""
        return str(
            self.podman.inspected(container)["NetworkSettings"]["Networks"][self._project]["IPAddress"]
        )

    def published(self, container: str, port: int) -> int:
        """The port of this machine's loopback address under which a container's port is reached."""
        return int(self.podman("port", container, f"{port}/tcp").strip().rsplit(":", 1)[1])

    def kill(self, container: str) -> None:
        """`kill -9` of its first process from outside, as a machine that runs out of memory does."""
        os.kill(int(self.state(container)["Pid"]), signal.SIGKILL)
        self.tell(f"{container} killed")

    def restart(self, container: str) -> None:
        """A stop, as orderly as the file's time for it allows, and a start."""
        grace = int(self.containers[container].service.stop_grace_period)
        self.podman("restart", "--time", str(grace), container, timeout=grace + 120)
        self.tell(f"{container} restarted")

    def tell(self, what: str) -> None:
        """Writes down what happened, with the seconds since the start."""
        self.told.append(f"{time.monotonic() - self._began:6.1f} s  {what}")

    def _bring(self, name: str, deadline: float) -> None:
        for other, condition in self.services[name].depends_on.items():
            self._until(other, condition, deadline)
        for number in range(1, self._count(name) + 1):
            self._start(self.services[name], f"{self._project}-{name}-{number}")
        self._until(name, "service_healthy", deadline)

    def _count(self, name: str) -> int:
        return self._scale.get(name, 1)

    def _start(self, service: Service, name: str) -> None:
        words = [*self._options(service), service.image if "/" in service.image else self._local(service)]
        entrypoint = service.entrypoint or ()
        if service.entrypoint is not None:
            words[0:0] = ["--entrypoint", json.dumps(list(entrypoint))]
        with self._turn:
            self._run(name, *words, *service.command)
        self.tell(f"{name} started")
        hostname = str(self.podman.inspected(name)["Config"]["Hostname"])
        container = Container(service, name, hostname, None)
        if service.check:
            container.health = Health(
                service.check,
                lambda command, timeout: self.podman.tried(
                    # docker gives a check the container's environment; podman leaves the host's name out.
                    *("exec", "--env", f"HOSTNAME={hostname}", name, *command),
                    timeout=timeout,
                ),
                container.over.wait,
            )
            watched(container.health)
        self.containers[name] = container

    def _run(self, name: str, *words: str) -> None:
        """Starts a container; podman 4.3 hangs in it now and then, and does not when it is asked again."""
        try:
            self.podman("run", "--detach", "--name", name, *words)
        except subprocess.TimeoutExpired:
            self.tell(f"{name} did not start")
            self.podman("rm", "--force", "--time", "0", name, check=False)
            self.podman("run", "--detach", "--name", name, *words)

    def _local(self, service: Service) -> str:
        return f"localhost/{service.image}" if service.target else f"docker.io/library/{service.image}"

    def _options(self, service: Service) -> Iterator[str]:
        yield from ("--network", self._project, "--network-alias", service.name, "--pull", "never")
        yield from ("--restart", service.restart, "--stop-timeout", str(int(service.stop_grace_period)))
        for name, value in service.environment.items():
            yield from ("--env", f"{name}={value}")
        for flag, values in {
            "--cap-drop": service.cap_drop,
            "--security-opt": [option.replace(":true", "") for option in service.security_opt],
            "--tmpfs": service.tmpfs,
            "--volume": [*map(self._volume, service.volumes), *self._mounts(service)],
            "--publish": map(_on_loopback, service.ports),
        }.items():
            yield from itertools.chain.from_iterable((flag, value) for value in values)
        single = {"--user": service.user, "--memory": service.memory, "--shm-size": service.shm_size}
        yield from itertools.chain.from_iterable((flag, value) for flag, value in single.items() if value)
        if service.read_only:
            yield from ("--read-only", "--read-only-tmpfs=false")

    def _volume(self, said: str) -> str:
        return f"{self._project}_{said}"

    def _until(self, name: str, condition: str, deadline: float) -> None:
        assert condition in CONDITIONS
        while time.monotonic() < deadline and not self._given_up.is_set():
            containers = self.of(name)
            if len(containers) == self._count(name) and all(
                self._meets(each, condition) for each in containers
            ):
                self.tell(f"{name}: {condition}")
                return
            time.sleep(0.2)
        raise TimeoutError(f"{name} was not {condition}:\n{self.report(name)}")

    def _meets(self, container: Container, condition: str) -> bool:
        if condition == "service_started":
            return True
        if condition == "service_healthy":
            return container.health is None or container.health.status == "healthy"
        state = self.state(container.name)
        if state["Status"] == "exited" and state["ExitCode"] != 0:
            raise AssertionError(
                f"{container.name} ended with {state['ExitCode']}:\n{self.report(container.service.name)}"
            )
        return bool(state["Status"] == "exited")

    def report(self, name: str) -> str:
        """What a service's containers said last, and what their checks said."""
        lines = [*self.told]
        for container in self.of(name):
            state = self.state(container.name)
            lines.append(f"{container.name}: {state['Status']}, {state['RestartCount']} restarts")
            lines += [
                f"  check: {asked}" for asked in (container.health.asked[-3:] if container.health else [])
            ]
            lines.append(self.podman.tried("logs", "--tail", "60", container.name, timeout=60)[1])
        return "\n".join(lines)


def _on_loopback(port: str) -> str:
    """A port of the file on this machine's loopback address, a free one where the file's is 0."""
    outside, inside = port.rsplit(":", 1)
    return f"127.0.0.1:{'' if outside == '0' else outside}:{inside}"
