"""Answers as Zoom's API gives them."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


class ApiError(Exception):
    """An error of Zoom's own: `code` is the app's, and what it means depends on the endpoint."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 (any JSON)
    """A JSON answer; everything beyond ASCII is escaped, so that a lone surrogate can be sent."""
    content = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return Response(content, status, dict(headers or {}), media_type="application/json")


def invalid_page_token() -> ApiError:
    """A token that is too old, or belongs to something else."""
    return ApiError(400, 300, "The next page token is invalid or expired.")


def no_user(name: str) -> ApiError:
    """A user who is not there."""
    return ApiError(404, 1001, f"User does not exist: {name}.")


def no_meeting(name: str) -> ApiError:
    """A meeting that is not there, or no more."""
    return ApiError(404, 3001, f"Meeting does not exist: {name}.")
