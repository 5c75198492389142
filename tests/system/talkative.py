"""A Dag that prints all it knows of its Connection, as an author does who looks for a fault."""

import base64
import json
import logging
from urllib.parse import quote

from airflow.sdk import BaseHook, dag, task

from include.grant.hook import ZoomHook

log = logging.getLogger(__name__)


def shout(secrets: dict[str, str]) -> None:
    """Prints and logs in every way."""
    text = json.dumps(secrets)
    for line in (
        text,
        repr(secrets),
        quote(text),
        base64.b64encode(text.encode()).decode(),
        base64.urlsafe_b64encode(b"x" + text.encode()).decode(),
        *secrets.values(),
        *(base64.b64encode(f"sandbox-client-id:{secret}".encode()).decode() for secret in secrets.values()),
    ):
        print(line)  # noqa: T201
        log.warning("Look: %s", {"line": line})
    raise ValueError(text)


@dag(schedule=None)
def talkative() -> None:
    """One task."""

    @task
    async def say() -> None:
        hook = ZoomHook()
        async with hook.client() as http:
            (await http.get("/users/me")).raise_for_status()
            async with hook.supervisor:
                connection = await BaseHook.aget_connection("zoom_default")
            secrets = json.loads(connection.extra) | {"password": connection.password}
            token = await http.auth._ask(None)
        shout(
            {name: secrets[name] for name in ("refresh_token", "access_token", "password")} | {"now": token}
        )

    say()


talkative()
