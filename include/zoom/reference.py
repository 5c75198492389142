"""`python -m include.zoom.reference`: docs/tables.md, made from the declarations."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from include.zoom.catalog import SOURCES, STREAMS
from include.zoom.layout import EXTRA, STAMPS, columns_of
from include.zoom.limits import PER_SECOND
from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table

_SLICES = {
    Kind.INTERVAL: "a UTC day of its own time",
    Kind.MONTH: "a month",
    Kind.SNAPSHOT: "the UTC day on which it was asked",
}
_PLANS = {"free": "every", "pro": "Pro", "business": "Business"}
_WINDOWS = {
    Asked.YEAR_MONTH: " a month",
    Asked.EACH_MONTH: " a month",
}
_OWN = (EXTRA, *STAMPS)


def reference() -> str:
    """The page, as Markdown."""
    environment = Environment(
        autoescape=False,  # noqa: S701 (Markdown of our own declarations)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(files("include.zoom").joinpath("tables.md.jinja").read_text())
    tables = sum(len(stream.tables) for stream in STREAMS.values())
    streams = [_told(stream) for stream in STREAMS.values()]
    text = template.render(
        streams=streams,
        tables=tables,
        scopes=list(_scopes()),
        plans=[plan.capitalize() for plan in PER_SECOND],
        labels=[(label.upper(), [_rate(rates[label]) for rates in PER_SECOND.values()]) for label in Label],
        own=[_column(column) for column in _OWN],
    )
    return text.rstrip() + "\n"


def _told(stream: Stream) -> dict[str, Any]:
    return {
        "name": stream.name,
        "parent": f"; brings `{stream.parent.stream}` along" if stream.parent else "",
        "default": "on" if stream.on_by_default else "off",
        "slice": _slice(stream),
        "sources": " or ".join(_source(each.lists) for each in _variants(stream)),
        "cost": ", or ".join(_cost(each) for each in _variants(stream)),
        "scopes": "; or ".join(_opened_by(each) for each in _variants(stream)),
        "plan": " and ".join(part for part in (_PLANS[stream.plan], stream.needs) if part),
        "history": _history(stream),
        "tables": [_table(table, stream.kind) for table in stream.tables],
    }


def _rate(per_second: float) -> str:
    return f"{per_second:.0f}" if per_second >= 1 else f"{per_second * 60:.0f} a minute"


def _slice(stream: Stream) -> str:
    if stream.kind is Kind.INTERVAL and not stream.dated_by:
        return "its parent's day" if stream.parent else "the day that was asked"
    return _SLICES[stream.kind]


def _variants(stream: Stream) -> tuple[Stream, ...]:
    """The stream, and its other sources where a setting chooses between several."""
    return next(
        (tuple(by.values()) for by in SOURCES.values() if next(iter(by.values())).name == stream.name),
        (stream,),
    )


def _source(lists: Iterable[Listing]) -> str:
    return ", ".join(dict.fromkeys(f"`GET {listing.path}`" for listing in lists))


def _cost(stream: Stream) -> str:
    """Three times as many requests for three lists alike, by label and size of a page."""
    forms: dict[tuple[str, str, str], int] = {}
    for listing in stream.lists:
        pages, each = _requests(listing, stream.parent)
        form = (pages, listing.label.upper() + _WINDOWS.get(listing.asked, ""), each)
        forms[form] = forms.get(form, 0) + 1
    told = [_times(count, pages) + f" {label}{each}" for (pages, label, each), count in forms.items()]
    if stream.parent is not None and (having := stream.parent.having) is not None:
        told.append(f"1 {having.label.upper()} for each {having.page_size} that have any")
    return ", ".join(told)


def _times(count: int, pages: str) -> str:
    if not pages:
        return str(count)
    return f"{count} · ({pages})" if count > 1 else pages


def _requests(listing: Listing, parent: Parent | None) -> tuple[str, str]:
    """How many pages (empty: one), and for each of what."""
    if listing.confirms:
        return "", " for each row of the last snapshot that is missing"
    if parent is None:
        return f"1 + rows ÷ {listing.page_size}" if listing.paged else "", ""
    which = ", ".join(f"{name} {' or '.join(values)}" for name, values in parent.only.items())
    fewer = _fewer(parent)
    return "", f" for each row of `{parent.stream}`{f' with {which}' if which else ''}{fewer}"


def _fewer(parent: Parent) -> str:
    if parent.having is not None:
        return " that has any"
    return " that may have any" if parent.unless or parent.at_least else ""


def _history(stream: Stream) -> str:
    limits = [listing.history_days for listing in stream.lists if listing.history_days is not None]
    if stream.kind is Kind.SNAPSHOT:
        return "the present only"
    return f"{min(limits)} days" if limits else "no limit known"


def _table(table: Table, kind: Kind) -> dict[str, Any]:
    key = ", ".join(f"`{name}`" for name in table.key)
    return {
        "name": table.name,
        "comment": table.comment.rstrip("."),
        "history": _kept_here(table) if kind is Kind.SNAPSHOT else "",
        "grain": key or "none: rows may be alike",
        "columns": [_column(column) for column in columns_of(table) if column not in _OWN],
    }


def _kept_here(table: Table) -> str:
    volatile = ", ".join(f"`{column.name}`" for column in table.columns if column.volatile)
    return f"; `{table.name}_history` tells the past{f' (without {volatile})' if volatile else ''}"


def _column(column: Column) -> Mapping[str, str]:
    return {
        "name": column.name,
        "type": column.type.value + (f", {column.unit}" if column.unit else ""),
        "comment": column.comment.rstrip(".").replace("|", "\\|"),
        "personal": "yes" if column.personal else "",
    }


def _scopes() -> Iterator[tuple[str, str, str]]:
    """Granular and classic scopes of the same streams, with those."""
    found: dict[tuple[str, str], list[str]] = {}
    for stream in STREAMS.values():
        for each in _variants(stream):
            found.setdefault((_code(each.scopes), _code(each.classic_scopes)), []).append(each.name)
    for (granular, classic), names in sorted(found.items()):
        yield granular, classic, ", ".join(f"`{name}`" for name in dict.fromkeys(names))


def _opened_by(stream: Stream) -> str:
    opened = f"{_code(stream.scopes)}, or classic {_code(stream.classic_scopes)}"
    besides = [f"; for `GET {each.path}` {_code(each.scopes)}" for each in stream.lists if each.scopes]
    return opened + "".join(besides)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


if __name__ == "__main__":
    sys.stdout.write(reference())
