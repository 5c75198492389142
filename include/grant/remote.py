"""Consent for an Airflow elsewhere, on the command line: through the routes that its Zoom page uses."""

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from include.zoom.errors import Misconfigured, TransientError

TOKEN_VARIABLE = "AIRFLOW_API_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Remote:
    """An Airflow and a client that is signed in to it; the client keeps the cookie that a consent is bound to."""

    http: httpx.Client

    @classmethod
    def signed_in(
        cls, http: httpx.Client, environment: Mapping[str, str], ask: Callable[[str], str]
    ) -> "Remote":
        """Takes the token of the environment, or asks for user name and password; `http` has Airflow's address.

        Raises:
            Misconfigured, TransientError: Airflow did not give a token.
        """
        remote = cls(http)
        token = environment.get(TOKEN_VARIABLE) or remote.token(ask("User name: "), ask("Password: "))
        http.headers["Authorization"] = f"Bearer {token}"
        return remote

    def token(self, username: str, password: str) -> str:
        """An access token of Airflow's own API."""
        answer = self._post("auth/token", json={"username": username, "password": password})
        return str(answer["access_token"])

    def begin(self, connection_id: str) -> str:
        """The address at which a person authorises."""
        return str(self._post(f"zoom/accounts/{quote(connection_id, safe='')}/connect")["address"])

    def finish(self, answer: str) -> str:
        """What came of it, as a sentence; `answer` is the address that the browser ended at."""
        return str(self._post("zoom/answer", data={"answer": answer})["notice"]["text"])

    def _post(self, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own arguments
        try:
            answer = self.http.post(path, headers={"Accept": "application/json"}, **body)
            said = answer.json() if answer.content else {}
        except httpx.HTTPError as error:
            raise TransientError(
                f"{self.http.base_url} could not be reached ({type(error).__name__})."
            ) from error
        except ValueError:
            said = {}
        if answer.is_success and isinstance(said, dict):
            return said
        raise Misconfigured(_refused(answer.status_code, said if isinstance(said, dict) else {}))


def connect(url: str, connection_id: str) -> str:
    """Asks on the terminal; what came of it, as a sentence."""
    with httpx.Client(base_url=url, timeout=90, trust_env=False) as http:
        remote = Remote.signed_in(http, os.environ, _ask)
        print(f"Open this address in a browser and choose Allow:\n\n  {remote.begin(connection_id)}\n")  # noqa: T201
        print("Then paste the address that the browser ended at, also where it shows no page:")  # noqa: T201
        return remote.finish(sys.stdin.readline())


def _ask(question: str) -> str:
    return getpass.getpass(question) if question.startswith("Password") else input(question)


def _refused(status: int, said: Mapping[str, Any]) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return f"Airflow does not accept the sign-in: check user name and password, or {TOKEN_VARIABLE}."
    if status == HTTPStatus.FORBIDDEN:
        return "Airflow does not permit it: this user needs the permission to edit the Connection."
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return "There is no /zoom at this address: give Airflow's own address, and install the project there."
    notice = said.get("notice") or {}
    return str(notice.get("text") or said.get("message") or f"Airflow answered {status}.")
