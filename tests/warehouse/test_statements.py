"""All that the loader tells a warehouse is in that warehouse's own SQL, as far as a parser and a list of what it lacks can tell.

sqlglot checks how a statement is written. It takes for granted what a warehouse may not have, so that stands in a list beside it.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from string import Formatter
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from include.warehouse import bigquery, redshift, snowflake
from include.warehouse.bigquery_client import Answer
from include.warehouse.dialects import BIGQUERY, REDSHIFT, SNOWFLAKE, Dialect
from tests.warehouse.made_up_server import MadeUpServer
from tests.warehouse.statements import statements

Found = Callable[[exp.Expression], bool]


def some(*kinds: type[exp.Expression]) -> Found:
    """Whether a node is one of these."""
    return lambda node: isinstance(node, kinds)


def has(kind: type[exp.Expression], part: str) -> Found:
    """Whether a node of a kind has this part."""
    return lambda node: isinstance(node, kind) and bool(node.args.get(part))


def calls(*names: str) -> Found:
    """Whether a node calls a function that the parser knows by name alone."""
    return lambda node: isinstance(node, exp.Anonymous) and node.name.lower() in names


def is_type(*types: exp.DataType.Type) -> Found:
    """Whether a node is one of these types."""
    return lambda node: isinstance(node, exp.DataType) and node.this in types


def changes_rows_in_a_with(node: exp.Expression) -> bool:
    """Whether a `WITH` holds more than a question."""
    return isinstance(node, exp.CTE) and not isinstance(node.this, exp.Query)


def compares_rows(node: exp.Expression) -> bool:
    """Whether rows are compared as one, other than by IN."""
    return isinstance(node, exp.Binary) and (isinstance(node.this, exp.Tuple) or calls("row")(node.this))


def is_numbered(node: exp.Expression) -> bool:
    """Whether a node is a parameter with a number."""
    return isinstance(node, exp.Parameter) or (isinstance(node, exp.Placeholder) and bool(node.this))


EVERYWHERE: dict[str, Found] = {
    "a statement that the parser does not know": some(exp.Command),
}
CATALOGUE = "clock_timestamp, set_config, advisory locks, catalogue"
# What neither Snowflake nor BigQuery nor Redshift has.
POSTGRES_ALONE: dict[str, Found] = {
    "ON CONFLICT": some(exp.OnConflict),
    "RETURNING": some(exp.Returning),
    "DISTINCT ON": has(exp.Distinct, "on"),
    "rows changed in a WITH": changes_rows_in_a_with,
    "LOCK TABLE, SET TRANSACTION": some(exp.Lock, exp.Set),
    "JSONB": is_type(exp.DataType.Type.JSONB),
    "COLLATE": some(exp.Collate, exp.CollateColumnConstraint),
    "CHECK": some(exp.CheckColumnConstraint),
    CATALOGUE: calls(
        "clock_timestamp",
        "set_config",
        "pg_advisory_xact_lock",
        "pg_try_advisory_xact_lock",
        "hashtextextended",
        "obj_description",
        "col_description",
        "format_type",
        "string_to_array",
        "jsonb_to_recordset",
    ),
    "~*": some(exp.RegexpILike),
    "an index": lambda node: isinstance(node, exp.Create) and node.kind == "INDEX",
    "rows compared as one": compares_rows,
    "a window with a name": has(exp.Select, "windows"),
    "AT TIME ZONE": some(exp.AtTimeZone),
}
SAMPLES = [
    ("ON CONFLICT", "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING"),
    ("RETURNING", "DELETE FROM t RETURNING a"),
    ("DISTINCT ON", "SELECT DISTINCT ON (a) a FROM t"),
    ("rows changed in a WITH", "WITH g AS (DELETE FROM t RETURNING a) SELECT * FROM g"),
    ("LOCK TABLE, SET TRANSACTION", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    ("JSONB", "SELECT CAST(a AS jsonb)"),
    ("COLLATE", 'CREATE TABLE t (a text COLLATE "C")'),
    ("CHECK", "CREATE TABLE t (a text CHECK (a > 'b'))"),
    ("clock_timestamp, set_config, advisory locks, catalogue", "SELECT clock_timestamp()"),
    ("~*", "SELECT a ~* 'b'"),
    ("an index", "CREATE INDEX i ON t (a)"),
    ("rows compared as one", "SELECT (a, b) <= (c, d)"),
    ("rows compared as one", "SELECT ROW(a, b) IS DISTINCT FROM ROW(c, d)"),
    ("a window with a name", "SELECT lag(a) OVER w FROM t WINDOW w AS (ORDER BY a)"),
    ("AT TIME ZONE", "SELECT a AT TIME ZONE 'UTC'"),
]


@dataclass(frozen=True)
class Target:
    """A warehouse that statements are held against."""

    dialect: Dialect
    read_as: str
    """sqlglot's name for it."""
    lacks: dict[str, Found]
    """What must not occur, by what it is."""
    catalogue: str
    views: str
    """Parts of its two questions for its catalogue."""
    reserved: frozenset[str] = frozenset()
    """Words that are no name unless they are quoted, in lower case."""
    unread: tuple[str, ...] = ("COMMENT ON ",)
    """How statements begin that it has and its parser does not know."""
    told: Callable[[MadeUpServer], Any] = lambda server: server
    """What stands between the loader and a connection, as its driver's module has it."""


