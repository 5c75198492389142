"""Runs the tools side by side and keeps what each run cost: `make bench`.

    python -m benchmarks.run [--cases latency_20 refused] [--tools ours dlt] [--repetitions 5] [--full]

Each repetition runs every tool once, one after another, each time in another order. Results go to
`benchmarks/results/<case>.json`; `python -m benchmarks.report` makes docs/benchmarks.md of them.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, Case
from benchmarks.house import Account, House, Outcome, machine, programs_of
from benchmarks.server import Conditions
from benchmarks.tools import TOOLS, Tool

RESULTS = Path(__file__).parent / "results"


def run(case: Case, house: House, account: Account) -> dict[str, list[Outcome]]:
    """Every repetition of a case, by tool."""
    found: dict[str, list[Outcome]] = {}
    for repetition in range(case.repetitions):
        for tool in case.taking_part(repetition):
            outcome = _once(case, tool, house, account)
            found.setdefault(tool.name, []).append(outcome)
            print(f"{case.name} {repetition + 1}/{case.repetitions} {tool.name}: {told(outcome)}", flush=True)
    return found


def _once(case: Case, tool: Tool, house: House, account: Account) -> Outcome:
    house.fresh(tool)
    if case.again:
        house.run(tool, account, case.conditions)
    return house.run(tool, account, case.conditions)


def told(outcome: Outcome) -> str:
    """An outcome in a line."""
    wrong = sum(table["missing"] + table["surplus"] for table in outcome.rows.values())
    return (
        f"{outcome.seconds:.2f} s, {outcome.cpu_seconds:.2f} CPU s, {outcome.peak_megabytes:.0f} MB, "
        f"{outcome.requests} requests, {wrong} rows wrong {outcome.broke}"
    )


def warm(case: Case, house: House, account: Account) -> None:
    """Runs that do not count: the server remembers its answers, bytecode and files are read."""
    for tool in [TOOLS[name] for name in case.warmed_by or case.tools]:
        house.fresh(tool)
        house.run(tool, account, Conditions(latency_ms=0))


def versions(tools: list[Tool]) -> dict[str, str]:
    """What each tool's environment has of what it is named after."""
    found = {}
    for tool in tools:
        if tool.package:
            program = str(programs_of(tool) / "python")
            asked = f"import importlib.metadata as m; print(m.version({tool.package!r}))"
            said = subprocess.run([program, "-c", asked], capture_output=True, text=True, check=True)  # noqa: S603 - ours
            found[tool.package] = said.stdout.strip()
    return found


def write(case: Case, outcomes: dict[str, list[Outcome]]) -> Path:
    """Keeps a case's outcomes."""
    told: dict[str, Any] = {
        "case": case.name,
        "title": case.title,
        "size": case.size,
        "conditions": asdict(case.conditions),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "versions": versions([TOOLS[name] for name in outcomes]),
        "runs": {name: [asdict(outcome) for outcome in each] for name, each in outcomes.items()},
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{case.name}.json"
    path.write_text(json.dumps(told, indent=1) + "\n")
    return path


@contextmanager
def _account(size: str) -> Iterator[Account]:
    account = Account(size)
    try:
        yield account
    finally:
        account.stop()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=[case.name for case in CASES])
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS))
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--full", action="store_true", help="the account with a million rows, too")
    asked = parser.parse_args()
    chosen = [case for case in CASES if _is_chosen(case, asked.cases, full=asked.full)]
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        House.opened(Path(folder)) as house,
    ):
        for size in dict.fromkeys(case.size for case in chosen):
            with _account(size) as account:
                of_size = [
                    narrowed(case, asked.tools, asked.repetitions) for case in chosen if case.size == size
                ]
                warm(max(of_size, key=lambda case: len(case.tools)), house, account)
                for case in of_size:
                    print(write(case, run(case, house, account)))


def _is_chosen(case: Case, names: list[str] | None, *, full: bool) -> bool:
    return case.name in names if names else full or not case.full_only


def narrowed(case: Case, tools: list[str] | None, repetitions: int | None) -> Case:
    """The case with some of its tools, or another number of repetitions."""
    kept = tuple(name for name in case.tools if not tools or name in tools)
    return replace(case, tools=kept, repetitions=repetitions or case.repetitions)


if __name__ == "__main__":
    main()
