"""The forms in which a secret might be printed, and the secrets that a process has seen lately."""

import base64
import json
import threading
from urllib.parse import quote, quote_plus

_SHORTEST = 5  # what Airflow's masker takes: shorter ones would blacken ordinary words
_SHORTEST_BASE64 = 8
_KEPT = 128


def forms(secret: str) -> set[str]:
    """A secret as it is, and as JSON, Python, addresses and base64 show it."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    texts |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return texts | _encoded(secret.encode()) if len(secret) >= _SHORTEST else set()


def basic(client_id: str, client_secret: str) -> str:
    """The two as HTTP Basic sends them."""
    return base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


class Secrets:
    """The secrets seen last, each with its forms.

    Bounded, because a process that refreshes for a year sees thousands, and those of last week are dead.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._forms: dict[str, list[str]] = {}

    def add(self, secret: str) -> None:
        """Knows this one; forgets the one that was not seen for longest where there are too many."""
        with self._lock:  # readers see one dictionary or the next, never one that changes
            known = self._forms.get(secret) or sorted(forms(secret), key=len, reverse=True)
            others = [(other, its) for other, its in self._forms.items() if other != secret]
            self._forms = {**dict(others[1 - self._kept :]), secret: known}

    def redact(self, text: str) -> str:
        """The text without any of them."""
        for known in self._forms.values():
            for form in known:
                text = text.replace(form, "***")
        return text


def _encoded(secret: bytes) -> set[str]:
    """Base64, whole and as it stands within a longer text: what of it does not depend on the neighbours."""
    found = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found.add(encode(secret).decode())
        for offset, first in ((0, 0), (1, 2), (2, 3)):
            last = 8 * (offset + len(secret)) // 6
            found.add(encode(bytes(offset) + secret).decode()[first:last])
    return {text for text in found if len(text) >= _SHORTEST_BASE64}
