"""The keys and passwords of a deployment, made once, each a file in a volume of those who may read it.

`python -m include.launch.keys` is the compose file's first service. A file that exists is never written again:
what it opened or let in before would be lost.
"""

import contextlib
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

KEYS = Path("/opt/keys")
METADATA = Path("/opt/metadata")
WAREHOUSE = Path("/opt/warehouse")


def main() -> None:
    """Makes what is missing in the three volumes; a value of .env is taken where there is no file yet."""
    make_keys(KEYS, METADATA, WAREHOUSE, os.environ)


def make_keys(keys: Path, metadata: Path, warehouse: Path, given: Mapping[str, str]) -> None:
    """Airflow's keys and database address in `keys`, a PostgreSQL's password in each of the other two.

    `given` may hold AIRFLOW_FERNET_KEY, AIRFLOW_JWT_SECRET, AIRFLOW_API_SECRET_KEY, POSTGRES_PASSWORD and
    WAREHOUSE_PASSWORD, of an installation that had them before.
    """
    _once(keys / "fernet_key", given.get("AIRFLOW_FERNET_KEY") or _fernet_key())
    _once(keys / "jwt_secret", given.get("AIRFLOW_JWT_SECRET") or secrets.token_urlsafe(64))
    _once(keys / "api_secret_key", given.get("AIRFLOW_API_SECRET_KEY") or secrets.token_urlsafe(32))
    password = quote(_password(metadata, given.get("POSTGRES_PASSWORD")), safe="")
    _once(keys / "sql_alchemy_conn", f"postgresql+psycopg2://airflow:{password}@postgres/airflow")
    password = quote(_password(warehouse, given.get("WAREHOUSE_PASSWORD")), safe="")
    _once(warehouse / "uri", f"postgres://zoom:{password}@warehouse/zoom")


def _fernet_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _password(folder: Path, given: str | None) -> str:
    file = folder / "password"
    # PostgreSQL's image reads it as another user, who sees no other file of ours.
    _once(file, given or secrets.token_urlsafe(32), mode=0o444)
    return file.read_text()


def _once(file: Path, content: str, *, mode: int = 0o440) -> None:
    """Writes a file that does not exist, as a whole or not at all: a start may be cut off at any point."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as opened:  # noqa: PTH123
        os.fchmod(opened.fileno(), mode)
        opened.write(content)
    # Unlike a rename, a link fails where the name exists.
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()


if __name__ == "__main__":
    main()
