"""`python -m tests.grant.pages SANDBOX`: pages through users while the access token ends in between."""

import asyncio
import json
import sys

import httpx

from include.grant.hook import ZoomHook
from include.zoom.stream import Label
from include.zoom.turns import NOTHING


async def main(sandbox: str) -> None:
    """Prints the statuses, the number of users, the granted scopes and two turns' spacing as JSON."""
    statuses, users, page_token = [], 0, ""
    hook = ZoomHook()
    async with hook.client() as http, hook.turns() as turns:
        for _ in range(3):
            answer = await http.get("/users", params={"page_size": 1, "next_page_token": page_token})
            statuses.append(answer.status_code)
            users += len(answer.json()["users"])
            page_token = answer.json()["next_page_token"]
            if len(statuses) == 1:
                await refuse_the_token_once(sandbox)
        apart = [(await turns.take(Label.LIGHT, 1, NOTHING)).apart for _ in range(2)]
    seen = {"statuses": statuses, "users": users, "granted": await hook.granted(), "apart": apart}
    print(json.dumps(seen))  # noqa: T201


async def refuse_the_token_once(sandbox: str) -> None:
    """The next request is answered as Zoom answers an expired token."""
    expired = {"code": 124, "message": "Access token is expired."}
    fault = {"path": "/v2/users", "kind": "status", "status": 401, "body": expired}
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{sandbox}/_sandbox/faults", json=[fault])).raise_for_status()


asyncio.run(main(sys.argv[1]))
