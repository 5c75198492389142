"""`python -m include.flow plan`: what a backfill will ask of Zoom, and how long it takes, before anything is asked."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.sdk import conf
from rich.console import Console
from rich.table import Column, Table

from include.flow.days import written
from include.flow.forecast import Forecast, forecast, spell
from include.flow.run import sources
from include.grant.hook import ZoomHook
from include.warehouse.connect import warehouse
from include.warehouse.counted import counted
from include.warehouse.errors import WarehouseError
from include.zoom.catalog import settled_sources, streams
from include.zoom.choice import choose, words_of
from include.zoom.errors import PermanentError, ZoomError
from include.zoom.preflight import PLANS, preflight
from include.zoom.sizes import Given, Size, sizes
from include.zoom.stream import Kind, Label, Stream

_DAY = timedelta(days=1)


def add_plan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    ahead = commands.add_parser("plan", help="tell what a backfill asks of Zoom, and how long it takes")
    for name, to, which in (
        ("--from", "first", "first day, as 2026-01-31"),
        ("--to", "last", "last day, included"),
    ):
        ahead.add_argument(name, dest=to, type=date.fromisoformat, required=True, help=which)
    ahead.add_argument("--streams", nargs="+", default=[], help="as in a run; default: [zoom] streams")
    ahead.add_argument("--one-run", action="store_true", help="a manual run over all days, no backfill")
    ahead.add_argument("--plan", choices=PLANS, help="Zoom's; default: the Connection's")
    ahead.add_argument("--conn", default="zoom_default", help="Connection; default: zoom_default")
    ahead.add_argument("--warehouse", default="zoom_warehouse", help="Connection; default: zoom_warehouse")
    ahead.add_argument("--schema", default="zoom", help="the warehouse's schema; default: zoom")
    ahead.add_argument("--users", type=float, help="how many there are; default: as counted")
    ahead.add_argument("--meetings-per-day", type=float, help="on a working day; default: as counted")
    ahead.add_argument("--participants-per-meeting", type=float, help="seats; default: as counted")
    ahead.add_argument("--json", action="store_true", help="for programs")


def plan(arguments: argparse.Namespace) -> int:
    """Prints the forecast."""
    told = _Told.of(arguments, today=datetime.now(UTC).date())
    if arguments.json:
        print(json.dumps(told.as_json(), indent=2))  # noqa: T201 - a command speaks to its terminal
    else:
        told.print(Console())
    return 0


@dataclass(frozen=True)
class _Told:
    forecast: Forecast
    streams: Mapping[str, Stream]
    left_out: Mapping[str, str]
    heading: str
    plan_from: str

    @classmethod
    def of(cls, arguments: argparse.Namespace, *, today: date) -> "_Told":
        """Of what the arguments ask.

        Raises:
            PermanentError: the days are reversed, or a stream's name is none.
        """
        if arguments.last < arguments.first:
            raise PermanentError(f"--from {arguments.first} is after --to {arguments.last}. Swap them.")
        days = tuple(arguments.first + _DAY * n for n in range((arguments.last - arguments.first).days + 1))
        catalogue = streams(settled_sources(sources(), granted=""))
        zoom_plan, plan_from = _plan(arguments)
        choice = choose(arguments.streams or words_of(conf.get("zoom", "streams")), catalogue)
        ready = preflight(choice, catalogue, plan=zoom_plan, granted="")
        made = forecast(
            dict.fromkeys(ready.streams, days),
            catalogue,
            sizes(catalogue, _counted(arguments, catalogue, today), _given(arguments)),
            plan=zoom_plan,
            today=today,
            backfill=not arguments.one_run,
        )
        kind = "One run over" if arguments.one_run else "A backfill of"
        return cls(made, catalogue, ready.skipped, f"{kind} {written(days)}", plan_from)

    def print(self, console: Console) -> None:
        """For people."""
        console.print(f"{self.heading}; plan {self.forecast.plan} ({self.plan_from})")
        console.print(self._by_label())
        console.print(f"[bold]{self.forecast.lines()[-1]}[/bold]")
        console.print(self._by_stream())
        for days, names in _together(self.forecast).items():
            console.print(f"Not to be had any more, {days}: {names}")
        for name, reason in self.left_out.items():
            console.print(f"Left out, {name}: {reason}")

    def _by_label(self) -> Table:
        table = Table("label", "requests", "time at the plan's rate")
        for label, number in self.forecast.requests.items():
            table.add_row(label, f"{number:,}", spell(self.forecast.duration.hours[label]))
        return table

    def _by_stream(self) -> Table:
        table = Table(Column("stream", no_wrap=True), "requests", "records", "asked of", "known from")
        for cost in sorted(self.forecast.costs, key=lambda cost: -sum(cost.requests.values())):
            size, stream = self.forecast.sizes[cost.stream], self.streams[cost.stream]
            asked = f"{size.asked:.1%} of {stream.parent.stream}" if stream.parent else ""
            table.add_row(
                cost.stream, f"{sum(cost.requests.values()):,}", _records(stream, size), asked, size.source
            )
        return table

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        took = self.forecast.duration
        return {
            "plan": self.forecast.plan,
            "plan_from": self.plan_from,
            "requests": {label.value: number for label, number in self.forecast.requests.items()},
            "hours_at_rate": {label.value: round(hours, 3) for label, hours in took.hours.items()},
            "days_of_caps": {name: round(part, 4) for name, part in took.caps.items()},
            "share_of_caps": took.share,
            "days": took.days,
            "hours": round(took.total_hours, 3),
            "binds": took.binds,
            "streams": [self._stream(cost.stream, cost.requests, cost.lost) for cost in self.forecast.costs],
            "left_out": dict(self.left_out),
        }

    def _stream(self, name: str, requests: Mapping[Label, int], lost: tuple[date, ...]) -> dict[str, Any]:
        size = self.forecast.sizes[name]
        return {
            "stream": name,
            "requests": sum(requests.values()),
            "records": size.a_day(),
            "asked": size.asked,
            "known_from": size.source,
            "lost": [str(day) for day in lost],
        }


def _records(stream: Stream, size: Size) -> str:
    if not any(size.weekdays):
        return ""
    return f"{size.a_day():,.0f}" + (" a working day" if stream.kind is Kind.INTERVAL else "")


def _together(made: Forecast) -> dict[str, str]:
    """The streams by the days that are lost to them."""
    found: dict[str, list[str]] = {}
    for cost in made.costs:
        if cost.lost:
            found.setdefault(written(cost.lost), []).append(cost.stream)
    return {days: ", ".join(names) for days, names in found.items()}


def _given(arguments: argparse.Namespace) -> Given:
    return Given(arguments.users, arguments.meetings_per_day, arguments.participants_per_meeting)


def _plan(arguments: argparse.Namespace) -> tuple[str, str]:
    """The account's plan, and who says so."""
    if arguments.plan:
        return arguments.plan, "--plan"
    try:
        return ZoomHook(arguments.conn).plan, f"Connection {arguments.conn}"
    except ZoomError as error:
        print(f"{error} Say --plan to plan without it.", file=sys.stderr)  # noqa: T201
        raise


def _counted(arguments: argparse.Namespace, catalogue: Mapping[str, Stream], today: date) -> dict[str, Size]:
    try:
        return counted(warehouse(arguments.warehouse, schema=arguments.schema), catalogue, today=today)
    except WarehouseError as error:
        print(f"Nothing is counted, so all is given or assumed: {error}", file=sys.stderr)  # noqa: T201
        return {}
