"""BigQuery's API and SQL over DuckDB, by bqemulator, in a process and with packages of its own.

It says its port and ends with its standard input. What bqemulator 1.4 cannot do is made up for here, so that the rest can
be run; each of these is a thing of which the tests show nothing:

- at its start it would fetch an extension of DuckDB's from the internet;
- the catalogue has no COLUMN_FIELD_PATHS, in which the comments on columns stand;
- the catalogue tells JSON as STRING, does not know of columns that were added, and texts with an apostrophe break it;
- all sessions share one transaction: what one has not committed the others see, and a second cannot begin one.
"""

import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from bqemulator.catalog import ddl_sync
from bqemulator.cli import main
from bqemulator.sql import inner_query
from bqemulator.sql.rewriter import information_schema
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.storage.sql_identifiers import quoted_table_ref

Expand = Callable[[str, str, Any], str]
_DATASET = re.compile(r"(?:`?([\w-]+)`?\.)?`?([\w-]+)`?\.INFORMATION_SCHEMA\.", re.IGNORECASE)
_ALTERS = re.compile(r"ALTER TABLE `([^`]+)`\.`([^`]+)`\.`([^`]+)`")
_FIELDS = re.compile(_DATASET.pattern + "COLUMN_FIELD_PATHS", re.IGNORECASE)
_introspect = ddl_sync._introspect_schema
_dropped = ddl_sync.sync_dropped_object


def literal(text: str | None) -> str:
    """A text as BigQuery reads it."""
    if text is None:
        return "NULL"
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def schema_of(project: str, dataset: str, table: str, context: Any) -> Any:
    """A table's columns, with JSON for what it is."""
    schema = _introspect(project, dataset, table, context)
    asked = f"PRAGMA table_info({quoted_table_ref(project, dataset, table)})"
    kinds = {name: kind for _, name, kind, *_ in context.engine.execute(asked).fetchall()}
    fields = [
        field.model_copy(update={"type": "JSON"}) if kinds[field.name] == "JSON" else field
        for field in schema.fields
    ]
    return schema.model_copy(update={"fields": tuple(fields)})


def altered(statement: str, project: str, context: Any) -> None:
    """Brings the catalogue up to the columns that a statement has added."""
    _dropped(statement, project, context)
    if found := _ALTERS.match(statement):
        table = context.catalog.get_table(*found.groups())
        told = {field.name: field.description for field in table.schema_.fields}
        fresh = schema_of(*found.groups(), context)
        fields = [field.model_copy(update={"description": told.get(field.name)}) for field in fresh.fields]
        schema = fresh.model_copy(update={"fields": tuple(fields)})
        context.catalog.update_table(table.model_copy(update={"schema_": schema}))


def fields_of(project: str, dataset: str, catalog: Any) -> str:
    """What stands for COLUMN_FIELD_PATHS, as bqemulator writes what it has of the catalogue."""
    lines = [
        f"({literal(table.table_id)}, {literal(field.name)}, {literal(field.name)}, {literal(field.description)})"
        for table in catalog.list_tables(project, dataset)
        for field in table.schema_.fields
    ]
    values = ", ".join(lines or ["('', '', '', '')"])
    return f"(SELECT * FROM (VALUES {values}) AS v(table_name, column_name, field_path, description))"


def completed(expand: Expand) -> Expand:
    """Answers what the catalogue does not know before it is asked for the rest."""

    def expanded(statement: str, project: str, catalog: Any) -> str:
        statement = _FIELDS.sub(lambda found: fields_of(found[1] or project, found[2], catalog), statement)
        return expand(statement, project, catalog)

    return expanded


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def tell(port: int, output: int) -> None:
    """Says the port once it answers; ends the process with its standard input."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            threading.Event().wait(0.1)
        else:
            break
    os.write(output, f"{port}\n".encode())
    sys.stdin.read()
    os._exit(0)


def run() -> None:
    """Serves until standard input ends."""
    output = os.dup(1)
    os.dup2(2, 1)  # it logs there from its first line on, and some of it when it is imported
    from bqemulator.jobs import executor
    from bqemulator.scripting import interpreter

    DuckDBEngine._load_spatial = lambda self: None
    ddl_sync._introspect_schema = schema_of
    executor.sync_dropped_object = interpreter.sync_dropped_object = altered
    information_schema._sql_literal = literal
    inner_query.expand_information_schema = completed(inner_query.expand_information_schema)
    rest, grpc = free_port(), free_port()
    threading.Thread(target=tell, args=(rest, output)).start()
    sys.argv = [
        "bqemulator",
        "start",
        "--rest-port",
        f"{rest}",
        "--grpc-port",
        f"{grpc}",
        "--log-level",
        "error",
    ]
    main()


if __name__ == "__main__":
    run()
