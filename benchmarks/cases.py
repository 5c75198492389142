"""What is measured: an account, how its server behaves, who takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.server import Conditions
from benchmarks.tools import TOOLS, Tool


@dataclass(frozen=True)
class Case:
    """One comparison.

    `at_most`: how many repetitions a tool takes part in that takes minutes. `again`: what is measured is a second run
    of the day, over what the first has left. `warmed_by`: the tools whose runs fill the server's memory; all where none
    is named.
    """

    name: str
    title: str
    size: str
    conditions: Conditions
    tools: tuple[str, ...]
    repetitions: int
    at_most: Mapping[str, int] = field(default_factory=dict)
    warmed_by: tuple[str, ...] = ()
    again: bool = False
    full_only: bool = False

    def taking_part(self, repetition: int) -> list[Tool]:
        """The tools of a repetition (from 0), each time in another order: none is always the first."""
        names = [name for name in self.tools if repetition < self.at_most.get(name, self.repetitions)]
        turn = repetition % len(names)
        return [TOOLS[name] for name in names[turn:] + names[:turn]]


_ALL = tuple(TOOLS)
_WITHOUT_64 = tuple(name for name in TOOLS if name != "bare_64")
_AT_ONCE = tuple(name for name, tool in TOOLS.items() if not tool.one_by_one)
_ONE_EACH = tuple(name for name, tool in TOOLS.items() if not tool.extract_only)
_LOADING = tuple(name for name, tool in TOOLS.items() if not tool.extracts)
_ONCE = dict.fromkeys((name for name, tool in TOOLS.items() if tool.one_by_one), 1)

CASES = (
    Case("latency_20", "20 ms latency", "small", Conditions(), _ALL, repetitions=5, at_most=_ONCE),
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
        _WITHOUT_64,
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
        # A loop without a pace ends at its first refusal, with 20 in flight as with 64.
        tuple(name for name in _AT_ONCE if name != "bare_64"),
        repetitions=1,
    ),
    Case(
        "big",
        "1 M rows in 60,000 requests",
        "big",
        Conditions(),
        ("ours", "bare", "bare_64", "ours_extract", "dlt"),
        repetitions=3,
        at_most={"dlt": 2},
        # They ask for the lists in different ways, and all others ask as one of them does.
        warmed_by=("ours_extract", "bare_64"),
        full_only=True,
    ),
)
