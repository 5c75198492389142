"""pyzoom: `client.raw.get` for lists that it has no method for, as its README says.

Its `get_all_pages` asks the second page without the first one's parameters, which Zoom refuses, so pages are asked
one by one here. It has no server-to-server grant and no answer to a token that dies: the token comes from outside.
"""

import base64
from typing import Any

import requests
from pyzoom import ZoomClient

from benchmarks.peers.task import Task
from benchmarks.peers.walk import extract


def access_token(task: Task) -> str:
    """From Zoom's token endpoint."""
    client = base64.b64encode(f"{task.client_id}:{task.client_secret}".encode()).decode()
    asked = {"grant_type": "account_credentials", "account_id": task.account_id}
    headers = {"Authorization": f"Basic {client}"}
    answer = requests.post(f"{task.url}/oauth/token", data=asked, headers=headers, timeout=60)
    return str(answer.json()["access_token"])


def main() -> None:
    """Does what the task says."""
    task = Task.read()
    client = ZoomClient(access_token(task), "", base_url=f"{task.url}/v2")

    def get(path: str, params: dict[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = client.raw.get(f"/{path}", query=params).json()
        return page

    extract(task, get)


if __name__ == "__main__":
    main()
