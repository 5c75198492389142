"""A simulated account in this process, without sockets, whose clock stands still."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.settings import Settings

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday


class Zoom:
    """A sandbox with a client that holds a live access token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://zoom.test")
        self.authorise()

    def authorise(self) -> str:
        """Consents anew; gives the refresh token."""
        answer = self.sandbox.tokens.consent()
        self.http.headers["authorization"] = f"Bearer {answer['access_token']}"
        return str(answer["refresh_token"])

    async def ask(self, path: str, **parameters: object) -> httpx.Response:
        """A request to the API; a trailing underscore of a parameter's name is dropped (`from_`)."""
        return await self.http.get(
            f"/v2{path}", params={name.rstrip("_"): value for name, value in parameters.items()}
        )

    async def pages(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        """All pages of a list."""
        found = [(await self.ask(path, **parameters)).json()]
        while found[-1].get("next_page_token"):
            token = found[-1]["next_page_token"]
            found.append((await self.ask(path, next_page_token=token, **parameters)).json())
        return found

    async def truth(self, table: str, day: str = "", form: str = "past") -> list[dict[str, Any]]:
        """The true rows."""
        parameters = {"table": table, "day": day, "form": form}
        return (await self.http.get("/_sandbox/truth", params=parameters)).json()["rows"]

    async def token(self, **form: str) -> httpx.Response:
        """A post to the token endpoint by the app."""
        app = httpx.BasicAuth(self.sandbox.settings.client_id, self.sandbox.settings.client_secret)
        return await self.http.post("/oauth/token", data=form, auth=app)

    async def refresh(self, token: str) -> httpx.Response:
        """A refresh."""
        return await self.token(grant_type="refresh_token", refresh_token=token)


def in_path(uuid: str) -> str:
    """A uuid as Zoom wants it in a path: encoded twice."""
    return quote(quote(uuid, safe=""), safe="")


@pytest.fixture
async def new_zoom() -> AsyncIterator[Callable[..., Zoom]]:
    """Makes simulated accounts; limits and repeated rows only where a test asks for them."""
    made: list[Zoom] = []

    def make(*, now: datetime = NOW, **settings: Any) -> Zoom:
        wanted = {"limits": False, "repeat_percent": 0, **settings}
        made.append(Zoom(Sandbox(Settings(**wanted), Clock(now, tick=None))))
        return made[-1]

    yield make
    for zoom in made:
        await zoom.http.aclose()


@pytest.fixture
def zoom(new_zoom: Callable[..., Zoom]) -> Zoom:
    """An account of 25 users as it is by default."""
    return new_zoom()
