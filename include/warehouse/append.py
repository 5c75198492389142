"""Rows of frame files into tables: in the load's transaction, or before it into tables of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from uuid import uuid4

from adbc_driver_manager import Error as AdbcError

from include.warehouse.catalogue import declared_types
from include.warehouse.framefile import FrameReader, system_pool
from include.warehouse.session import Session, ask, identifier
from include.zoom.stream import Table

Stages = Mapping[str, str]
"""The names of the tables that hold rows on their way, by the names of the files."""


def append(session: Session, schema: str, name: str, frame: FrameReader, order: Sequence[str]) -> None:
    """Adds a frame file's rows to a table whose columns are in this order.

    Raises:
        DamagedFrame: the file is not what its manifest says.
        adbc_driver_manager.Error: the warehouse refused.
    """
    with system_pool(), frame.reader(order) as reader, closing(session.cursor()) as cursor:
        try:
            cursor.adbc_ingest(name, reader, mode="append", db_schema_name=schema)
        except AdbcError:
            frame.check_readable()
            raise
    frame.check_rows()


@contextmanager
def staged(session: Session, schema: str, frames: Iterable[FrameReader]) -> Iterator[Stages]:
    """Brings rows into tables of their own first, where appending would end a transaction or is no part of one.

    Those tables are dropped at the end; of a load that is killed the warehouse drops them (`Dialect.stage`).
    """
    stages: dict[str, str] = {}
    try:
        for frame in frames if session.dialect.stage else ():
            stages[frame.file.name] = f"_stage_{uuid4().hex}"
            _stage(session, schema, stages[frame.file.name], frame)
        yield stages
    finally:
        for stage in stages.values():
            with suppress(AdbcError):
                session.rollback()
                ask(session, f"DROP TABLE {identifier(schema, stage)}")
                session.commit()


def move(session: Session, schema: str, table: Table, stage: str) -> None:
    """Adds the rows of a stage to their table."""
    types, unstaged = declared_types(table), session.dialect.unstaged
    values = [unstaged.get(kind, "{column}").format(column=identifier(name)) for name, kind in types.items()]
    ask(
        session,
        f"INSERT INTO {identifier(schema, table.name)} ({', '.join(map(identifier, types))}) "  # noqa: S608 - quoted
        f"SELECT {', '.join(values)} FROM {identifier(schema, stage)}",
    )


def _stage(session: Session, schema: str, name: str, frame: FrameReader) -> None:
    types, dialect = declared_types(frame.table), session.dialect
    theirs = {**dialect.types, **dialect.staged_types}
    columns = ", ".join(f"{identifier(column)} {theirs.get(kind, kind)}" for column, kind in types.items())
    session.rollback()
    ask(session, dialect.stage.format(table=identifier(schema, name), columns=columns))
    session.commit()
    append(session, schema, name, frame, list(types))
    session.commit()
