"""What an endpoint of the simulated API is, and what the truth of a table is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from include.sandbox.account import Account, Asked

Row = dict[str, Any]
Endpoint = Callable[[Account, Asked], Row]
Truth = Mapping[str, Callable[[Account, date, str], Iterator[Row]]]
"""By table: its true rows of a day (of a snapshot, now), from the account, the day and the list that
tells them, where several can: `past` or `report` (participants), `account` (recordings).

Rows are records as Zoom gives them, items with their parents' and roots' columns by the names of the warehouse.
"""


@dataclass(frozen=True)
class Route:
    """One endpoint; any one of `scopes` opens it, the first is granted unless the sandbox is told otherwise.

    `paid`: how it refuses a free account, if it does. `business`: it is there from the plan Business on.
    `needs`: the licence or add-on whose lack it refuses (the sandbox's `without`).
    """

    template: str
    label: str
    scopes: tuple[str, ...]
    endpoint: Endpoint
    paid: str = ""
    business: bool = False
    needs: str = ""
