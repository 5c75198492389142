"""The simulated answers are what Zoom's own descriptions allow.

`ZOOM_SPECS` names the folder with Zoom's OpenAPI files (meetings.json, users.json); skipped without it.
"""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from include.sandbox import directory, reports
from include.sandbox.products import ROUTES
from include.sandbox.routes import Route
from tests.sandbox.conftest import Zoom, in_path
from tests.specs import endpoint, needs_specs

pytestmark = needs_specs

DEVIATIONS = {
    # Zoom's text lists this file type, its list of values leaves it out.
    "'TIMELINE' is not one of ['MP4', 'M4A', 'CHAT', 'TRANSCRIPT', 'CSV', 'TB', 'CC', 'CHAT_MESSAGE', 'SUMMARY']",
}


ASKED = (*directory.ROUTES, *reports.ROUTES)
"""What is asked here one by one; tests/zoom asks all that streams pull."""


def schema_of(path: str) -> dict[str, Any]:
    found = endpoint(path)
    assert found is not None
    return found.schema


def complaints(path: str, answer: dict[str, Any]) -> set[str]:
    validator = jsonschema.Draft202012Validator(
        schema_of(path), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return {error.message for error in validator.iter_errors(answer)}


def described_fields(schema: dict[str, Any]) -> set[str]:
    """The names of a schema's own fields."""
    parts = [described_fields(part) for part in schema.get("allOf", [])]
    return set(schema.get("properties", {})).union(*parts)


async def answers(zoom: Zoom) -> list[tuple[str, dict[str, Any]]]:
    """Answers of every endpoint, for many users, groups and meetings."""
    window = {"from_": "2026-11-09", "to": "2026-11-20", "page_size": 300}
    found = [("/users/summary", (await zoom.ask("/users/summary")).json())]
    found += [("/report/daily", (await zoom.ask("/report/daily")).json())]
    for status in ("active", "inactive", "pending"):
        found += [("/users", page) for page in await zoom.pages("/users", status=status, page_size=9)]
    found += [("/groups", page) for page in await zoom.pages("/groups")]
    found += await per_item(zoom, found, "users", "id", ["/users/{userId}", "/users/{userId}/recordings"])
    found += await per_item(zoom, found, "groups", "id", ["/groups/{groupId}/members"])
    found += [
        ("/report/history_meetings", page) for page in await zoom.pages("/report/history_meetings", **window)
    ]
    meeting_paths = [
        "/past_meetings/{meetingId}",
        "/past_meetings/{meetingId}/participants",
        "/report/meetings/{meetingId}/participants",
    ]
    found += await per_item(zoom, found, "history_meetings", "meeting_uuid", meeting_paths)
    return found


async def per_item(
    zoom: Zoom, found: list[tuple[str, dict[str, Any]]], key: str, name: str, templates: list[str]
) -> list[tuple[str, dict[str, Any]]]:
    items = [item[name] for _, page in found for item in page.get(key, []) if name in item]
    asked = []
    for item in items:
        for template in templates:
            path = template[: template.index("{")] + in_path(item) + template[template.index("}") + 1 :]
            answer = await zoom.ask(path, from_="2026-11-01", to="2026-11-30")
            asked += [(template, answer.json())] if answer.status_code == 200 else []
    return asked


async def test_answers_are_as_described(new_zoom: Callable[..., Zoom]) -> None:
    """Every endpoint's answers validate against Zoom's description, but for the listed deviations."""
    found = await answers(new_zoom(users=40))
    assert {path for path, _ in found} == {route.template for route in ASKED}
    assert {text for path, answer in found for text in complaints(path, answer)} == DEVIATIONS


async def test_answers_have_the_described_fields(new_zoom: Callable[..., Zoom]) -> None:
    """The fields beside the list are those of the description, none is missing."""
    for path, answer in await answers(new_zoom(users=10)):
        if path not in ("/users/{userId}", "/past_meetings/{meetingId}"):  # a single record leaves fields out
            assert set(answer) == described_fields(schema_of(path)), path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_labels_and_scopes_are_as_described(route: Route) -> None:
    """Rate label and scopes are those that Zoom's description names."""
    found = endpoint(route.template)
    if found is not None:  # roles, rooms and dashboards stand in none of the files
        assert found.label in ("", route.label.upper().replace("-", "_").removeprefix("PHONE_"))
        assert set(route.scopes) & (found.scopes | found.granular_scopes)
