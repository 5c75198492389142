"""Looks for secrets wherever a running installation leaves something: in every form in which one may be written.

Shares nothing with the masking that it checks. What is searched is first written out as plain files: each table
decoded, each compressed file opened.
"""

import base64
import gzip
import json
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg2
import pyarrow as pa
import pyarrow.parquet
from psycopg2 import sql

_PIECE = 40  # of a token: what is cut, wrapped or shown as its first part alone is found as well


@dataclass(frozen=True)
class Canary:
    """A secret and what it is."""

    kind: str
    secret: str

    def pieces(self) -> list[str]:
        """The secret, or two parts of a long one that no other text has."""
        if len(self.secret) < 3 * _PIECE:
            return [self.secret]
        middle = len(self.secret) // 2
        return [self.secret[middle : middle + _PIECE], self.secret[-2 * _PIECE : -_PIECE]]


def forms(text: str) -> dict[str, str]:
    """A text as it may be written, by what writes it so."""
    raw = text.encode()
    found = {
        "plain": text,
        "percent": quote(text, safe=""),
        "percent in lower case": quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
        "form": quote_plus(text),
        "JSON": json.dumps(text)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(text)[1:-1])[1:-1],
        "hexadecimal": raw.hex(),
    }
    for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for before, first in ((0, 0), (1, 2), (2, 3)):  # wherever in a longer text it stands
            whole = encode(b"\0" * before + raw).decode()
            found[f"{name} after {before}"] = whole[first : (before + len(raw)) * 8 // 6]
    return found


class Search:
    """Finds canaries in files, by one pass of grep over all patterns."""

    def __init__(self, canaries: Iterable[Canary], patterns: Path) -> None:
        self._patterns = patterns
        self._kinds = {
            form: f"{canary.kind}, {how}"
            for canary in canaries
            for piece in canary.pieces()
            for how, form in forms(piece).items()
        }
        patterns.write_text("\n".join(self._kinds) + "\n")

    def hits(self, *folders: Path) -> list[str]:
        """The files that hold one, with what they hold; no secret is repeated."""
        command = ["grep", "-r", "-l", "-a", "-F", "-f", str(self._patterns), *map(str, folders)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
        assert done.returncode in (0, 1), done.stderr
        return sorted(f"{file}: {self._told(Path(file))}" for file in done.stdout.splitlines())

    def _told(self, file: Path) -> str:
        text = file.read_bytes()
        return "; ".join(sorted({kind for form, kind in self._kinds.items() if form.encode() in text}))


def write_out_database(uri: str, folder: Path) -> set[str]:
    """Every row of every table, as text; the tables' names."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = cursor.fetchall()
        for schema, table in tables:
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            with (folder / f"{schema}.{table}").open("wb") as file:
                for row in cursor:
                    file.writelines(part + b"\n" for value in row for part in _readable(value))
    return {table for _, table in tables}


def _readable(value: Any) -> Iterator[bytes]:
    """A value as it is kept, and unpacked where it is packed."""
    if isinstance(value, memoryview | bytes):
        yield bytes(value)
        with suppress(zlib.error):
            yield zlib.decompress(bytes(value))
    elif isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False).encode()
    else:
        yield str(value).encode()


def write_out_packed(source: Path, folder: Path) -> list[str]:
    """The contents of the compressed files below `source`; their kinds."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, file in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        unpack = _UNPACK.get(file.suffix)
        if unpack:
            (folder / f"{number}-{file.name}.txt").write_bytes(unpack(file))
            found.append(file.suffix)
    return found


def _rows_of(file: Path) -> bytes:
    return json.dumps(pyarrow.parquet.read_table(file).to_pylist(), default=str, ensure_ascii=False).encode()


def _unzstd(file: Path) -> bytes:
    return pa.input_stream(str(file), compression="zstd").read()


_UNPACK = {
    ".gz": lambda file: gzip.decompress(file.read_bytes()),
    ".parquet": _rows_of,
    ".zst": _unzstd,
}
