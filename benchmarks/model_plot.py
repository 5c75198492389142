"""Draws what `python -m benchmarks.model` has found: the hours of a daily run and of a year's backfill.

    python -m benchmarks.model_plot

Needs matplotlib (`benchmarks/requirements.txt`). The same figures give the same files, byte for byte.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

RESULT = Path(__file__).parent / "results" / "model.json"
DOCS = Path(__file__).parents[1] / "docs"
COLOURS = {"pro": "#d95f02", "business": "#1b6ca8"}
STYLES = {"default": "-", "default, recordings by account": "--", "all": ":"}
MARKS = {"default": "o", "default, recordings by account": "s", "all": "^"}
# Whole units where people think in them.
HOURS = {
    1 / 60: "1 min",
    1 / 6: "10 min",
    1: "1 h",
    6: "6 h",
    24: "1 day",
    168: "1 week",
    720: "30 days",
    8760: "1 year",
}
TITLES = {
    "daily": ("A daily run", "a run a day must stay below this", 24),
    "year": (
        "Backfill of a year (of most lists Zoom keeps 180 days)",
        "Zoom forgets faster than this",
        180 * 24,
    ),
}


def main() -> None:
    """Draws both pictures."""
    mpl.rcParams["svg.hashsalt"] = "zoom"  # ids that do not change from run to run
    mpl.rcParams["font.family"] = "DejaVu Sans"
    rows = json.loads(RESULT.read_text())["rows"]
    for what in TITLES:
        _picture(what, [row for row in rows if row["what"] == what and row["plan"] in COLOURS])


def _picture(what: str, rows: list[dict[str, Any]]) -> None:
    title, bound, hours = TITLES[what]
    figure = Figure(figsize=(8.2, 5.2), layout="constrained")
    axes = figure.subplots()
    for plan in COLOURS:
        for streams in STYLES:
            mine = [row for row in rows if (row["plan"], row["streams"]) == (plan, streams)]
            _line(axes, mine, plan=plan, streams=streams)
    axes.axhline(hours, color="#b00020", linewidth=1)
    axes.annotate(bound, (1_050, hours * 1.12), color="#b00020", fontsize=9)
    axes.set(
        title=title, xlabel="users of the account", ylabel="time at Zoom's limits", xscale="log", yscale="log"
    )
    axes.set_yticks(list(HOURS), list(HOURS.values()))
    axes.set_xticks([1_000, 10_000, 100_000, 1_000_000])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda users, _: f"{users:,.0f}"))
    axes.minorticks_off()
    axes.grid(visible=True, color="#dddddd", linewidth=0.7)
    axes.legend(
        title="plan, streams (filled mark: a daily cap decides)",
        fontsize=8.5,
        title_fontsize=8.5,
        loc="upper left",
    )
    axes.set_ylim(min(row["hours"] for row in rows) / 2, max(row["hours"] for row in rows) * 250)
    figure.savefig(DOCS / f"scaling-{what}.svg", metadata={"Date": None})


def _line(axes: Axes, rows: list[dict[str, Any]], *, plan: str, streams: str) -> None:
    look: dict[str, Any] = {"color": COLOURS[plan], "marker": MARKS[streams]}
    label = f"{plan.capitalize()}, {streams}"
    open_mark: dict[str, Any] = {"linestyle": STYLES[streams], "markerfacecolor": "white", "linewidth": 1.6}
    axes.plot(_users(rows), _hours(rows), label=label, **look, **open_mark)
    capped = [row for row in rows if "cap" in row["binds"]]
    axes.plot(_users(capped), _hours(capped), linestyle="", **look)


def _users(rows: list[dict[str, Any]]) -> list[int]:
    return [row["users"] for row in rows]


def _hours(rows: list[dict[str, Any]]) -> list[float]:
    return [row["hours"] for row in rows]


if __name__ == "__main__":
    main()
