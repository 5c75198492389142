"""What the page shows of one Connection: its state in a word, and the facts behind it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from include.grant.journal import Grant, State
from include.zoom.scopes import Missing, missing
from include.zoom.stream import Stream
from include.zoom.turns import Usage

LIFE_DAYS, OLD_DAYS = 90, 60  # of a refresh token; https://developers.zoom.us/docs/integrations/oauth/
_DAY = timedelta(days=1)


class Word(StrEnum):
    """The state of a Connection as a person needs it; the page has a colour and a sentence for each."""

    CONNECTED = "connected"
    UNUSED = "unused"  # server-to-server, and no task has asked yet
    NOT_CONNECTED = "not_connected"
    OLD = "old"
    WAITING = "waiting"
    MISCONFIGURED = "misconfigured"
    CONSENT_REQUIRED = "consent_required"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Standing:
    """One Connection on the page; times are ISO, ages in days."""

    connection_id: str
    word: Word
    reason: str = ""
    rotates: bool = True
    readable: bool = True
    account_id: str | None = None
    oauth_url: str | None = None
    plan: str | None = None
    granted: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    age_days: int | None = None
    issued_at: datetime | None = None
    rotated_at: datetime | None = None
    next_attempt_at: datetime | None = None
    consented_at: datetime | None = None
    consented_by: str | None = None
    caps: tuple[Usage, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        caps = [_told(asdict(each)) for each in self.caps]
        return _told(asdict(self)) | {"caps": caps}


def unreadable(connection_id: str, reason: str) -> Standing:
    """A Connection of which nothing can be said but why."""
    return Standing(connection_id, Word.UNREADABLE, reason, readable=False)


def standing(grant: Grant, *, plan: str, streams: Iterable[Stream], caps: Iterable[Usage] = ()) -> Standing:
    """What is known of a grant; `caps` is what is used of its account's daily ones."""
    journal, tokens = grant.journal, grant.tokens
    known = journal.newest if tokens and tokens == journal.newest else None
    word, reason = _word(grant)
    lacking = missing(known.scopes, streams, of_a_person=grant.rotates) if known and known.scopes else ()
    return Standing(
        grant.connection_id,
        word,
        reason,
        rotates=grant.rotates,
        account_id=grant.account_id or journal.account_id,
        oauth_url=grant.app.oauth_url,
        plan=plan,
        granted=tuple(sorted(known.scopes.split())) if known else (),
        missing=lacking,
        age_days=grant.token_age // _DAY if grant.token_age is not None else None,
        issued_at=known.issued_at if known else None,
        rotated_at=journal.rotated_at,
        next_attempt_at=journal.next_attempt_at if word is Word.WAITING else None,
        consented_at=journal.consented_at,
        consented_by=journal.consented_by,
        caps=tuple(caps),
    )


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()
    }


def _word(grant: Grant) -> tuple[Word, str]:
    journal = grant.journal
    if grant.adopts:
        return Word.WAITING, "A refresh token was entered by hand; the next task that asks tries it."
    if grant.rotates and journal.state is State.CONSENT_REQUIRED:
        return (Word.CONSENT_REQUIRED if journal.newest else Word.NOT_CONNECTED), journal.reason
    if grant.rotates and grant.tokens is None:
        return Word.NOT_CONNECTED, ""
    if journal.state in (State.MISCONFIGURED, State.BACKING_OFF):
        return _paused(grant)
    if grant.tokens is None:
        return Word.UNUSED, ""
    return _by_age(grant)


def _paused(grant: Grant) -> tuple[Word, str]:
    journal = grant.journal
    if grant.settings_mark != journal.fingerprints.settings:
        return (
            Word.WAITING,
            "Its settings changed since the last attempt; the next task that asks tries again.",
        )
    failed = journal.state is State.MISCONFIGURED
    return (Word.MISCONFIGURED if failed else Word.WAITING), journal.reason


def _by_age(grant: Grant) -> tuple[Word, str]:
    age, reason = grant.token_age, grant.journal.reason
    if age is not None and age >= OLD_DAYS * _DAY:
        return (
            Word.OLD,
            f"Its refresh token is over {OLD_DAYS} days old; Zoom ends it after {LIFE_DAYS}. {reason}".strip(),
        )
    return Word.CONNECTED, reason
