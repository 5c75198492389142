"""`docker compose` in the project's folder, as far as the documentation and the tests use it."""

import argparse
import itertools
import os
import shlex
from collections.abc import Collection, Mapping

from include.launch.place import PROJECT
from tests.compose.deployment import Deployment
from tests.compose.images import Images
from tests.compose.model import services, variables_of

_numbers = itertools.count(1)
# There is no stand-in for it: what it would ask for is looked at where it would ask.
NOT_SHOWN = "prometheus"
# What a person's shell has set: no port of the file's must be free on this machine.
SHELL = {"AIRFLOW_PORT": "0"}


class Compose:
    """One deployment at a time, in a storage of the tests' own."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._made: list[Deployment] = []

    @property
    def deployment(self) -> Deployment:
        """What is up."""
        return self._made[-1]

    def typed(self, line: str) -> str:
        """What a command of the documentation prints.

        Raises:
            SystemExit: it has an option that is not known here.
        """
        given = _arguments().parse_args(shlex.split(line.removeprefix("docker compose ")))
        if given.command == "exec":
            return self.deployment.execute(self.deployment.of(given.service)[0].name, *given.words)
        variables: dict[str, str] = {}
        for name in given.env_file:
            variables |= variables_of(PROJECT / name)
        self.up(variables | SHELL, given.profile)
        return ""

    def up(
        self,
        variables: Mapping[str, str],
        profiles: Collection[str],
        *,
        scale: Mapping[str, int] | None = None,
    ) -> Deployment:
        """Everything that these profiles start, healthy by the file's own checks."""
        named = services(PROJECT / "docker-compose.yaml", variables, profiles)
        named.pop(NOT_SHOWN, None)
        self._images.build(named.values())
        project = f"zoom{os.getpid()}x{next(_numbers)}"
        self._made.append(
            Deployment(
                self._images.podman, named, project=project, scale=scale or {}, mounts=self._images.mounts
            )
        )
        self.deployment.up(seconds=600)
        return self.deployment

    def down(self) -> None:
        """Ends what was started, with its volumes."""
        if self._made:
            self.deployment.down()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--env-file", action="append", default=[])
    parser.add_argument("--profile", action="append", default=[])
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    # Images are always built here, and nobody waits for the output.
    for option in ("--build", "--detach"):
        up.add_argument(option, action="store_true")
    execute = commands.add_parser("exec")
    execute.add_argument("service")
    execute.add_argument("words", nargs=argparse.REMAINDER)
    return parser
