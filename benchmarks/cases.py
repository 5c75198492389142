"""What is measured: an account, how its server behaves, who takes part."""

from dataclasses import dataclass

from benchmarks.server import Conditions
from benchmarks.tools import TOOLS, Tool


@dataclass(frozen=True)
class Case:
    """One comparison.

    `once`: tools that run in the first repetition only, because they take minutes. `again`: what is measured is a
    second run of the day, over what the first has left.
    """

    name: str
    title: str
    size: str
    conditions: Conditions
    tools: tuple[str, ...]
    repetitions: int
    once: tuple[str, ...] = ()
    again: bool = False
    full_only: bool = False

    def taking_part(self, repetition: int) -> list[Tool]:
        """The tools of a repetition (from 0), each time in another order: none is always the first."""
        names = [name for name in self.tools if repetition == 0 or name not in self.once]
        turn = repetition % len(names)
        return [TOOLS[name] for name in names[turn:] + names[:turn]]


_ALL = tuple(TOOLS)
_AT_ONCE = tuple(name for name, tool in TOOLS.items() if not tool.one_by_one)
_ONE_EACH = tuple(name for name, tool in TOOLS.items() if not tool.extract_only)
_LOADING = tuple(name for name, tool in TOOLS.items() if not tool.extracts)
_SLOW = tuple(name for name, tool in TOOLS.items() if tool.one_by_one)
_FULL = "1 M rows in 60,000 requests"

CASES = (
    Case("latency_20", "20 ms latency", "small", Conditions(), _ALL, repetitions=5, once=_SLOW),
    Case("latency_200", "200 ms latency", "small", Conditions(latency_ms=200), _AT_ONCE, repetitions=5),
    Case(
        "refused",
        "each tenth request answered 429",
        "small",
        Conditions(refuse_every=10),
        _ONE_EACH,
        repetitions=1,
    ),
    Case(
        "token_dies",
        "the access token dies after 300 requests",
        "small",
        Conditions(token_dies_after=300),
        _ALL,
        repetitions=1,
    ),
    Case(
        "again", "the second run over a final day", "small", Conditions(), _LOADING, repetitions=1, again=True
    ),
    Case(
        "limits",
        "Zoom's rate limits of a Business account",
        "small",
        Conditions(limits=True),
        _AT_ONCE,
        repetitions=1,
    ),
    Case(
        "big",
        _FULL,
        "big",
        Conditions(),
        ("ours", "bare", "ours_extract", "dlt"),
        repetitions=3,
        once=("dlt",),
        full_only=True,
    ),
)
