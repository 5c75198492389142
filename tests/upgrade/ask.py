"""`ask.py CONNECTION …`: refuses the access token of each grant once, as a process that has the database does.

Prints a JSON object: by Connection "token", or the name of the error and what it says. Runs with any version's code.
"""

import asyncio
import json
import sys

from include.grant.freshness import access_token
from include.grant.journal import digest
from include.grant.store.wiring import new_desk


async def ask(connection_id: str) -> str:
    """What came of it."""
    desk = new_desk()
    try:
        grant = await desk.read(connection_id)
        token = access_token(grant)
        await desk.serve(grant, digest(token) if token else None)
    except Exception as error:  # noqa: BLE001 - told, whatever it is
        return f"{type(error).__name__}: {error}"
    return "token"


async def main() -> None:
    """One after the other."""
    print(json.dumps({name: await ask(name) for name in sys.argv[1:]}))  # noqa: T201


asyncio.run(main())
