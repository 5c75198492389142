"""The sections of docs/benchmarks.md that are not side by side with others: pace, transform, load, memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Told = Mapping[str, Any]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def about(told: Told) -> str:
    """When, where and with what."""
    packages = ", ".join(f"{name} {version}" for name, version in sorted(told["packages"].items()))
    busy = f", load average {told['load_average'][0]:.1f} before" if "load_average" in told else ""
    return f"{told['date'][:10]}, {told['cores']} CPUs{busy}, Python {told['python']}, {packages}."


def pace(told: Told) -> str:
    """How much of the ceiling is reached, by plan, latency and number of tasks."""
    cells = {
        (cell["plan"], cell["latency_ms"], cell["tasks"], cell["foreign"]): cell for cell in told["cells"]
    }
    rows = [
        [
            plan.capitalize(),
            f"{latency:,}",
            str(tasks),
            *_alone(cells.get((plan, latency, tasks, False))),
            *_beside(cells.get((plan, latency, tasks, True))),
        ]
        for plan, latency, tasks in sorted({key[:3] for key in cells}, key=_by_plan)
    ]
    heads = ["Plan", "ms per answer", "Tasks", "Alone: of the ceiling", "refused", "refused, learning"]
    heads += ["slowest task", "Beside a foreign app: of the ceiling", "refused", "refused, learning"]
    busy = f"{told['at_once']} accounts at once, all CPUs {told['machine_cpu_percent']:.0f} % busy."
    return f"### The pace\n\n{_PACE}\n\n{busy} {about(told)}\n\n{table(heads, rows)}"


_PACE = """\
![Share of Zoom's ceiling that the pace reaches, by plan, latency and number of tasks; the table has the \
figures](benchmarks-pace.svg)

How much of Zoom's ceiling for a list of the label heavy is used, after the pace has learnt what it may; beside a foreign
app that asks for half of it, with that app's answers. Refused: of our requests. Slowest task: what the slowest of the
tasks got of its fair share."""


def _by_plan(key: tuple[str, int, int]) -> tuple[bool, int, int]:
    return key[0] != "pro", *key[1:]


def _alone(cell: Told | None) -> list[str]:
    if cell is None:
        return ["", "", "", ""]
    return [*_beside(cell), f"{100 * cell['slowest_of_fair_share']:.0f} %"]


def _beside(cell: Told | None) -> list[str]:
    if cell is None:
        return ["", "", ""]
    shares = (100 * cell["share_of_ceiling"], cell["refused_percent"], cell["refused_percent_learning"])
    return [f"{share:.1f} %" for share in shares]


def steps(told: Told) -> str:
    """What `transform` costs."""
    whole = [
        [
            name.capitalize(),
            f"{case['rows']:,}",
            f"{case['cpu_seconds']:.2f}",
            f"{case['rows_per_cpu_second']:,}",
            f"{case['imported_mb']}",
            f"{case['peak_mb']}",
        ]
        for name, case in told["transform"].items()
    ]
    each = [
        [name[0].upper() + name[1:], f"{step['microseconds_per_row']:.2f}"]
        for name, step in told["steps"].items()
    ]
    return "\n\n".join(
        (
            "### Transform",
            f"CPU and memory of `transform`, from landing to Parquet, a process each. {about(told)}",
            table(("Pull", "Rows", "CPU seconds", "Rows per CPU second", "Imported MB", "Peak MB"), whole),
            "Its steps, of meetings' participants:",
            table(("Step", "Microseconds per row"), each),
        )
    )


def load(told: Told) -> str:
    """What `load` costs."""
    rows = [
        [
            name.replace("_", " ").capitalize(),
            f"{case['rows']:,}",
            f"{case['wall_seconds']:.2f}",
            f"{case['cpu_seconds']:.2f}",
            f"{case['postgres_cpu_seconds']:.2f}",
            f"{case['peak_mb']}",
        ]
        for group, cases in told.items()
        if group.endswith(" participants")
        for name, case in cases.items()
    ]
    heads = ("Load", "Rows", "Seconds", "CPU seconds", "PostgreSQL's CPU", "Peak MB")
    return f"### Load\n\n{_LOAD} {about(told)}\n\n{table(heads, rows)}"


_LOAD = """\
From Parquet into PostgreSQL, which waits for its disk here, with all checks, a process each; again: over the same slices."""


SECTIONS = {"pace": pace, "steps": steps, "load": load}
"""By the name of the file in `benchmarks/results`, in the page's order."""
