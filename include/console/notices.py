"""What the page says once after the way to Zoom and back; it travels in a sealed cookie, never in an address."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self

from airflow.models.crypto import get_fernet
from cryptography.fernet import InvalidToken
from fastapi import Request, Response

from include.console.access import cookie_path, set_cookie

_COOKIE = "zoom_notice"
_SECONDS = 300


@dataclass(frozen=True)
class Notice:
    """A sentence or two and how they are meant."""

    kind: Literal["success", "warning", "error"]
    title: str
    text: str

    def leave(self, request: Request, response: Response) -> None:
        """Has the page show it when it loads next."""
        sealed = get_fernet().encrypt(json.dumps(asdict(self)).encode()).decode()
        set_cookie(request, response, _COOKIE, sealed, _SECONDS)

    @classmethod
    def left(cls, request: Request) -> Self | None:
        """The one that was left for this browser, if any."""
        sealed, fernet = request.cookies.get(_COOKIE), get_fernet()
        if sealed is None or not fernet.is_encrypted:
            return None
        try:
            return cls(**json.loads(fernet.decrypt(sealed.encode(), ttl=_SECONDS)))
        except (InvalidToken, ValueError, TypeError):  # old, or not one of these
            return None


def forget(response: Response) -> None:
    """Shows what was left no second time."""
    response.delete_cookie(_COOKIE, path=cookie_path())