# https://docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html, without oid: its own catalogue has columns of that name.
REDSHIFT_RESERVED = """
aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross current_date
current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc
disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze from
full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially inner intersect interval
into is isnull join leading left like limit localtime localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8
natural new not notnull null nulls off offline offset old on only open or order outer overlaps parallel partition
percent permissions pivot placing primary raw readratio recover references rejectlog resort respect restore right select
session_user similar snapshot some sysdate system table tag tdes text255 text32k then timestamp to top trailing true
truncatecolumns union unique unnest unpivot user using verbose wallet when where with without
"""

# https://docs.snowflake.com/en/sql-reference/reserved-keywords, those that may not name a table, a column or an alias.
SNOWFLAKE_RESERVED = """
all alter and any as between by case cast check column connect constraint create cross current current_date
current_time current_timestamp current_user delete distinct drop else exists false following for from full grant
group having ilike in increment inner insert intersect into is join lateral left like localtime localtimestamp
minus natural not null of on or order qualify regexp revoke right rlike row rows sample select set some start
table tablesample then to trigger true try_cast union unique update using values view when whenever where with
"""

# https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
BIGQUERY_RESERVED = """
all and any array as asc assert_rows_modified at between by case cast collate contains create cross cube current default
define desc distinct else end enum escape except exclude exists extract false fetch following for from full group
grouping groups hash having if ignore in inner intersect interval into is join lateral left like limit lookup merge
natural new no not null nulls of on or order outer over partition preceding proto qualify range recursive respect right
rollup rows select set some struct tablesample then to treat true unbounded union unnest using when where window with
within
"""


@dataclass
class AnyDriver:
    """A driver whose connection is a made-up server."""

    server: MadeUpServer
    Error = OSError

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)

    def cursor(self) -> Any:
        return self.server.cursor()


@dataclass
class AnyBigQuery:
    """A BigQuery whose answers are a made-up server's."""

    server: MadeUpServer
    project: str = "acme"

    def query(self, statement: str, _: Any, session: str | None, *, begins: bool) -> Answer:
        rows = [tuple(row) for row in self.server.answer(statement)]
        return Answer(["x"] if rows else [], rows, "session" if begins else session)

    def load(self, dataset: str, table: str, parquet: Any) -> None:
        """Takes the rows."""

    def describe(self, dataset: str, table: str, comments: Any) -> None:
        """Takes the comments."""


def chooses_from_nothing(node: exp.Expression) -> bool:
    """Whether a question has a condition and no table."""
    return isinstance(node, exp.Select) and bool(node.args.get("where")) and not node.args.get("from_")


def joins_numbers(node: exp.Expression) -> bool:
    """Whether a number is joined to a text as it is."""
    return isinstance(node, exp.DPipe) and any(
        isinstance(each, exp.AggFunc) for each in (node.this, node.expression)
    )


def many_columns_in(node: exp.Expression) -> bool:
    """Whether several columns are looked for as they stand, and not as one value."""
    query = node.args.get("query") if isinstance(node, exp.In) else None
    return query is not None and len(query.this.selects) > 1


