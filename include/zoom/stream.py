"""What a stream is: which Zoom lists it asks, which tables it fills, and to which day a record belongs.

A stream is a declaration; `catalog/` holds them, `pull` asks, `frame` types, the warehouse derives its DDL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from include.zoom.times import parse_time

FINAL_AFTER = timedelta(hours=48)
"""A slice is final when it was extracted so long after its end."""


class Kind(StrEnum):
    """What one slice of a stream's tables is."""

    INTERVAL = "interval"
    """A UTC day of the record's own time."""
    MONTH = "month"
    """A calendar month; `_slice_date` is its first day."""
    SNAPSHOT = "snapshot"
    """The UTC day of the extraction."""


class Label(StrEnum):
    """Zoom's rate labels (https://developers.zoom.us/docs/api/rate-limits/)."""

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"
    RESOURCE_INTENSIVE = "resource_intensive"
    PHONE_LIGHT = "phone_light"
    """Zoom Phone's lists have the same labels with lower rates of their own."""
    PHONE_MEDIUM = "phone_medium"
    PHONE_HEAVY = "phone_heavy"


class Type(StrEnum):
    """Column types, by their PostgreSQL names; pyarrow types are derived in `frame`."""

    TEXT = "text"
    BIGINT = "bigint"
    DOUBLE = "double precision"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp with time zone"
    DATE = "date"
    JSON = "jsonb"


class Asked(StrEnum):
    """How a list takes the window."""

    ALWAYS_ALL = "always_all"
    """No window: it tells only the present, or everything of its parent."""
    FROM_TO = "from_to"
    """`from` and `to` as yyyy-mm-dd; widened by the margins, trimmed by the record's UTC time."""
    FROM_TO_TIMES = "from_to_times"
    """`from` and `to` as yyyy-mm-ddThh:mm:ssZ, whole UTC days; trimmed by the record's UTC time."""
    YEAR_MONTH = "year_month"
    """`year` and `month`, asked exactly."""
    EACH_DAY = "each_day"
    """`from` and `to` are the same day, asked exactly: the records have no day of their own and are of that one."""
    EACH_DAY_TIMES = "each_day_times"
    """The same, with `from` and `to` as the times at which a UTC day begins and ends."""
    EACH_MONTH = "each_month"
    """`from` and `to` are a month's first and last day, asked exactly: the records are of that month."""
    AHEAD = "ahead"
    """`from` today to as far ahead as one request may reach: a snapshot of what is to come."""


class Form(StrEnum):
    """How Zoom writes a value that is no plain JSON value of the column's type."""

    PLAIN = "plain"
    CLOCK = "clock"
    """A length as `hh:mm:ss` or `mm:ss`, stored in seconds."""
    SIZE = "size"
    """A size such as `3 MB`, rounded by Zoom, stored in bytes of 1,024; NULL where it is none (`Unlimited`)."""


@dataclass(frozen=True)
class Column:
    """A warehouse column; `source` is the record's key, with dots for nested ones (default: `name`).

    `volatile` columns of a snapshot change without meaning anything (a last login): they make no change in
    its history.
    """

    name: str
    type: Type = Type.TEXT
    comment: str = ""
    source: str = ""
    unit: str = ""
    personal: bool = False
    form: Form = Form.PLAIN
    volatile: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """Where the value stands in a record."""
        return tuple((self.source or self.name).split("."))


