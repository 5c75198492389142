"""Draws docs/benchmarks-<case>.svg from `benchmarks/results`, with matplotlib (benchmarks/requirements.txt)."""

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
OURS, PEER, BROKEN = "#0b5cff", "#8a94a6", "#d98c8c"
_PARTS = (("seconds_from_first_request", "Seconds from the first request"), ("cpu_seconds", "CPU seconds"))


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Two panels: time and CPU; bars are medians, lines from the least to the most."""
    names = [name for name in reversed(TOOLS) if name in result["runs"]]
    figure, panels = plt.subplots(1, 2, figsize=(11, 0.9 + 0.42 * len(names)), sharey=True)
    for panel, (key, title) in zip(panels, _PARTS, strict=True):
        _bars(panel, names, result["runs"], key)
        panel.set_title(title, fontsize=10)
    figure.suptitle(result["title"], fontsize=11, x=0.01, ha="left")
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
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
    if any(run["exit_code"] for run in runs):
        return BROKEN
    return OURS if name.startswith("ours") else PEER


def main() -> None:
    """One file per case."""
    for path in sorted((HERE / "results").glob("*.json")):
        result = json.loads(path.read_text())
        if "runs" in result and set(result["runs"]) <= set(TOOLS):
            draw(result, HERE.parent / "docs" / f"benchmarks-{result['case']}.svg")


if __name__ == "__main__":
    main()
