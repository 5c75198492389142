"""The figures of `python -m benchmarks.model` in docs/scaling.md: its tables are made, its sentences are written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.flow.forecast import spell

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
_ASSUMED = {
    "users": "users",
    "meetings": "meetings",
    "meeting_participants": "seats in meetings",
    "webinar_participants": "participants of webinars",
    "recordings": "recordings",
    "sign_ins": "sign-ins",
    "active_hosts": "active hosts",
    "meeting_summaries": "summaries",
    "operation_logs": "changes by administrators",
}


def write_tables(result: Mapping[str, Any]) -> None:
    """Replaces what stands between the page's markers."""
    text = PAGE.read_text()
    for name, table in tables(result).items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n{table}<!-- end -->{rest.partition('<!-- end -->')[2]}"
    PAGE.write_text(text)


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Each table by its marker."""
    return {
        "daily": _by_size(result, "daily"),
        "year": _by_size(result, "year"),
        "dearest": _table(
            ("stream", "requests", "label"),
            [(f"`{row['stream']}`", f"{row['requests']:,}", row["label"]) for row in result["dearest"][:12]],
        ),
        "checks": _table(
            ("what", "foretold", "measured", "off"),
            [
                (row["what"], row["foretold"], row["measured"], f"{row['off']:+.1%}")
                for row in result["checks"]
            ],
        ),
        "assumed": _table(
            ("of 1,000 users, on a working day", "records"),
            [(word, f"{result['assumed'][name]:,.0f}") for name, word in _ASSUMED.items()],
        ),
    }


def _by_size(result: Mapping[str, Any], what: str) -> str:
    rows = [row for row in result["rows"] if row["what"] == what]
    return _table(
        ("streams", "plan", "users", "requests", "time", "of a day's cap", "what decides"),
        [
            (
                row["streams"],
                row["plan"],
                f"{row['users']:,}",
                f"{sum(row['requests'].values()):,}",
                spell(row["hours"]),
                _cap(row["days_of_caps"]),
                row["binds"].removeprefix("the "),
            )
            for row in rows
        ],
    )


def _cap(caps: Mapping[str, float]) -> str:
    most = max(caps.values(), default=0)
    return f"{most:.0%}" if most < 10 else f"{most:,.0f} days'"  # noqa: PLR2004


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)
