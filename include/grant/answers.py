"""What an answer of the token endpoint makes of the journal: the table of states, as data in, data out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from include.grant.journal import Fingerprints, Grant, Journal, State, Tokens, where_to_authorise
from include.zoom.oauth import Kind, Outcome

_UNKNOWN_LIFE = timedelta(hours=1)  # what Zoom documents, where an answer says nothing usable
_AFTER_ODD_ANSWER = timedelta(seconds=60)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _JITTER = 30.0, 900.0, 0.1
_LONGEST_RETRY_AFTER_SECONDS = 86_400.0


@dataclass(frozen=True)
class Answered:
    """A post and what came of it.

    Args:
        held: The grant as read under the lease; its time is before the post.
        posted: The token set whose refresh token was posted.
        outcome: What came of it.
        chance: 0 to 1, spreads the pauses of many hosts.
        refused: What Zoom refused on the way.
    """

    held: Grant
    posted: Tokens | None
    outcome: Outcome
    chance: float = 0.0
    refused: tuple[Tokens, ...] = ()

    @property
    def journal(self) -> Journal:
        """The journal before, with the posted token as its newest: a person has brought it, or it was the orphan."""
        journal, posted = self.held.journal, self.posted
        if posted is None or posted.refresh_token is None or posted == journal.newest:
            return journal
        lost = journal.state is State.CONSENT_REQUIRED  # the newest has been refused already
        newest = journal.newest
        if posted == journal.orphan and not lost and newest and newest.issued_at > posted.issued_at:
            return journal
        marks = journal.fingerprints
        if lost and newest:
            marks = marks.spend(newest.refresh_token)
        marks = replace(
            marks, newest=marks.of(posted.refresh_token), client=marks.of(self.held.app.client_id)
        )
        displaced = journal.orphan if lost else newest
        orphan = displaced if displaced != posted else None
        return replace(journal, newest=posted, previous=newest, orphan=orphan, fingerprints=marks)


def after(answered: Answered) -> Journal:
    """The journal once an answer, or its lack, is known; the generation grows with each."""
    held = answered.held
    journal = _ANSWERS[answered.outcome.kind](answered)
    marks = replace(journal.fingerprints, settings=held.settings_mark)
    for tokens in answered.refused:
        if marks.of(tokens.refresh_token) != marks.newest:  # whoever has it still, need not bring it again
            marks = marks.spend(tokens.refresh_token)
    return replace(journal, generation=held.journal.generation + 1, attempt_deadline=None, fingerprints=marks)


def consented(seen: Grant, outcome: Outcome, *, account_id: str | None, by: str) -> Journal:
    """The journal after a person authorised anew; whatever refresh is under way loses its lease."""
    return replace(
        after(Answered(seen, seen.tokens, outcome)),
        attempt_id=None,
        account_id=account_id or seen.account_id,
        consented_at=seen.now,
        consented_by=by,
    )


def disconnected(held: Grant) -> Journal:
    """The journal after a person ended the grant: nobody is alerted, nothing is left to post."""
    marks = held.journal.fingerprints
    for tokens in (held.journal.newest, held.journal.orphan, held.tokens):
        marks = marks.spend(tokens.refresh_token if tokens else None)
    return replace(
        held.journal,
        generation=held.journal.generation + 1,
        state=State.CONSENT_REQUIRED,
        reason=f"Connection {held.connection_id} was disconnected: connect it again when it is wanted.",
        attempt_deadline=None,
        failures=0,
        next_attempt_at=None,
        newest=None,
        previous=None,
        orphan=None,
        alerted_at=held.now,
        fingerprints=replace(marks, newest=None),
    )


def _granted(answered: Answered) -> Journal:
    held, posted, journal = answered.held, answered.posted, answered.journal
    newest, odd = _tokens(held, posted, answered.outcome)
    return replace(
        journal,
        state=State.READY,
        reason=odd,
        failures=0,
        next_attempt_at=held.now + _AFTER_ODD_ANSWER if odd else None,
        newest=newest,
        previous=posted,
        orphan=None,
        account_id=held.account_id or journal.account_id,
        rotated_at=held.now,
        alerted_at=None,
        fingerprints=_renewed(answered, newest),
    )


def _renewed(answered: Answered, newest: Tokens) -> Fingerprints:
    marks = answered.journal.fingerprints
    before = answered.held.journal
    for old in (before.newest, before.orphan, answered.journal.newest, answered.posted):
        if old and old.refresh_token != newest.refresh_token:
            marks = marks.spend(old.refresh_token)
    mark = marks.of(newest.refresh_token) if newest.refresh_token else None
    return replace(marks, newest=mark, client=marks.of(answered.held.app.client_id))


def _tokens(held: Grant, posted: Tokens | None, outcome: Outcome) -> tuple[Tokens, str]:
    """The new token set, and what was odd about the answer."""
    new = outcome.tokens
    if new is None:
        message = "an outcome that is granted has tokens"
        raise ValueError(message)
    life = timedelta(seconds=new.expires_in_seconds) if new.expires_in_seconds else _UNKNOWN_LIFE
    odd = "" if new.expires_in_seconds else "Zoom's answer did not say how long its access token lives."
    if new.access_token is None:
        odd = "Zoom's answer had a refresh token, which is kept, but no access token."
    kept = new.refresh_token or (posted.refresh_token if posted else None)
    return Tokens(new.access_token, kept, held.now, held.now + life, new.scopes), odd


def _dead(answered: Answered) -> Journal:
    if not answered.held.rotates:
        return _misconfigured(answered)
    connection_id = answered.held.connection_id
    reason = (
        f"Zoom refused the refresh token of Connection {connection_id} ({answered.outcome.reason}): authorise the app "
        f"again {where_to_authorise(connection_id)}."
    )
    return replace(
        answered.journal, state=State.CONSENT_REQUIRED, reason=reason, next_attempt_at=None, orphan=None
    )


def _misconfigured(answered: Answered) -> Journal:
    reason = (
        f"Zoom refused the app of Connection {answered.held.connection_id} ({answered.outcome.reason}): check client id, client "
        "secret, grant type and account id. The grant itself is intact."
    )
    return _pausing(answered, State.MISCONFIGURED, reason, 0.0)


def _later(answered: Answered) -> Journal:
    reason = f"No access token for Connection {answered.held.connection_id} ({answered.outcome.reason}); trying again after a pause."
    return _pausing(answered, State.BACKING_OFF, reason, answered.outcome.retry_after_seconds or 0.0)


def _pausing(answered: Answered, state: State, reason: str, retry_after_seconds: float) -> Journal:
    journal = answered.journal
    seconds = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(journal.failures, 10))
    seconds *= 1 + _JITTER * answered.chance
    asked = min(retry_after_seconds, _LONGEST_RETRY_AFTER_SECONDS)
    until = answered.held.now + timedelta(seconds=max(seconds, asked))
    return replace(journal, state=state, reason=reason, failures=journal.failures + 1, next_attempt_at=until)


_ANSWERS: dict[Kind, Callable[[Answered], Journal]] = {
    Kind.GRANTED: _granted,
    Kind.DEAD: _dead,
    Kind.MISCONFIGURED: _misconfigured,
    Kind.NOT_SENT: _later,
    Kind.LATER: _later,
    Kind.AMBIGUOUS: _later,
}
