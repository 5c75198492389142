"""Policies on personal data over a whole simulated account: what they hide is nowhere, and joins give the same."""

import re
from collections.abc import Iterator

import pyarrow as pa
import pytest

from include.launch.postgres import EmbeddedPostgres
from include.zoom.catalog import STREAMS
from include.zoom.layout import columns_of
from include.zoom.stream import Table
from tests.flow.accounts import Account

KEY = "fake-key-of-a-test"
TABLES = {table.name: table for stream in STREAMS.values() for table in stream.tables}
JOINED = ("users", "meetings")
_LEAVES = re.compile(r'"([^"\\]{6,})"')


def texts(table: Table, data: pa.Table, *, personal: bool) -> Iterator[str]:
    """What the columns hold that are marked as personal, or those that are not."""
    for column in columns_of(table):
        if column.personal is personal and not column.name.startswith("_"):
            for value in data[column.name].to_pylist():
                if value is not None:
                    yield from _LEAVES.findall(value) if column.type == "jsonb" else [str(value)]


@pytest.fixture(scope="module")
def kept(account: Account) -> dict[str, list[pa.Table]]:
    """Everything as it came."""
    return framed(account, "keep")


def framed(account: Account, word: str) -> dict[str, list[pa.Table]]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AIRFLOW__ZOOM__PERSONAL", word)
        patched.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", KEY)
        found: dict[str, list[pa.Table]] = {}
        for name in account.manifests:
            account.frame(name)
            for table, data in account.tables(name):
                found.setdefault(table, []).append(data)
    return found


def values(found: dict[str, list[pa.Table]], *, personal: bool) -> set[str]:
    """All texts of the declared tables' columns of one sort."""
    return {
        text.lower()
        for table in found.keys() & TABLES.keys()
        for data in found[table]
        for text in texts(TABLES[table], data, personal=personal)
    }


@pytest.mark.parametrize("word", ["hash", "drop"])
def test_no_personal_value_reaches_parquet(
    account: Account, kept: dict[str, list[pa.Table]], word: str
) -> None:
    """No address of anybody, and no other value of a marked column that an unmarked one does not have as well."""
    hidden = framed(account, word)
    assert {table: [len(data) for data in found] for table, found in hidden.items()} == {
        table: [len(data) for data in found] for table, found in kept.items()
    }
    everything = "\n".join(
        str(list(row.values())) for found in hidden.values() for data in found for row in data.to_pylist()
    ).lower()
    personal, plain = values(kept, personal=True), values(kept, personal=False)
    addresses = {value for value in personal if re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", value)}
    assert len(addresses) > 10
    assert sorted(value for value in addresses if value in everything) == []
    told = "\n".join(plain)
    rest = {value for value in personal - addresses if len(value) > 5 and value not in told}
    assert len(rest) > 100
    assert sorted(value for value in rest if value in everything) == []


def test_hosts_join_with_users_as_before(account: Account, postgres_server: EmbeddedPostgres) -> None:
    """The same pairs, by hashes as by addresses."""
    pairs = (
        "SELECT u.id, m.meeting_uuid FROM zoom.users u JOIN zoom.meetings m ON {0}(u.email) = {0}(m.host_email) "
        "ORDER BY 1, 2"
    )
    found = {}
    for word in ("keep", "hash"):
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("AIRFLOW__ZOOM__PERSONAL", word)
            patched.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", KEY)
            loaded = account.load(postgres_server.create(f"policy_{word}"), *JOINED)
        found[word] = loaded.rows(pairs.format("lower" if word == "keep" else ""))
        assert loaded.rows("SELECT count(*) FROM zoom.users WHERE email LIKE 'hash\\_%'")[0][0] == (
            0 if word == "keep" else loaded.rows("SELECT count(*) FROM zoom.users")[0][0]
        )
    assert len(found["keep"]) > 10
    assert found["hash"] == found["keep"]
