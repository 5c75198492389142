"""Draws docs/benchmarks-<case>.svg from `benchmarks/results`, with matplotlib (benchmarks/requirements.txt).

On white, so that they are read on a dark page as well; text stays text, and each has a title and a description.
"""

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.tools import TOOLS

mpl.use("svg")
mpl.rcParams |= {"svg.hashsalt": "benchmarks", "svg.fonttype": "none"}  # the same figures give the same file

HERE = Path(__file__).parent
OURS, PULL, PEER, BARE, BROKEN = "#0b5cff", "#7ba6ff", "#8a94a6", "#3b4252", "#d98c8c"
ALONE, FOREIGN = "#0b5cff", "#d95f02"
_PARTS = (("seconds_from_first_request", "Seconds from the first request"), ("cpu_seconds", "CPU seconds"))


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Two panels: time and CPU; bars are medians, lines from the least to the most."""
    names = [name for name in reversed(TOOLS) if name in result["runs"]]
    figure, panels = plt.subplots(1, 2, figsize=(11, 0.9 + 0.42 * len(names)), sharey=True)
    for panel, (key, title) in zip(panels, _PARTS, strict=True):
        _bars(panel, names, result["runs"], key)
        panel.set_title(title, fontsize=10)
    heading = f"{result['title'][0].upper()}{result['title'][1:]}"
    told = f"{heading}: median, least to most (less is better)"
    if any(_broke(result["runs"][name]) for name in names):
        told += "; red: a run failed"
    figure.suptitle(told, fontsize=11, x=0.01, ha="left")
    _save(figure, path, heading, "Bars per tool; the page's table has the figures.")


def draw_pace(result: Mapping[str, Any], path: Path) -> None:
    """A line per plan, latency and number of tasks; a mark for the share alone, one beside a foreign app."""
    rows = sorted(
        {(cell["plan"] == "pro", cell["latency_ms"], cell["tasks"]) for cell in result["cells"]},
        key=lambda row: (row[0], -row[1], -row[2]),
    )
    figure, panel = plt.subplots(figsize=(8, 1.3 + 0.3 * len(rows)))
    panel.axvline(100, color="#b00020", linewidth=1)
    for foreign, colour, mark, label in (
        (False, ALONE, "o", "alone"),
        (True, FOREIGN, "s", "beside a foreign app that asks for half, with its answers"),
    ):
        cells = [cell for cell in result["cells"] if cell["foreign"] is foreign]
        shares = [100 * cell["share_of_ceiling"] for cell in cells]
        places = [rows.index((cell["plan"] == "pro", cell["latency_ms"], cell["tasks"])) for cell in cells]
        panel.plot(shares, places, mark, color=colour, markersize=6, label=label)
    panel.set_yticks(range(len(rows)), [_cell(*row) for row in rows], fontsize=8)
    panel.set_xlim(0, 105)
    panel.set_xlabel("% of Zoom's ceiling (line: all of it)", fontsize=9)
    panel.grid(axis="x", color="#dddddd", linewidth=0.7)
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    _save(figure, path, "Share of Zoom's ceiling that the pace reaches", "The page's table has the figures.")


def _cell(pro: bool, latency_ms: int, tasks: int) -> str:
    return f"{'Pro' if pro else 'Business'}, {latency_ms:,} ms, {tasks} task{'s' if tasks > 1 else ''}"


def _save(figure: Any, path: Path, title: str, description: str) -> None:  # noqa: ANN401
    figure.tight_layout()
    told = {"Date": None, "Title": title, "Description": description}
    figure.savefig(path, format="svg", metadata=told, facecolor="white")
    plt.close(figure)


def _bars(panel: Any, names: list[str], runs: Mapping[str, Any], key: str) -> None:  # noqa: ANN401
    values = [[run[key] for run in runs[name]] for name in names]
    medians = [statistics.median(each) for each in values]
    reach = [
        [middle - min(each) for middle, each in zip(medians, values, strict=True)],
        [max(each) - middle for middle, each in zip(medians, values, strict=True)],
    ]
    colours = [_colour(name, runs[name]) for name in names]
    labels = [TOOLS[name].label + (" (extract)" if TOOLS[name].extracts else "") for name in names]
    panel.barh(
        labels, medians, xerr=reach, color=colours, height=0.65, error_kw={"lw": 1, "ecolor": "#333333"}
    )
    for place, (middle, each) in enumerate(zip(medians, values, strict=True)):
        panel.annotate(
            f"{middle:.1f}", (max(each), place), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
    panel.margins(x=0.14)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)


def _colour(name: str, runs: list[Mapping[str, Any]]) -> str:
    if _broke(runs):
        return BROKEN
    if name.startswith("bare"):
        return BARE
    return {"ours": OURS, "ours_extract": PULL}.get(name, PEER)


def _broke(runs: list[Mapping[str, Any]]) -> bool:
    return any(run["exit_code"] for run in runs)


def main() -> None:
    """One file per case, and one of the pace."""
    docs = HERE.parent / "docs"
    for path in sorted((HERE / "results").glob("*.json")):
        result = json.loads(path.read_text())
        if "runs" in result and set(result["runs"]) <= set(TOOLS):
            draw(result, docs / f"benchmarks-{result['case']}.svg")
        elif path.stem == "pace":
            draw_pace(result, docs / "benchmarks-pace.svg")


if __name__ == "__main__":
    main()
