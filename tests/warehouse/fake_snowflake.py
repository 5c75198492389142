"""Snowflake's protocol and SQL over DuckDB, by fakesnow, in a process of its own: `python -m tests.warehouse.fake_snowflake`.

It says its port and ends with its standard input. What fakesnow 0.12 cannot do is made up for here, so that the rest can
be run; each of these is a thing of which the tests show nothing:

- statements of one session that run at once are refused, and the driver copies several files at once;
- the file format of a stage is forgotten, and what lay in a stage that is replaced;
- `ALTER SESSION SET LOCK_TIMEOUT` and `TIMEZONE` are not known: nobody waits for a lock, a second writer fails, all is UTC;
- a temporary table cannot be made in a schema: it is an ordinary one, that outlives a killed session;
- parameters are counted wrong where a function is written with another's that names its argument twice;
- a comment on a table may hold no apostrophe; comments on views and on columns are not kept, and none
  ends the open transaction.
"""

import asyncio
import os
import pickle
import re
import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import parse_qs

from fakesnow import cursor, info_schema
from fakesnow import server as serve
from fakesnow.dialect import parse_one
from fakesnow.transforms.stage import LOCAL_BUCKET_PATH
from sqlglot import exp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

protocol = import_module("fakesnow.server")  # by that name fakesnow has a function, too

_COMMENT = """(
    SELECT comment FROM _fs_global._fs_information_schema._fs_tables_ext
    WHERE ext_table_catalog = database_name AND ext_table_schema = schema_name AND ext_table_name = view_name
) AS COMMENT"""
_COMMENTED = re.compile(r'(?:CREATE OR REPLACE VIEW|ALTER TABLE) ("\w+"\."\w+") (?:\(|ALTER COLUMN )')
_COLUMN = re.compile(r"(\"\w+\") COMMENT ('(?:[^']|'')*')")


def made_up_for(command: str) -> str:
    """A statement in which fakesnow's gaps are gone round."""
    if command.startswith("COPY INTO") and "ADBC$BIND" in command:
        return f"{command} FILE_FORMAT = (TYPE = PARQUET)"
    if command.startswith(("ALTER SESSION SET LOCK_TIMEOUT", "ALTER SESSION SET TIMEZONE")):
        return "SELECT 1"
    return command.replace("CREATE TEMPORARY TABLE", "CREATE TABLE", 1)


async def answers(request: Request) -> Response:
    """What stands in a database, for who looks into it beside the protocol."""
    asked = parse_qs((await request.body()).decode())
    with protocol.shared_fs.connect(asked["database"][0]).cursor() as looking:
        return Response(pickle.dumps(looking.execute(asked["statement"][0]).fetchall()))


class OneAtATime:
    """Answers one request after the other."""

    def __init__(self, app: Any) -> None:
        self._app, self._turn = app, asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Waits for the request before."""
        async with self._turn if scope["type"] == "http" else nullcontext():
            await self._app(scope, receive, send)


def run() -> None:
    """Serves until standard input ends."""
    execute = cursor.FakeSnowflakeCursor.execute

    def executed(self: Any, command: str, params: Any = None, *more: Any, **also: Any) -> Any:
        command = made_up_for(command.strip())
        if also.get("binding_params") and "IDENTIFIER(" not in command:
            values = also.pop("binding_params")
            command = exp.replace_placeholders(parse_one(command), *values).sql(dialect="snowflake")
        if command.startswith("CREATE OR REPLACE TEMPORARY STAGE"):
            stage = Path(LOCAL_BUCKET_PATH, self._conn.database, self._conn.schema, "ADBC$BIND")
            rmtree(stage, ignore_errors=True)
        comments = " COMMENT " in command and command.startswith("ALTER ")
        if comments:
            execute(self, "COMMIT")
        done = execute(self, command, params, *more, **also)
        if commented := _COMMENTED.match(command):
            for column, text in _COLUMN.findall(command[commented.end() :].partition(" AS\n")[0]):
                self._duck_conn.execute(f"COMMENT ON COLUMN {commented[1]}.{column} IS {text}")
        if comments:
            execute(self, "COMMIT")
        return done

    cursor.FakeSnowflakeCursor.execute = executed
    comment = info_schema.insert_table_comment_sql
    info_schema.insert_table_comment_sql = lambda *names: comment(
        *names[:-1], (names[-1] or "").replace("'", "''")
    )
    views = info_schema.SQL_CREATE_INFORMATION_SCHEMA_VIEWS_VIEW
    views.template = views.template.replace("null::VARCHAR as COMMENT", _COMMENT)
    protocol.app.add_middleware(OneAtATime)
    protocol.app.router.routes.append(Route("/answers", answers, methods=["POST"]))
    with serve() as address:
        sys.stdout.write(f"{address['port']}\n")
        sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # each request is logged there, and nobody reads it
        sys.stdin.read()
        rmtree(LOCAL_BUCKET_PATH)
        os._exit(0)  # it would wait for sessions that nobody has ended


if __name__ == "__main__":
    run()
