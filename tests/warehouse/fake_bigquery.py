"""BigQuery's API and SQL over DuckDB, by bqemulator, in a process and with packages of its own.

It says its port and ends with its standard input. What bqemulator 1.4 cannot do is made up for here, so that the rest can
be run; each of these is a thing of which the tests show nothing:

- at its start it would fetch an extension of DuckDB's from the internet;
- the catalogue has no COLUMN_FIELD_PATHS, in which the comments on columns stand, and texts with an apostrophe break it.
"""

import os
import re
import socket
import sys
import threading

from bqemulator.cli import main
from bqemulator.sql import inner_query
from bqemulator.sql.rewriter import information_schema
from bqemulator.storage.engine import DuckDBEngine

_FIELDS = re.compile(r"`?([\w-]+)`?\.`?([\w-]+)`?\.INFORMATION_SCHEMA\.COLUMN_FIELD_PATHS", re.IGNORECASE)
_OF_DATASET = re.compile(r"(?<![.`\w-])`?([\w-]+)`?\.INFORMATION_SCHEMA\.COLUMN_FIELD_PATHS", re.IGNORECASE)


def literal(text: str | None) -> str:
    """A text as BigQuery reads it."""
    if text is None:
        return "CAST(NULL AS STRING)"
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def with_fields(expand):
    """Puts what the catalogue knows of columns in the place of the view that lacks."""

    def expanded(statement: str, project: str, catalog) -> str:
        def fields(of_project: str, dataset: str) -> str:
            lines = [
                f"SELECT {literal(table.table_id)} AS table_name, {literal(column.name)} AS column_name, "
                f"{literal(column.name)} AS field_path, {literal(column.description)} AS description"
                for table in catalog.list_tables(of_project, dataset)
                for column in table.schema_.fields
            ]
            none = "SELECT '' AS table_name, '' AS column_name, '' AS field_path, '' AS description FROM UNNEST([1]) WHERE FALSE"
            return f"({' UNION ALL '.join(lines) or none})"

        statement = _FIELDS.sub(lambda found: fields(found[1], found[2]), statement)
        statement = _OF_DATASET.sub(lambda found: fields(project, found[1]), statement)
        return expand(statement, project, catalog)

    return expanded


def run() -> None:
    """Serves until standard input ends."""
    DuckDBEngine._load_spatial = lambda self: None
    information_schema._sql_literal = lambda text: "NULL" if text is None else literal(text)
    inner_query.expand_information_schema = with_fields(inner_query.expand_information_schema)
    told = os.dup(1)
    os.dup2(2, 1)  # it logs there from the first line on
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])

    def watch() -> None:
        while True:
            try:
                socket.create_connection(("127.0.0.1", ports[0])).close()
                break
            except OSError:
                threading.Event().wait(0.1)
        os.write(told, f"{ports[0]}\n".encode())
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=watch).start()
    sys.argv = ["bqemulator", "start", "--rest-port", str(ports[0]), "--grpc-port", str(ports[1]), "--log-level", "error"]
    main()


if __name__ == "__main__":
    run()
