"""The simulated account: its data, its clock and its pages, as the endpoints need them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.sandbox.answers import invalid_page_token
from include.sandbox.clock import Clock
from include.sandbox.meetings import Meetings
from include.sandbox.paging import InvalidPageTokenError, Page, Pager, Row, Walk, counted, over, page_size
from include.sandbox.people import People
from include.sandbox.recordings import Recordings
from include.sandbox.settings import Settings


@dataclass(frozen=True)
class Asked:
    """One request to the API: its path's template, the values in it, its parameters."""

    template: str
    values: dict[str, str]
    parameters: dict[str, str]
    by_a_person: bool = True
    account_id: str = ""

    @property
    def listing(self) -> str:
        """What a page token is good for: this list with these parameters."""
        kept = {name: value for name, value in self.parameters.items() if name != "next_page_token"}
        return repr((self.template, sorted(self.values.items()), sorted(kept.items())))


class Account:
    """What the endpoints answer from."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.people = People(
            settings.seed, settings.account, settings.users, guests=settings.guests, plain=settings.plain
        )
        self.meetings = Meetings(self.people)
        self.recordings = Recordings(self.people, self.meetings)
        self._pager = Pager(settings.seed, clock.seconds, settings.repeat_percent)

    def now(self) -> datetime:
        """The simulated time."""
        return self.clock.now()

    def page(self, asked: Asked, walk: Walk, largest: int = 300) -> Page:
        """One page of a list."""
        size = page_size(asked.parameters, largest)
        token = asked.parameters.get("next_page_token", "")
        try:
            return self._pager.page(walk, size=size, token=token, listing=asked.listing)
        except InvalidPageTokenError as error:
            raise invalid_page_token() from error

    def numbered_page(self, asked: Asked, key: str, found: Sequence[Any], row: Callable[[Any], Row]) -> Row:
        """The answer of a list that counts itself, and says page 1 of every page."""
        page = self.page(asked, over(found, row))
        return counted(len(found), page_size(asked.parameters, 300)) | {
            "page_number": 1,
            "next_page_token": page.token,
            key: page.rows,
        }