@dataclass(frozen=True)
class Table:
    """A warehouse table that a stream fills.

    `records` names a list inside the root record whose items are this table's rows (None: the root record
    itself); `inherited` columns then take their value from the root record. Where no table of the stream is the
    root record itself, a root record without items gives one row, and what no column declares of it is kept in
    each row's `_extra` under `_root`. `from_parent` columns take it
    from the parent's key of a fan-out (`Parent.keys`). `key` is unique within a slice; `numbered_within`
    asks for an `_ordinal` column that numbers rows by content within these columns. `key_fallback` names columns
    of the key that count only where another one is NULL (`{"email": "id"}`): who has an id and gets a new address
    stays the same user. `person` columns hold the
    Zoom id or the address of whose row it is: who is to be forgotten loses such rows, while of others their traces
    are blanked (a meeting that they hosted still took place).
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    records: str | None = None
    inherited: tuple[Column, ...] = ()
    from_parent: tuple[Column, ...] = ()
    numbered_within: tuple[str, ...] = ()
    key_fallback: Mapping[str, str] = field(default_factory=dict)
    person: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """One Zoom list: `GET path` with `params`, records under `list_key`."""

    path: str
    list_key: str
    label: Label
    whole: bool = False
    """The answer is itself the one record; `list_key` is a key that it always has."""
    confirms: bool = False
    """Not a list of the stream's records but the one record of `{key}` in its path, columns of the table: asked
    for each who stands in the last snapshot and in none of today's lists. The last of `Stream.lists`; a code of
    `absent` says that he is gone."""
    scopes: tuple[str, ...] = ()
    """Granular scopes that this list takes where they are not the stream's; without them it is left out."""
    absent: tuple[int, ...] = ()
    """Zoom's codes that say "this parent has none" (no licence, no registration): no row, and no skip that
    counts. Where every parent answers with code 200, the account is not entitled. The same holds for the lists of
    a stream without a parent."""
    days_late: int = 0
    """How many days ago the newest day is that is asked: 2 where Zoom refuses its today, whose zone it does not say."""
    longest_days: int = 28
    """The longest range of one request, and never longer than a calendar month. Zoom allows "a month" nearly
    everywhere, without saying of how many days; where the answer echoes the range, too long a one would show."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters of every request; `{name}` in one is filled from the parent's key, as in the path."""
    carried: tuple[str, ...] = ()
    """Fields of the answer, beside the list, that each of its records gets (the currency of all amounts)."""
    asked: Asked = Asked.ALWAYS_ALL
    paged: bool = True
    page_size: int = 300
    echoes_window: bool = False
    """Answers repeat `from` and `to`: a clamped window shows."""
    counts_records: bool = False
    """`total_records` is there and must equal the records received."""
    identity: tuple[str, ...] = ()
    """The record's natural key (source names); empty: none. Then `total_records` decides twins from repeats, and
    where Zoom gives no total, a record counts as often as the one page that has it most often."""
    unsettled_while_zero: str = ""
    """A record's field that is 0 while Zoom still counts: such a list is asked once more at the end of the pull."""
    margin_before_days: int = 0
    """How far before the window is asked, because Zoom's date zone is unclear."""
    margin_after_days: int = 0
    """How far after it: one for a `to` that may be exclusive, one more for the zone."""
    history_days: int | None = None
    """How far back Zoom keeps it; None: no limit known."""

    @property
    def dates_records(self) -> bool:
        """Whether a record's day is the one that was asked."""
        return self.asked in (Asked.EACH_DAY, Asked.EACH_DAY_TIMES, Asked.EACH_MONTH)


@dataclass(frozen=True)
class Parent:
    """A fan-out: the lists' paths are filled from each record of the parent stream.

    `keys` maps a name that the child uses (in its path and in `Table.from_parent`) to the parent record's
    field; a parent record that lacks one, whose fields are not `only` these values, are one of `unless` (dots
    for nested fields), or whose numbers are not `at_least` these, is not asked.
    `dates` tells whether the child inherits the parent record's slice date.
    """

    stream: str
    keys: Mapping[str, str]
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: bool = True
    at_least: Mapping[str, int] = field(default_factory=dict)
    may_lack_below: Mapping[str, int] = field(default_factory=dict)
    """A record whose numbers are below these is asked, and may be answered that there is nothing: no skip."""
    unless: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    having: Listing | None = None
    """An account-wide list of those of the parents that have any such records: no other is asked. Its records have
    the fields of `keys`."""
    settles: bool = False
    """Whether a final day's records stay as they are while the parent's record does: then they are not asked again."""


@dataclass(frozen=True)
class Stream:
    """A pull of one or more Zoom lists that fills one or more tables in one transaction."""

    name: str
    kind: Kind
    lists: tuple[Listing, ...]
    tables: tuple[Table, ...]
    scopes: tuple[str, ...]
    """Granular scopes of an admin-managed or server-to-server app."""
    classic_scopes: tuple[str, ...]
    plan: str = "free"
    """The least plan that has it: free, pro or business."""
    needs: str = ""
    """The licence or add-on that it takes besides, such as `Zoom Phone`."""
    on_by_default: bool = True
    """Costly ones (a request per meeting or user and day) run where a setting or a run's parameter names them."""
    dated_by: tuple[str, ...] = ()
    """The root record's fields that give its day, first non-empty one counts; empty: see `Parent.dates`."""
    parent: Parent | None = None


def record_date(stream: Stream, record: Mapping[str, object]) -> date | None:
    """The slice of a root record by the stream's `dated_by` fields; None where none of them tells."""
    for name in stream.dated_by:
        if (time := parse_time(record.get(name))) is not None:
            return slice_dates(stream.kind, (time.date(),))[0]
    return None


def slice_dates(kind: Kind, days: tuple[date, ...]) -> tuple[date, ...]:
    """The slices that a window of days replaces: each day, or the first day of each month touched."""
    if kind is Kind.MONTH:
        return tuple(sorted({day.replace(day=1) for day in days}))
    return tuple(sorted(set(days)))


def is_final(kind: Kind, slice_date: date, extracted_at: datetime) -> bool:
    """Whether Zoom had settled a slice when it was extracted."""
    return extracted_at >= slice_end(kind, slice_date) + FINAL_AFTER


def slice_end(kind: Kind, slice_date: date) -> datetime:
    """When a slice is over (UTC); it is final when extracted 48 hours later."""
    if kind is Kind.MONTH:
        following = (slice_date.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        following = slice_date + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=UTC)
