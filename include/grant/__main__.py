"""`python -m include.grant connect`: the first consent, on the command line."""

import argparse
import asyncio
import getpass
import sys

from include.grant import remote
from include.grant.consent import Consented, Request, follow, grant
from include.zoom.errors import ZoomError


def main() -> int:
    """Runs one command; its exit code."""
    arguments = _arguments()
    try:
        if arguments.airflow:
            print(remote.connect(arguments.airflow, arguments.connection))  # noqa: T201
            return 0
        request = Request.new(arguments.connection, arguments.redirect_uri)
        consented = asyncio.run(_connect(request, by_itself=arguments.follow))
    except ZoomError as error:
        print(f"Not connected. {error}", file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
        return 1
    account = consented.account_id or "not told: enter account_id in the Connection"
    print(f"Connected {consented.connection_id}; account {account}.")  # noqa: T201
    return 0


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
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
