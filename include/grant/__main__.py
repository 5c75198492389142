"""`python -m include.grant connect | status | rotate-fernet-key`: where the metadata database can be reached."""

import argparse
import asyncio
import getpass
import sys

from airflow import settings

from include.grant import remote
from include.grant.consent import Consented, Request, follow, grant
from include.grant.store.fernet import KeyRotation
from include.grant.store.status import lines
from include.grant.store.wiring import spill_folder
from include.zoom.errors import ZoomError


def main() -> int:
    """Runs one command; its exit code."""
    arguments = _arguments()
    try:
        return {"connect": _consent, "status": _status, "rotate-fernet-key": _rotate_fernet_key}[
            arguments.command
        ](arguments)
    except ZoomError as error:
        print(f"{_FAILED[arguments.command]} {error}", file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
        return 1


_FAILED = {"connect": "Not connected.", "status": "", "rotate-fernet-key": "Not rotated."}


def _consent(arguments: argparse.Namespace) -> int:
    if arguments.airflow:
        print(remote.connect(arguments.airflow, arguments.connection))  # noqa: T201
        return 0
    request = Request.new(arguments.connection, arguments.redirect_uri)
    consented = asyncio.run(_connect(request, by_itself=arguments.follow))
    account = consented.account_id or "not told: enter account_id in the Connection"
    print(f"Connected {consented.connection_id}; account {account}.")  # noqa: T201
    return 0


def _status(_: argparse.Namespace) -> int:
    for line in lines(settings.get_engine()):  # type: ignore[no-untyped-call]
        print(line)  # noqa: T201
    return 0


def _rotate_fernet_key(_: argparse.Namespace) -> int:
    done = KeyRotation(settings.get_engine, spill_folder()).run()
    held = ", ".join(done.held) or "none"
    print(f"Airflow's Fernet key is rotated. Grants held meanwhile: {held}; sealed anew: {done.resealed}.")  # noqa: T201
    if done.unreadable:
        print(f"Sealed with a key that is not configured: {done.unreadable}; see the log.", file=sys.stderr)  # noqa: T201
    return 1 if done.unreadable else 0


async def _connect(request: Request, *, by_itself: bool) -> Consented:
    answer = await follow(request) if by_itself else _ask(request)
    return await grant(request, answer, by=getpass.getuser())


def _ask(request: Request) -> str:
    print(f"Open this address in a browser and choose Allow:\n\n  {request.address}\n")  # noqa: T201
    print("Then paste the address that the browser ended at, also where it shows no page:")  # noqa: T201
    return sys.stdin.readline()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m include.grant")
    commands = parser.add_subparsers(dest="command", required=True)
    connect = commands.add_parser("connect", help="authorise a Zoom app for a Connection")
    connect.add_argument("--connection", default="zoom_default", help="default: zoom_default")
    connect.add_argument("--redirect-uri", default="", help="default: [zoom] redirect_uri")
    connect.add_argument(
        "--airflow",
        default="",
        help="the address of an Airflow elsewhere; signs in with AIRFLOW_API_TOKEN or asks",
    )
    connect.add_argument(
        "--follow", action="store_true", help="take the answer of a local server that authorises by itself"
    )
    commands.add_parser("status", help="how each Zoom Connection stands, without its secrets")
    commands.add_parser(
        "rotate-fernet-key",
        help="airflow rotate-fernet-key with the grants: they are held meanwhile and sealed anew",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
