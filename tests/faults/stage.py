"""Where a fault is played: one grant in a real metadata database, a simulated Zoom, a proxy, and processes."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from airflow.models.connection import Connection
from cryptography.fernet import Fernet, MultiFernet

from include.grant.journal import Grant
from include.grant.schema import journal_table
from include.grant.store import Store
from include.launch.place import free_port
from tests.faults.children import Child, Children
from tests.faults.proxy import Proxy
from tests.faults.work import Order, Told, ask, serve
from tests.grant.installation import wait_for

CLIENT_SECRET = "sandbox-client-secret"
_LONG_AGO = "2020-01-01 00:00:00"


@dataclass(frozen=True)
class Zoom:
    """A sandbox that runs in a process of its own."""

    url: str

    def begin(self) -> str:
        """A new consent, with nothing counted and no fault ordered: its refresh token."""
        self._post("faults", [])
        token = str(self._post("grant", {})["refresh_token"])
        self._post("requests", {})
        return token

    def order(self, kind: str, *, times: int = 1, path: str = "/oauth/token", **more: Any) -> None:
        """The next posts to the token endpoint meet this fault."""
        self._post("faults", [{"path": path, "kind": kind, "times": times, **more}])

    def order_nothing(self) -> None:
        """Takes all orders back."""
        self._post("faults", [])

    def advance(self, seconds: float) -> None:
        """Time passes for Zoom alone."""
        self._post("clock", {"advance_seconds": seconds})

    def revoke(self) -> None:
        """The owner of the account removes the app."""
        self._post("revoke", {})

    @property
    def posts(self) -> int:
        """How many posts of the token endpoint it has answered, or refused to answer."""
        return int(self._report()["token_posts"])

    @property
    def refused(self) -> int:
        """How many of them it refused."""
        return int(self._report()["token_refused"])

    @property
    def most_at_once(self) -> int:
        """How many requests were under way together."""
        return int(self._report()["most_at_once"])

    def _report(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.url}/_sandbox/requests", trust_env=False).json())

    def _post(self, path: str, body: object) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/_sandbox/{path}", json=body, trust_env=False, timeout=30)
        return dict(answer.raise_for_status().json())


@dataclass
class Stage:
    """One installation; its Connection posts to Zoom through the proxy."""

    folder: Path
    env: dict[str, str]
    zoom: Zoom
    proxy: Proxy
    children: Children

    @cached_property
    def engine(self) -> sa.Engine:
        """The metadata database, as the test looks into it."""
        return sa.create_engine(self.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], poolclass=sa.NullPool)

    def begin(self, connection_id: str = "zoom_default") -> str:
        """A consented grant that nobody has used yet; its refresh token."""
        token = self.zoom.begin()
        self.save({**self.extra(), "refresh_token": token}, connection_id)
        return token

    def begin_anew(self) -> None:
        """As `begin`, with nothing left of what was before."""
        with self.engine.begin() as database:
            database.execute(sa.delete(journal_table))
        shutil.rmtree(self.folder / "spill", ignore_errors=True)
        self.proxy.lines.clear()
        self.begin()
        self.grant()  # makes the journal's row

    def extra(self) -> dict[str, str]:
        """What a person enters."""
        return {
            "oauth_url": f"http://127.0.0.1:{self.proxy.port}/oauth",
            "account_id": "sandbox-account",
            "plan": "pro",
        }

    def host(self, **order: Any) -> str:
        """Starts a host with the broker's routes, as an API server has them; its address once it listens."""
        port = free_port()
        self.start(serve, words={"port": port}, **order)
        wait_for(lambda: bool(httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)))
        return f"http://127.0.0.1:{port}"

    def save(
        self, extra: Mapping[str, str], connection_id: str = "zoom_default", *, secret: str = CLIENT_SECRET
    ) -> None:
        """Saves the Connection as a form does: all of it at once."""
        seal = Fernet(self.env["AIRFLOW__CORE__FERNET_KEY"].partition(",")[0]).encrypt
        values = {
            "conn_type": "zoom",
            "host": f"{self.zoom.url}/v2",
            "login": "sandbox-client-id",
            "password": seal(secret.encode()).decode(),
            "extra": seal(json.dumps(extra).encode()).decode(),
            "is_encrypted": True,
            "is_extra_encrypted": True,
        }
        table = Connection.__table__
        with self.engine.begin() as database:
            changed = database.execute(
                sa.update(table).where(table.c.conn_id == connection_id).values(values)
            )
            if changed.rowcount == 0:
                database.execute(sa.insert(table).values(conn_id=connection_id, **values))

    def shown(self, connection_id: str = "zoom_default") -> dict[str, str]:
        """The Connection's `extra`, opened."""
        table = Connection.__table__
        with self.engine.begin() as database:
            sealed = database.execute(
                sa.select(table.c.extra).where(table.c.conn_id == connection_id)
            ).scalar_one()
        keys = [Fernet(key) for key in self.env["AIRFLOW__CORE__FERNET_KEY"].split(",")]
        return dict(json.loads(MultiFernet(keys).decrypt(sealed.encode())))

    def grant(self, connection_id: str = "zoom_default") -> Grant:
        """Both rows as they stand."""
        return Store(connection_id, lambda: self.engine).read()

    def process(self, work: Callable[[Order, Pipe], Any] = ask, **order: Any) -> Child:
        """A process that has not begun; `env` adds to its environment."""
        env = self.env | order.pop("env", {})
        return self.children.start(work, Order(**order), env)

    def start(self, work: Callable[[Order, Pipe], Any] = ask, **order: Any) -> Child:
        """A process that has begun."""
        return self.process(work, **order).go()

    def ask(self, **order: Any) -> Told:
        """What a process of its own is told when it asks for an access token."""
        return self.start(ask, **order).told()

    def spilled(self) -> list[str]:
        """The files in which answers wait for the database."""
        return sorted(file.name for file in (self.folder / "spill").glob("*"))

    def end_lease(self) -> None:
        """Stands for the 75 seconds after which a lease is over."""
        self.journal(attempt_deadline=sa.text(f"'{_LONG_AGO}'"))

    def end_lease_of_the_dead(self) -> None:
        """The same, where there is a lease."""
        if self.grant().journal.attempt_deadline is not None:
            self.end_lease()

    def end_pause(self) -> None:
        """Stands for the time until the next attempt is due."""
        self.journal(next_attempt_at=sa.text(f"'{_LONG_AGO}'"))

    def journal(self, **values: Any) -> None:
        """Changes the journal behind the rotation's back."""
        with self.engine.begin() as database:
            changed = database.execute(sa.update(journal_table).values(values))
            assert changed.rowcount == 1


MakeStage = Callable[..., Stage]
