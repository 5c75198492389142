"""How a journal lies in its row: the token sets sealed in one text, the fingerprints in another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from include.grant.journal import Fingerprints, Journal, State, Tokens

_PLAIN = ("generation", "reason", "attempt_id", "attempt_deadline", "failures", "next_attempt_at")
_PEOPLE = ("account_id", "rotated_at", "consented_at", "consented_by", "alerted_at")
_SEALED = ("newest", "previous", "orphan")


def to_row(journal: Journal, seal: Callable[[str], str]) -> dict[str, Any]:
    """The journal's columns; `seal` encrypts."""
    newest = journal.newest
    return {
        **{name: getattr(journal, name) for name in (*_PLAIN, *_PEOPLE)},
        "state": journal.state.value,
        "sealed": seal(json.dumps({name: dump(getattr(journal, name)) for name in _SEALED})),
        "fingerprints": json.dumps(asdict(journal.fingerprints)),
        "issued_at": newest.issued_at if newest else None,
        "expires_at": newest.expires_at if newest else None,
        "scopes": newest.scopes if newest else None,
    }


def from_row(row: Mapping[str, Any], sealed: str | None) -> Journal:
    """The journal of a row whose `sealed` was opened, or None where it could not be."""
    tokens = json.loads(sealed) if sealed else {}
    marks = json.loads(row["fingerprints"])
    return Journal(
        **{name: row[name] for name in (*_PLAIN, *_PEOPLE)},
        newest=load(tokens.get("newest")),
        previous=load(tokens.get("previous")),
        orphan=load(tokens.get("orphan")),
        state=State(row["state"]),
        fingerprints=Fingerprints(**{**marks, "spent": tuple(marks["spent"])}),
    )


def dump(tokens: Tokens | None) -> dict[str, Any] | None:
    """A token set as JSON takes it."""
    if tokens is None:
        return None
    times = {"issued_at": tokens.issued_at.isoformat(), "expires_at": tokens.expires_at.isoformat()}
    return asdict(tokens) | times


def load(kept: dict[str, Any] | None) -> Tokens | None:
    """What `dump` made."""
    if kept is None:
        return None
    times = {name: datetime.fromisoformat(kept[name]) for name in ("issued_at", "expires_at")}
    return Tokens(**(kept | times))
