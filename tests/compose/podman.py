"""podman with a storage, networks and settings of its own: nothing of it is the machine's."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha512
from pathlib import Path
from typing import Any

from include.launch.airflow import program

_NAME = "zoom-compose-"
PACKAGES = "podman runc netavark aardvark-dns iptables dumb-init redis-tools curl wget"
# crun refuses the mixture of both versions of control groups that some machines have; there is no systemd to ask.
_SETTINGS = """
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "{folder}/tmp"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class PodmanError(Exception):
    """A command of podman that failed, with what it said."""


class Podman:
    """One storage in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings, storage = folder / "containers.conf", folder / "storage.conf"
        settings.write_text(_SETTINGS.format(folder=folder))
        storage.write_text(_STORAGE.format(folder=folder))
        self._env = os.environ | {
            "CONTAINERS_CONF": str(settings),
            "CONTAINERS_STORAGE_CONF": str(storage),
            "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
        }
        (folder / "registries.conf").write_text('unqualified-search-registries = ["docker.io"]\n')

    def __call__(self, *words: str, check: bool = True, timeout: float | None = 120) -> str:
        """What a command prints.

        Raises:
            PodmanError: it failed.
            subprocess.TimeoutExpired: it took too long.
        """
        done = subprocess.run(
            ["podman", *words], env=self._env, capture_output=True, text=True, check=False, timeout=timeout
        )
        if check and done.returncode != 0:
            raise PodmanError(
                f"podman {' '.join(words[:4])} …: {(done.stdout + done.stderr).strip()[-3000:]}"
            )
        return done.stdout

    def tried(self, *words: str, timeout: float) -> tuple[int, str]:
        """A command's exit code and all that it printed."""
        done = subprocess.run(
            ["podman", *words], env=self._env, capture_output=True, text=True, check=False, timeout=timeout
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def begun(self, *words: str) -> subprocess.Popen[str]:
        """A command under way, to be talked to."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            ["podman", *words], env=self._env, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
        )

    def inspected(self, container: str) -> dict[str, Any]:
        """Everything that podman knows of a container."""
        return dict(json.loads(self("inspect", "--type", "container", container))[0])

    def empty(self) -> None:
        """Ends and deletes all containers of this storage, with their volumes and networks."""
        self("rm", "--all", "--force", "--time", "0", check=False, timeout=600)
        self("volume", "prune", "--force", check=False)
        networks = self("network", "ls", "--format", "{{.Name}}", check=False).split()
        self("network", "prune", "--force", check=False)
        for network in networks:
            _forget_ports(network)

    def delete(self) -> None:
        """Ends and deletes everything in this storage, and the storage."""
        self.empty()
        for mounted in _mounts_below(self.folder):
            subprocess.run(["umount", "--lazy", mounted], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def own_podman() -> Iterator[Podman]:
    """A storage that ends with the `with`; those that killed tests have left end before."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_NAME}*"):
        if not Path(f"/proc/{folder.name.removeprefix(_NAME).split('-')[0]}").exists():
            Podman(folder).delete()
    made = Podman(Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-")))
    try:
        yield made
    finally:
        made.delete()


def missing() -> str:
    """Why no container can be run here, or nothing."""
    if os.geteuid() != 0:
        return "containers with a network of their own take root"
    if not Path(program("uv")).exists():
        return "no uv beside this Python: `make test` installs one"
    programs = ("podman", "runc", "iptables", "dumb-init", "redis-check-rdb", "curl", "wget")
    files = (Path("/usr/lib/podman/netavark"), Path("/usr/lib/podman/aardvark-dns"))
    if absent := [name for name in programs if not shutil.which(name)] + [
        str(file) for file in files if not file.exists()
    ]:
        return f"{', '.join(absent)} not there (Debian: apt-get install --no-install-recommends {PACKAGES})"
    return ""


def _forget_ports(network: str) -> None:
    """Netavark leaves the firewall's chain of the ports that a network published."""
    chain = f"NETAVARK-DN-{sha512(network.encode()).hexdigest()[:13].upper()}"
    subprocess.run(["iptables", "--table", "nat", "--delete-chain", chain], check=False, capture_output=True)


def _mounts_below(folder: Path) -> list[str]:
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((place for place in places if place.startswith(f"{folder}/")), reverse=True)
