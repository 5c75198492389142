"""Parents that had nothing to give: which of them count, and when it is the whole list that cannot be had."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from include.zoom.checks import allowed_skips
from include.zoom.errors import NotEntitled, TooManySkipped, Unavailable, UnexpectedAnswer, ZoomError
from include.zoom.pages import ParentKey
from include.zoom.stream import Listing, Stream

_MAY_NOT_HOST, _REFUSED = 3161, 300
# A status 404 without a code of Zoom's: nothing stands at this one item's address.
_NOT_THERE = 404
# So many parents that are not entitled say that the account is not, where no other has answered.
_ENOUGH = 10


@dataclass(frozen=True)
class Skipped:
    """A parent that had nothing to give, and why."""

    parent: Mapping[str, str]
    reason: str


class Gaps:
    """Takes the errors of one pull's parents, and raises those that end it."""

    def __init__(self, stream: Stream, *, parents: int) -> None:
        self.absent = 0
        self.skipped: list[Skipped] = []
        self.answered = False
        self._stream, self._parents = stream, parents
        self._not_entitled: NotEntitled | None = None
        self._refused: list[ZoomError] = []

    def take(self, listing: Listing, parent: ParentKey | None, error: ZoomError) -> bool:
        """Goes on where only this parent has nothing to give; whether it has none of what the list is of.

        Raises:
            NotEntitled: the account lacks the list.
            TooManySkipped: too many parents had nothing to give.
            ZoomError: the error, where it is none of one parent's.
        """
        if error.code is not None and error.code in listing.absent:
            self._take_absent(error)
            return parent is not None
        if parent is None or listing.confirms:
            raise _of_the_account(error) from error
        if isinstance(error, Unavailable) and parent.may_lack:
            self.absent += 1
            self.answered = True
        elif isinstance(error, Unavailable | NotEntitled) or error.code == _NOT_THERE:
            self._skip(parent, error)
        else:
            raise error
        return False

    def close(self) -> None:
        """Raises what every parent answered, where that tells of the account or of the request."""
        if self.answered:
            return
        if self._not_entitled is not None:
            raise self._not_entitled
        if len(self._refused) > allowed_skips(self._parents):
            raise UnexpectedAnswer(
                f"{self._refused[0]} All {len(self._refused)} were answered so: it is the request that is refused. "
                "Nothing of it is loaded."
            ) from self._refused[0]

    def _take_absent(self, error: ZoomError) -> None:
        self.absent += 1
        if isinstance(error, NotEntitled):
            self._not_entitled = error
        elif error.code == _REFUSED:
            self._refused.append(error)
        else:
            self.answered = True

    def _skip(self, parent: ParentKey, error: ZoomError) -> None:
        self.skipped.append(Skipped(parent.keys, str(error)))
        if isinstance(error, NotEntitled):
            self._not_entitled = error
            if not self.answered and len(self.skipped) > _ENOUGH:
                raise error
        if len(self.skipped) > (allowed := allowed_skips(self._parents)):
            reasons = Counter(skipped.reason.split(" (tracking")[0] for skipped in self.skipped)
            raise TooManySkipped(
                f"{self._stream.name}: more than {allowed} of {self._parents} parents had nothing to give "
                f"({'; '.join(f'{count} times {reason}' for reason, count in reasons.most_common(3))}). "
                "Nothing of it is loaded; see what these have in common."
            ) from error


def _of_the_account(error: ZoomError) -> ZoomError:
    """What an error means that no parent can be skipped for."""
    if error.code == _MAY_NOT_HOST:
        return NotEntitled(f"{error} The app's owner may not host, and Zoom does not give him this list.")
    if isinstance(error, Unavailable):
        return UnexpectedAnswer(f"{error} It is no list of one item, so nothing can be skipped.")
    return error
