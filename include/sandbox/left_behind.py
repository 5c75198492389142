"""Of which meetings there is more than that they took place: questions, a survey."""

from include.sandbox.account import Account
from include.sandbox.chance import draw
from include.sandbox.meetings import Meeting

_SHARE = 0.2


def has(account: Account, meeting: Meeting, what: str) -> bool:
    """Whether a meeting has `questions` or a `survey`; a day's crowd and its strange meeting have everything."""
    if meeting.what == "alone":
        return False
    return (
        meeting.what in ("crowd", "strange")
        or draw(account.settings.seed, what, meeting.uuid).random() < _SHARE
    )
