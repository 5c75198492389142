"""Every stream of the catalogue, asked of a simulated Zoom in this process: complete, true, and as Zoom describes it."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import jsonschema
import pytest

from include.sandbox.products import ROUTES, TABLES
from include.zoom.catalog import SOURCES, STREAMS, streams
from include.zoom.frame import FrameCounts, frames
from include.zoom.pages import Page
from include.zoom.stream import Kind, Stream, Table
from tests.specs import anonymous, endpoint, needs_specs
from tests.truth import stored, told
from tests.zoom.schemas import ODD_ANSWERS
from tests.zoom.simulated import DAY, NOW, TODAY, Simulated, day_of

FORMS = {"past_meetings": "past", "report": "report", "account": "account"}


@pytest.fixture(scope="module")
def whole() -> Simulated:
    """Everything there is, pulled once."""
    return asyncio.run(pulled(streams()))


async def pulled(every: dict[str, Stream]) -> Simulated:
    """A simulated Zoom from which these streams were pulled."""
    made = Simulated()
    await made.pull(every)
    await made.http.aclose()
    return made


def rows(stream: Stream, pages: list[Page], counts: FrameCounts) -> Iterator[tuple[Table, dict[str, Any]]]:
    """The framed rows of a stream, with their tables."""
    snapshot = TODAY if stream.kind is Kind.SNAPSHOT else None
    made = frames(
        stream,
        pages,
        (slice_of(stream),),
        snapshot_date=snapshot,
        load_id="l",
        extracted_at=NOW,
        counts=counts,
    )
    for batch in made:
        for row in batch.data.to_pylist():
            yield batch.table, row


def slice_of(stream: Stream) -> date:
    """The slice that the day belongs to."""
    if stream.kind is Kind.SNAPSHOT:
        return TODAY
    return DAY.replace(day=1) if stream.kind is Kind.MONTH else day_of(stream)


def compare(simulated: Simulated, stream: Stream, form: str = "past") -> dict[str, int]:
    """Checks every table of a stream against the truth; how many rows each has."""
    counts = FrameCounts()
    found = [
        (table.name, stored(table, row))
        for table, row in rows(stream, simulated.pages[stream.name], counts)
        if table in stream.tables
    ]
    for table in stream.tables:
        true = Counter(
            told(table, row) for row in TABLES[table.name](simulated.sandbox.account, slice_of(stream), form)
        )
        loaded = Counter(row for name, row in found if name == table.name)
        assert not list((true - loaded).elements())[:3], f"{table.name} lacks rows"
        assert not list((loaded - true).elements())[:3], f"{table.name} has rows too many"
    assert counts.rejected == {}
    return {table.name: counts.rows[table.name] for table in stream.tables}


@pytest.mark.parametrize("name", list(STREAMS))
def test_a_stream_is_the_truth(whole: Simulated, name: str) -> None:
    """Each value of each row of each table; no table is empty."""
    held = compare(whole, STREAMS[name])
    assert all(held.values()), held


@pytest.mark.parametrize(
    ("setting", "value"), [(setting, value) for setting, by in SOURCES.items() for value in by]
)
async def test_each_source_of_a_stream_is_the_truth(setting: str, value: str) -> None:
    """Whichever list fills the tables."""
    every = streams({setting: value})
    stream = SOURCES[setting][value]
    needed = [stream.name, *([stream.parent.stream] if stream.parent else [])]
    simulated = await pulled({name: each for name, each in every.items() if name in needed})
    compare(simulated, stream, FORMS.get(value, "past"))


@needs_specs
def test_every_answer_is_one_that_zoom_describes(whole: Simulated) -> None:
    """The simulated answers fit the schemas of Zoom's files, but for those that are listed with a reason."""
    wrong: Counter[str] = Counter()
    for template, answer in whole.answers:
        if (found := endpoint(template)) is not None:
            validator = jsonschema.Draft202012Validator(
                found.schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
            )
            wrong.update(f"{template}: {complaint(error)}" for error in validator.iter_errors(answer))
    assert sorted(wrong) == sorted(ODD_ANSWERS)


def complaint(error: jsonschema.ValidationError) -> str:
    """What is wrong, without the whole answer and the whole schema."""
    place = ".".join(part for part in error.path if isinstance(part, str))
    if error.validator == "oneOf":
        return f"{place} fits several of the forms that it may have"
    if error.validator == "anyOf":
        return f"{place} fits none of the forms that it may have"
    return error.message


def test_every_endpoint_that_a_stream_asks_has_answered(whole: Simulated) -> None:
    """No declaration is left out of these tests."""
    asked = {anonymous(listing.path) for stream in STREAMS.values() for listing in stream.lists}
    assert asked - {anonymous(template) for template, _ in whole.answers} == set()
    assert {anonymous(path) for path in asked} <= {anonymous(route.template) for route in ROUTES}


def test_no_secret_comes_out_of_a_pull(whole: Simulated) -> None:
    """Neither by its field's name nor in an address's query, from any list; the answers have each."""
    landed = b"".join(page.body for pages in whole.pages.values() for page in pages)
    came = json.dumps([answer for _, answer in whole.answers]).encode()
    for secret in (b"pwd=", b'passcode"', b'"password"'):
        assert (secret in came, secret in landed) == (True, False), secret
