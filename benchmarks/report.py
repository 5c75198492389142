"""Puts the figures of `benchmarks/results` into docs/benchmarks.md: `python -m benchmarks.report`."""

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES
from benchmarks.run import RESULTS
from benchmarks.sections import SECTIONS, table
from benchmarks.tools import TOOLS, Tool

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: made by `python -m benchmarks.report` -->", "<!-- end of figures -->"
_HEADS = (
    "Tool",
    "Seconds",
    "from the first request",
    "CPU seconds",
    "PostgreSQL's CPU",
    "Peak MB",
    "Requests",
    "429",
    "Token posts",
    "Rows wrong",
    "Broke",
)
_SLOWER_MS, _FASTER_MS = 200, 20
Run = Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """Several figures as one: the median, and the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of at least one."""
        found = list(values)
        return cls(statistics.median(found), min(found), max(found))

    def told(self, digits: int = 1) -> str:
        """As a table has it."""
        if self.least == self.most:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f} to {self.most:,.{digits}f})"


def spread(runs: Sequence[Run], figure: str) -> Spread:
    """A figure of all runs."""
    return Spread.of(run[figure] for run in runs)


def row(tool: Tool, runs: Sequence[Run]) -> list[str]:
    """A tool's line in a case's table."""
    return [
        tool.label,
        spread(runs, "seconds").told(),
        spread(runs, "seconds_from_first_request").told(),
        spread(runs, "cpu_seconds").told(),
        "" if tool.extracts else spread(runs, "postgres_cpu_seconds").told(),
        spread(runs, "peak_megabytes").told(0),
        spread(runs, "requests").told(0),
        spread(runs, "refused").told(0),
        spread(runs, "token_posts").told(0),
        "see above" if tool.extract_only else wrong(runs),
        broke(runs),
    ]


def wrong(runs: Sequence[Run]) -> str:
    """The most rows that a run had wrong, by how."""
    sums = [
        tuple(sum(table[how] for table in run["rows"].values()) for how in ("missing", "surplus"))
        for run in runs
    ]
    missing, surplus = max(sums, key=sum)
    told = [f"{n:,} {how}" for n, how in ((missing, "missing"), (surplus, "surplus")) if n]
    return ", ".join(told) or "none"


def broke(runs: Sequence[Run]) -> str:
    """How many runs failed, and with which error."""
    failed = [run for run in runs if run["exit_code"]]
    if not failed:
        return ""
    said = error_name(failed[-1]["broke"])
    return f"{len(failed)} of {len(runs)}: `{said}`"


def error_name(text: str) -> str:
    """The class of an error in a message's first words."""
    words = text.replace("<class '", "").replace("'>", "").split(":")[0].split()
    return words[-1].rsplit(".", 1)[-1] if words else "no word"


def computed(tool: Tool, seconds: float, from_first_request: float) -> list[str]:
    """The line of a tool that was not run in a case."""
    told = [f"about {each:,.0f}, computed" for each in (seconds, from_first_request)]
    return [tool.label, *told, *[""] * (len(_HEADS) - 3)]


def slower(tool: Tool, runs: Sequence[Run]) -> list[str]:
    """With more latency, of what asks one thing after another: each request waits so much longer."""
    longer = spread(runs, "requests").median * (_SLOWER_MS - _FASTER_MS) / 1000
    return computed(tool, *(spread(runs, name).median + longer for name in _TIMES))


def larger(tool: Tool, runs: Sequence[Run], growth: float) -> list[str]:
    """With so many times as many requests, each of which takes as long as in the small account."""
    whole, asking = (spread(runs, name).median for name in _TIMES)
    return computed(tool, whole - asking + asking * growth, asking * growth)


def not_run(result: Run, results: Mapping[str, Run]) -> list[list[str]]:
    """The lines that can be computed from the small account with little latency."""
    there, runs = results.get("latency_20", {}).get("runs", {}), result["runs"]
    fit = {name: there[name] for name in TOOLS if name in there and name not in runs}
    fit = {name: each for name, each in fit.items() if not broke(each)}
    if result["case"] == "latency_200":
        return [slower(TOOLS[name], each) for name, each in fit.items() if TOOLS[name].one_by_one]
    if result["case"] == "big" and "bare" in there and "bare" in runs:
        growth = spread(runs["bare"], "requests").median / spread(there["bare"], "requests").median
        return [larger(TOOLS[name], each, growth) for name, each in fit.items()]
    return []


_TIMES = ("seconds", "seconds_from_first_request")