TARGETS = [
    Target(
        REDSHIFT,
        "redshift",
        # It has these, the parser's word for LOCK is in `unread`.
        {
            **{
                what: found
                for what, found in POSTGRES_ALONE.items()
                if what not in (CATALOGUE, "AT TIME ZONE")
            },
            "clock_timestamp, set_config, advisory locks, lists": calls(
                "clock_timestamp", "set_config", "pg_advisory_xact_lock", "string_to_array", "array_to_string"
            ),
            "IS DISTINCT FROM": some(exp.NullSafeEQ, exp.NullSafeNEQ),
            "FILTER": some(exp.Filter),
            "text, which is 256 bytes": is_type(exp.DataType.Type.TEXT),
            "a list": is_type(exp.DataType.Type.ARRAY),
        },
        "col_description(",
        "pg_catalog.pg_rewrite",
        frozenset(REDSHIFT_RESERVED.split()),
        ("COMMENT ON ", "LOCK TABLE "),
        lambda server: redshift.Spoken(AnyDriver(server), AnyDriver(server)),
    ),
    Target(
        SNOWFLAKE,
        "snowflake",
        {**POSTGRES_ALONE, "a place with a number": is_numbered, "ARRAY": is_type(exp.DataType.Type.ARRAY)},
        "FROM information_schema.columns",
        "FROM information_schema.views\nWHERE",
        frozenset(SNOWFLAKE_RESERVED.split()),
        told=snowflake.Spoken,
    ),
    Target(
        BIGQUERY,
        "bigquery",
        {
            **POSTGRES_ALONE,
            "a key": some(exp.PrimaryKey, exp.PrimaryKeyColumnConstraint, exp.DefaultColumnConstraint),
            "a condition on nothing": chooses_from_nothing,
            "numbers joined to a text": joins_numbers,
            "several columns of a subquery": many_columns_in,
            "renaming a view": lambda node: isinstance(node, exp.Alter) and node.kind == "VIEW",
            "FILTER": some(exp.Filter),
            "EPOCH": lambda node: isinstance(node, exp.Extract) and node.name.upper() == "EPOCH",
            "a parameter without a name": some(exp.Placeholder),
        },
        "COLUMN_FIELD_PATHS",
        "'BASE TABLE'",
        frozenset(BIGQUERY_RESERVED.split()),
        ("CALL BQ.ABORT_SESSION()",),
        told=lambda server: bigquery.Spoken(AnyBigQuery(server)),
    ),
]
COMMENT = re.compile(r"ALTER \w+ \S+ (?:SET|ALTER COLUMN \S+) COMMENT ")
BY_NAME = {target.dialect.name: target for target in TARGETS}
each_target = pytest.mark.parametrize("name", BY_NAME)


@cache
def sent(name: str) -> tuple[str, ...]:
    """What the loader sends there."""
    target = BY_NAME[name]
    return tuple(statements(MadeUpServer(target.dialect, target.told, target.catalogue, target.views)))


@cache
def read(name: str) -> tuple[str, ...]:
    """What its parser knows of that; of comments, which differ in names and texts alone, the first hundred."""
    left_out = set([text for text in sent(name) if COMMENT.match(text)][100:])
    unread = BY_NAME[name].unread
    return tuple(text for text in sent(name) if text not in left_out and not text.startswith(unread))


@cache
def parsed(name: str) -> tuple[tuple[str, exp.Expression], ...]:
    """What the parser makes of that."""
    logging.disable(logging.WARNING)
    try:
        return tuple(
            (text, one)
            for text in read(name)
            for one in sqlglot.parse(text, read=BY_NAME[name].read_as)
            if one is not None
        )
    finally:
        logging.disable(logging.NOTSET)


def named(text: str) -> re.Pattern[str]:
    """Finds a text of a dialect, up to its first parameter, in what was sent, whatever was filled in."""
    parts = [re.escape(part) for part, *_ in Formatter().parse(text.strip().partition("$")[0])]
    return re.compile(".*".join(parts), re.DOTALL | re.IGNORECASE)


@pytest.mark.parametrize(("what", "statement"), SAMPLES)
def test_what_is_lacking_is_found(what: str, statement: str) -> None:
    """A statement that only PostgreSQL takes is known by the list."""
    assert any(POSTGRES_ALONE[what](node) for node in sqlglot.parse_one(statement, read="postgres").walk())


def test_each_kind_of_what_is_lacking_has_a_sample() -> None:
    """Nothing stands in the list that was never found."""
    assert {what for what, _ in SAMPLES} == POSTGRES_ALONE.keys()


@each_target
def test_all_that_is_sent_is_its_sql(name: str) -> None:
    """Each statement is one statement to its parser, and has nothing in it that the warehouse lacks."""
    assert len(parsed(name)) == len(read(name))
    lacks = {**EVERYWHERE, **BY_NAME[name].lacks}
    found = {
        what: text
        for text, tree in parsed(name)
        for node in tree.walk()
        for what, is_it in lacks.items()
        if is_it(node)
    }
    assert found == {}


@each_target
def test_reserved_words_are_quoted(name: str) -> None:
    """No table, column or alias has a reserved word for its name, unless it is quoted."""
    reserved = BY_NAME[name].reserved
    bare = {
        node.name: text
        for text, tree in parsed(name)
        for node in tree.find_all(exp.Identifier)
        if not node.args.get("quoted") and node.name.lower() in reserved
    }
    assert bare == {}


@each_target
def test_no_text_is_read_otherwise_there(name: str) -> None:
    """A backslash in a quoted text means itself here and the next letter there: none is sent."""
    assert [text for text in sent(name) if re.search(r"'[^']*\\[^']*'", text)] == []


@each_target
def test_each_way_of_the_dialect_is_tried(name: str) -> None:
    """Every text of the dialect's table is among what was sent: the check leaves none out."""
    dialect = BY_NAME[name].dialect
    texts = {each.name: getattr(dialect, each.name) for each in fields(dialect)}
    never = [
        field
        for field in ("guard", "add_missing", "lock_name", "try_name", "lock_for_loads", "lock_against_loads")
        if texts[field] and not any(named(texts[field]).search(text) for text in sent(name))
    ]
    assert never == []
