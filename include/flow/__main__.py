"""`python -m include.flow plan | replay | forget`, where Airflow's Connections can be read.

What a backfill asks of Zoom; tables anew; tables without a person.
"""

import argparse
import logging
import os
import sys
from datetime import UTC, date, datetime

# As Airflow's own commands do: outside a task, Connections come from secrets backends, the environment, and then the
# metadata database, where this process has one (a worker of a deployment may have none).
os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")

from include.flow.alerts import alerted
from include.flow.forget import Books, forget_person
from include.flow.plan_command import add_plan, plan
from include.flow.privacy import hash_key
from include.flow.publish import Publication
from include.flow.replay import replay
from include.flow.run import landing
from include.landing import LandingError
from include.warehouse.connect import warehouse
from include.warehouse.errors import WarehouseError
from include.zoom.catalog import STREAMS
from include.zoom.errors import ZoomError


def main() -> int:
    """Runs one command; 0 where all of it was done, 1 where some of it was not."""
    arguments = _arguments()
    logging.getLogger("include").setLevel(logging.WARNING)
    try:
        return {"plan": plan, "replay": _replay, "forget": _forget}[arguments.command](arguments)
    except (WarehouseError, LandingError, ZoomError) as error:
        print(f"{_FAILED[arguments.command]} {error}", file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
        return 1


_FAILED = {"plan": "Not planned.", "replay": "Not replayed.", "forget": "Not forgotten, or not everywhere."}


def _replay(arguments: argparse.Namespace) -> int:
    publication = Publication(
        landing(),
        warehouse(arguments.warehouse, schema=arguments.schema),
        lambda text: alerted(text, {}),
        accept_shrink=arguments.accept_shrink,
    )
    failed = False
    for done in replay(publication, arguments.stream, first=arguments.first, last=arguments.last):
        failed |= bool(done.failure)
        print(done, file=sys.stderr if done.failure else sys.stdout, flush=True)
    return 1 if failed else 0


def _forget(arguments: argparse.Namespace) -> int:
    books = Books(
        landing(),
        warehouse(arguments.warehouse, schema=arguments.schema),
        tuple(STREAMS.values()),
        hash_key().encode(),
        datetime.now(UTC),
    )
    left = False
    named = arguments.email or arguments.user_id
    who = sys.stdin.readline() if named == "-" else named
    for report in forget_person(books, who, dry_run=arguments.dry_run):
        left |= bool(report.left)
        print(report, file=sys.stderr if report.left else sys.stdout, flush=True)
    would = "This was a dry run: nothing was changed." if arguments.dry_run else "Forgotten, and stays so."
    done = "Forgotten, but not everywhere: see above." if left and not arguments.dry_run else would
    print(done)  # noqa: T201
    return 1 if left else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m include.flow")
    commands = parser.add_subparsers(dest="command", required=True)
    add_plan(commands)
    again = commands.add_parser("replay", help="type and load what has landed anew; Zoom is asked nothing")
    again.add_argument(
        "--stream", required=True, choices=list(STREAMS), metavar="STREAM", help="which stream"
    )
    again.add_argument("--schema", default="zoom", help="the warehouse's schema; default: zoom")
    again.add_argument("--from", dest="first", type=date.fromisoformat, help="first day, as 2026-01-31")
    again.add_argument("--to", dest="last", type=date.fromisoformat, help="last day, included")
    again.add_argument("--warehouse", default="zoom_warehouse", help="Connection; default: zoom_warehouse")
    again.add_argument("--accept-shrink", action="store_true", help="also slices that lose more than a fifth")
    _add_forget(commands)
    return parser.parse_args()


def _add_forget(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = commands.add_parser("forget", help="remove a person from warehouse and landing, for good")
    who = one.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--email", default="", help="the person's address, in any case; -: read it from the input"
    )
    who.add_argument("--user-id", default="", help="Zoom's id of the user")
    one.add_argument("--schema", default="zoom", help="the warehouse's schema; default: zoom")
    one.add_argument("--warehouse", default="zoom_warehouse", help="Connection; default: zoom_warehouse")
    one.add_argument("--dry-run", action="store_true", help="tell what would be done, and change nothing")


if __name__ == "__main__":
    sys.exit(main())