def section(result: Run, results: Mapping[str, Run]) -> str:
    """A case's heading, plot and table."""
    runs = result["runs"]
    rows = [row(TOOLS[name], runs[name]) for name in TOOLS if name in runs]
    rows += not_run(result, results)
    title = f"### {result['title'][0].upper()}{result['title'][1:]}"
    return f"{title}\n\n![{described(result)}](benchmarks-{result['case']}.svg)\n\n{table(_HEADS, rows)}\n"


def described(result: Run) -> str:
    """What a case's plot shows, for who does not see it."""
    runs = result["runs"]
    each = ", ".join(
        f"{TOOLS[name].label} {spread(runs[name], _TIMES[1]).median:,.1f}" for name in TOOLS if name in runs
    )
    return f"{result['title']}, seconds from the first request: {each}"


def ratios(result: Run) -> str:
    """How far this project is from the best peer that lost no row, and its pull from the bare loops."""
    runs = result["runs"]
    lines = []
    if "ours" in runs:
        peers = [
            name for name, tool in TOOLS.items() if not tool.extracts and name != "ours" and name in runs
        ]
        fit = [name for name in peers if "missing" not in wrong(runs[name]) and not broke(runs[name])]
        lines += [_ratio(runs, fit, figure, what) for figure, what in _RATIOS if fit]
    figure = "seconds_from_first_request"
    for bare in ("bare", "bare_64"):
        if "ours_extract" in runs and bare in runs and not broke(runs[bare]):
            times = spread(runs["ours_extract"], figure).median / spread(runs[bare], figure).median
            lines.append(
                f"pull from the first request: {times:.2f} times what the {TOOLS[bare].label}, takes"
            )
    lines += [_busy(runs)] if runs else []
    return "\n".join(f"- {line}" for line in lines)


_RATIOS = (
    ("seconds", "whole process: {1} takes {0:.1f} times as long as this project"),
    ("seconds_from_first_request", "from the first request: {1} takes {0:.1f} times as long"),
    ("cpu_seconds", "CPU: {1} spends {0:.1f} times as much"),
)


def _busy(runs: Mapping[str, Sequence[Run]]) -> str:
    """How near the simulated account's own server was to being what is measured."""
    most = max(run["server_cpu_seconds"] / run["seconds"] for each in runs.values() for run in each)
    return f"the server of the simulated account was busy for {100 * most:.0f} % of a core at most"


def _ratio(runs: Mapping[str, Sequence[Run]], peers: Sequence[str], figure: str, what: str) -> str:
    best = min(peers, key=lambda name: spread(runs[name], figure).median)
    ratio = spread(runs[best], figure).median / spread(runs["ours"], figure).median
    return what.format(ratio, TOOLS[best].label)


def figures(results: Mapping[str, Run]) -> str:
    """All sections."""
    parts = []
    for result in results.values():
        parts += [section(result, results), ratios(result)]
    any_result = next(iter(results.values()))
    machine = any_result["machine"]
    told = ", ".join(
        f"{name} {version}"
        for name, version in sorted(_merged(results, lambda each: each["versions"]).items())
    )
    dates = sorted({result["date"] for result in results.values()})
    head = (
        f"Run on {' and '.join(dates)}: {machine['cpus']} CPUs, {machine['memory_gigabytes']} GB, "
        f"Python {machine['python']}; {told}."
    )
    return "\n\n".join(part.strip() for part in [head, *parts] if part.strip())


def _merged(results: Mapping[str, Run], part: Callable[[Run], Mapping[str, str]]) -> dict[str, str]:
    return {name: value for result in results.values() for name, value in part(result).items()}


def memory(results: Mapping[str, Run]) -> str:
    """What this project's pull held, by the size of the account."""
    sizes = (("latency_20", "10,000 rows"), ("big", "1 M rows"))
    told = [
        f"{spread(results[name]['runs']['ours_extract'], 'peak_megabytes').told(0)} MB for {rows}"
        for name, rows in sizes
        if "ours_extract" in results.get(name, {}).get("runs", {})
    ]
    return f"### The pull's memory\n\nPeak of its process: {', '.join(told)}." if told else ""


def content(folder: Path = RESULTS) -> str:
    """All that stands between the marks."""
    results = read(folder)
    others = [(make, folder / f"{name}.json") for name, make in SECTIONS.items()]
    alone = [make(json.loads(path.read_text())) for make, path in others if path.exists()]
    parts = [figures(results) if results else "", memory(results), *alone]
    return "\n\n".join(part for part in parts if part)


def read(folder: Path = RESULTS) -> dict[str, Run]:
    """The cases that were run, in their order."""
    paths = [(case.name, folder / f"{case.name}.json") for case in CASES]
    return {name: json.loads(path.read_text()) for name, path in paths if path.exists()}


def main() -> None:
    """Replaces what stands between the two marks."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{content()}\n\n{END}{after}")
    print(PAGE)


if __name__ == "__main__":
    main()
