"""The keys that a deployment makes at its first start."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from include.launch.keys import make_keys


@pytest.fixture
def volumes(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Airflow's volume, the metadata database's, the warehouse's."""
    made = (tmp_path / "keys", tmp_path / "metadata", tmp_path / "warehouse")
    for folder in made:
        folder.mkdir()
    return made


def content(volumes: tuple[Path, Path, Path]) -> dict[str, str]:
    """All files with what is in them."""
    return {f"{v.name}/{file.name}": file.read_text() for v in volumes for file in sorted(v.iterdir())}


def test_what_is_made_once_stays(volumes: tuple[Path, Path, Path]) -> None:
    """A second start opens what the first one sealed, whatever .env says by then."""
    make_keys(*volumes, {})
    first = content(volumes)
    make_keys(*volumes, {"AIRFLOW_FERNET_KEY": Fernet.generate_key().decode(), "POSTGRES_PASSWORD": "fake"})
    assert content(volumes) == first
    assert sorted(first) == [
        "keys/api_secret_key",
        "keys/fernet_key",
        "keys/jwt_secret",
        "keys/sql_alchemy_conn",
        "metadata/password",
        "warehouse/password",
        "warehouse/uri",
    ]
    assert Fernet(first["keys/fernet_key"])
    assert len({value for name, value in first.items() if "uri" not in name}) == 6


def test_addresses_carry_the_password_that_the_database_reads(volumes: tuple[Path, Path, Path]) -> None:
    """Also one from .env with signs that an address cannot hold as they are."""
    make_keys(*volumes, {"POSTGRES_PASSWORD": "fake p@ss/word", "WAREHOUSE_PASSWORD": "fake:#?"})
    made = content(volumes)
    assert (made["metadata/password"], made["warehouse/password"]) == ("fake p@ss/word", "fake:#?")
    metadata, warehouse = make_url(made["keys/sql_alchemy_conn"]), make_url(made["warehouse/uri"])
    assert (metadata.username, metadata.password, metadata.host) == ("airflow", "fake p@ss/word", "postgres")
    assert (warehouse.username, warehouse.password, warehouse.host) == ("zoom", "fake:#?", "warehouse")


def test_keys_are_for_their_owner_and_group(volumes: tuple[Path, Path, Path]) -> None:
    """A PostgreSQL reads its password as another user, from a volume with nothing of Airflow's."""
    make_keys(*volumes, {})
    modes = {f"{v.name}/{file.name}": file.stat().st_mode & 0o777 for v in volumes for file in v.iterdir()}
    open_to_all = {name for name, mode in modes.items() if mode == 0o444}
    assert open_to_all == {"metadata/password", "warehouse/password"}
    assert {mode for name, mode in modes.items() if name not in open_to_all} == {0o440}


def test_a_start_that_was_cut_off_leaves_no_half_of_a_key(volumes: tuple[Path, Path, Path]) -> None:
    """A draft that stayed behind is not taken for the key."""
    (volumes[0] / ".fernet_key.0").write_text("half of it")
    make_keys(*volumes, {})
    assert Fernet((volumes[0] / "fernet_key").read_text())
