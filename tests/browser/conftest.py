"""Browsers in which people of Airflow are signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.console.running import Running


@pytest.fixture(scope="module")
def contexts(chromium: Any) -> Iterator[dict[str, Any]]:
    """A browser per person, used again: it need not load Airflow's scripts for each test."""
    kept: dict[str, Any] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def signed_in(chromium: Any, contexts: dict[str, Any], airflow: Running) -> Iterator[Callable[..., Any]]:
    """Opens a tab for a person, in this person's browser or in another one; no script of it may have failed."""
    opened: list[Any] = []
    failed: list[str] = []

    def open_for(name: str = "admin", browser: str = "own", **options: Any) -> Any:
        key = f"{name} {browser} {options}"
        if key not in contexts:
            contexts[key] = chromium.new_context(**options)
        cookie = {"name": "_token", "value": airflow.token(name), "url": airflow.address}
        contexts[key].add_cookies([cookie])
        page = contexts[key].new_page()
        opened.append(page)
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: failed.append(str(error)))
        return page

    yield open_for
    for page in opened:
        page.close()
    assert failed == []
