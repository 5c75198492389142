"""What the pipeline costs by the size of the account and Zoom's plan, and how far that is true.

    python -m benchmarks.model [--seconds 60]

The figures come from the same functions as `python -m include.flow plan`, for an account of which nothing but its
users is known (`include/zoom/sizes.py` has the assumptions). They are checked in two ways against a sandbox of 1,000
users in a process of its own, over HTTP: the requests of a day, counted there, against those foretold from the
sandbox's own numbers; and the time of as many requests as fit into `--seconds` at the limits of Pro and Business.
Results go to `benchmarks/results/model.json` and into the tables of docs/scaling.md; `python -m benchmarks.model_plot` draws them.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.model_check import checked
from benchmarks.model_tables import write_tables
from include.zoom.catalog import streams
from include.zoom.choice import choose
from include.zoom.duration import Duration, duration
from include.zoom.estimate import Cost, by_label, cost
from include.zoom.limits import PER_DAY, PER_SECOND, group
from include.zoom.preflight import PLANS, preflight
from include.zoom.sizes import Given, Size, sizes
from include.zoom.stream import Stream

RESULT = Path(__file__).parent / "results" / "model.json"
USERS = (1_000, 10_000, 100_000, 1_000_000)
TODAY = date(2026, 11, 12)  # a Thursday: its run takes Wednesday, and Monday for the last time
DAY = timedelta(days=1)
DAILY = (TODAY - 3 * DAY, TODAY - DAY)
YEAR = tuple(TODAY - DAY * back for back in range(365, 0, -1))
BACKFILL_SHARE = 0.7
CHOICES = {
    "default": (["default"], "users"),
    "default, recordings by account": (["default"], "account"),
    "all": (["all"], "users"),
}
"""Words as in a run, and `[zoom] recordings_source`."""


def main() -> None:
    """Computes, checks, prints and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each timed check takes at most")
    seconds = parser.parse_args().seconds
    rows = [
        row for choice in CHOICES for plan in PLANS for users in USERS for row in _rows(choice, plan, users)
    ]
    result = {
        "today": str(TODAY),
        "assumed": _assumed(),
        "limits": _limits(),
        "rows": rows,
        "dearest": _dearest(),
        "checks": asyncio.run(checked(seconds)),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    write_tables(result)
    for row in rows:
        _tell(row)
    for check in result["checks"]:
        print(check)


def _rows(choice: str, plan: str, users: int) -> list[dict[str, Any]]:
    """A daily run and a year's backfill."""
    return [
        _row(choice, plan, users, "daily", DAILY, share=1.0),
        _row(choice, plan, users, "year", YEAR, share=BACKFILL_SHARE),
    ]


def _row(
    choice: str, plan: str, users: int, what: str, days: tuple[date, ...], *, share: float
) -> dict[str, Any]:
    costs, left_out = _costs(choice, plan, users, days, backfill=what == "year")
    requests = by_label(costs)
    took = duration(requests, plan=plan, share=share)
    return {
        "streams": choice,
        "plan": plan,
        "users": users,
        "what": what,
        "requests": {label.value: number for label, number in requests.items()},
        "left_out": left_out,
        "days_had": {each.stream: len(days) - len(each.lost) for each in costs if each.lost},
        **_took(took),
    }


def _costs(
    choice: str, plan: str, users: int, days: tuple[date, ...], *, backfill: bool
) -> tuple[list[Cost], int]:
    words, recordings_by = CHOICES[choice]
    catalogue = streams({"recordings_source": recordings_by})
    ready = preflight(choose(words, catalogue), catalogue, plan=plan, granted="")
    known = _known(catalogue, users)
    found = [cost(catalogue[name], days, known, today=TODAY, backfill=backfill) for name in ready.streams]
    return found, len(ready.skipped)


def _known(catalogue: Mapping[str, Stream], users: int) -> dict[str, Size]:
    return sizes(catalogue, {}, Given(users=users))


def _took(took: Duration) -> dict[str, Any]:
    return {
        "hours": round(took.total_hours, 3),
        "hours_at_rate": round(took.longest_hours, 3),
        "days_of_caps": {name: round(part, 3) for name, part in took.caps.items()},
        "days": took.days,
        "binds": took.binds,
    }


def _assumed() -> dict[str, float]:
    """Records of a working day, or of a snapshot, by stream; of 1,000 users."""
    return {name: round(size.a_day(), 1) for name, size in _known(streams(), USERS[0]).items()}


def _limits() -> dict[str, Any]:
    return {
        plan: {
            "per_second": {label.value: rate for label, rate in PER_SECOND[plan].items()},
            "per_day": {group(labels): cap for labels, cap in PER_DAY[plan].items()},
        }
        for plan in PLANS
    }


def _dearest() -> list[dict[str, Any]]:
    """What each stream of a daily run costs 100,000 users on Business, the dearest first."""
    costs, _ = _costs("all", "business", 100_000, DAILY, backfill=False)
    told = [
        {
            "stream": each.stream,
            "requests": sum(each.requests.values()),
            "label": min(each.requests, default=""),
        }
        for each in costs
    ]
    return sorted(told, key=lambda row: -int(str(row["requests"])))[:20]


def _tell(row: dict[str, Any]) -> None:
    total = sum(row["requests"].values())
    print(
        f"{row['streams']:32} {row['plan']:9} {row['users']:>9,} {row['what']:5} {total:>12,} requests "
        f"{row['hours']:>10,.2f} h {row['days']:>6,} days; {row['binds']}"
    )


if __name__ == "__main__":
    main()
