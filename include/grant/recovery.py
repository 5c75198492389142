"""An answer that the database does not know: adopted, or kept aside as the orphan.

It was found in the spill folder, or came when its lease was gone.

Adopted as the newest where what the database has is older (a kill before the commit, a failover that lost the last
commits, a restored backup). Where consent has been declared lost meanwhile, it is tried before anything else.
"""

import logging
import uuid
from dataclasses import dataclass, replace

from include.grant.answers import Answered, after
from include.grant.journal import Fingerprints, Grant, Journal, State, Tokens
from include.grant.spill import Kept
from include.grant.storage import Storage
from include.zoom.oauth import Kind, Outcome, TokenSet

log = logging.getLogger(__name__)


def is_news(seen: Grant, kept: Kept) -> bool:
    """Whether the database lacks this answer, and what it has is older.

    Times tell, not generations: those start again from the older number where a backup was restored.
    """
    journal = seen.journal
    ended = journal.alerted_at if journal.newest is None else None  # by a person
    others = [each.issued_at for each in (journal.newest, journal.orphan) if each and each != kept.tokens]
    newer = all(kept.tokens.issued_at > moment for moment in (*others, *filter(None, [ended])))
    return seen.rotates and newer and not journal.fingerprints.knows(kept.tokens.refresh_token)


def spent_by(journal: Journal, kept: Kept) -> Fingerprints:
    """The journal's fingerprints, knowing what was posted for an answer; a server that does not rotate spends nothing."""
    marks = journal.fingerprints
    return marks if kept.posted == mark_of(journal, kept.tokens) else marks.spend_mark(kept.posted)


def mark_of(journal: Journal, tokens: Tokens | None) -> str:
    """The fingerprint of a token set's refresh token."""
    return journal.fingerprints.of(tokens.refresh_token if tokens else None)


@dataclass(frozen=True)
class Recovery:
    """Of one grant."""

    storage: Storage

    async def run(self, kept: Kept, *, just_came: bool = False) -> bool:
        """Whether that changed anything; raises what a store raises.

        Args:
            kept: The answer.
            just_came: It is kept aside even where the database has a newer one, from a consent say.
        """
        seen = await self.storage.read()
        if is_news(seen, kept) and await self._adopted(seen, kept):
            log.warning("Grant %s goes on with an answer that the database did not know.", kept.connection_id)
            return True
        if not (just_came or is_news(seen, kept)) or _has(seen, kept):
            return False
        log.warning("An answer of Zoom is kept aside for grant %s.", kept.connection_id)
        await self.storage.keep_orphan(kept)
        return True

    async def _adopted(self, seen: Grant, kept: Kept) -> bool:
        held = await self._held_for(seen, kept)
        return held is not None and await self.storage.commit(held, _adopting(held, kept))

    async def _held_for(self, seen: Grant, kept: Kept) -> Grant | None:
        """The lease under which `kept` may become the newest: the dead attempt's own, or a new one."""
        journal = seen.journal
        if seen.adopts and mark_of(journal, seen.tokens) != kept.posted:
            return None  # a person put another token there
        if (journal.attempt_id, journal.generation) == (kept.attempt_id, kept.generation):
            return seen if journal.attempt_deadline else None
        overruled = journal.attempt_id is None and journal.consented_at is not None
        if overruled and journal.fingerprints.newest != kept.posted:
            return None  # a person consented while its token was under way, which ended it
        if journal.state is State.CONSENT_REQUIRED:
            return None  # another host has posted meanwhile, which may have ended this one too: to be tried first
        return await self.storage.lease(seen, uuid.uuid4().hex)


def _has(seen: Grant, kept: Kept) -> bool:
    """Whether the database has this answer or keeps a newer one aside."""
    orphan = seen.journal.orphan
    newer = orphan is not None and orphan.issued_at >= kept.tokens.issued_at
    return newer or seen.journal.fingerprints.knows(kept.tokens.refresh_token)


def _adopting(held: Grant, kept: Kept) -> Journal:
    tokens = kept.tokens
    life = round((tokens.expires_at - tokens.issued_at).total_seconds())
    granted = Outcome(
        Kind.GRANTED, tokens=TokenSet(tokens.access_token, tokens.refresh_token, life, tokens.scopes)
    )
    journal = after(Answered(replace(held, now=tokens.issued_at), held.tokens, granted))
    return replace(
        journal,
        generation=max(held.journal.generation, kept.generation) + 1,
        fingerprints=_without_posted(journal, kept),
    )


def _without_posted(journal: Journal, kept: Kept) -> Fingerprints:
    """A server that does not rotate leaves the posted token the newest; every other one is spent."""
    marks = journal.fingerprints
    return marks if kept.posted == marks.newest else marks.spend_mark(kept.posted)
