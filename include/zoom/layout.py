"""The columns of a warehouse table, in order: the one source of Arrow schemas and of DDL."""

from typing import TYPE_CHECKING

from include.zoom.stream import Column, Table, Type

if TYPE_CHECKING:
    import pyarrow as pa

ORDINAL = Column(
    "_ordinal",
    Type.BIGINT,
    "Numbers equal rows by their content, from 1; the same row has the same number in every pull.",
)
EXTRA = Column(
    "_extra",
    Type.JSON,
    "What Zoom sent beyond the declared columns, and values that don't fit their column, as they came.",
)
ROOT = "_root"
"""In `_extra`: what no column declares of the record that the row's own stood in."""
SLICE_DATE = Column("_slice_date", Type.DATE, "The slice this row belongs to (UTC day, or a month's first).")
LOAD_ID = Column("_load_id", Type.TEXT, "The load that wrote this row; see load_ledger.")
EXTRACTED_AT = Column("_extracted_at", Type.TIMESTAMP, "Zoom's clock when the extraction began.")
STAMPS = (SLICE_DATE, LOAD_ID, EXTRACTED_AT)

REJECTED = Table(
    name="rejected_rows",
    comment=(
        "Records that belong to no slice or have no key, as Zoom sent them (secrets removed). They stand at the "
        "first slice of the window that met them, or at each where a backfill's runs share one, and are replaced with "
        "that slice of their stream."
    ),
    columns=(
        Column("stream", comment="The stream that asked for it."),
        Column("reason", comment="Why it stands here."),
        Column("parent", Type.JSON, "The parent's key where the list was asked per parent.", personal=True),
        Column("record", Type.JSON, "The record as Zoom sent it.", personal=True),
    ),
    key=(),
)


def taken_columns(table: Table) -> tuple[Column, ...]:
    """The columns whose values come from Zoom: of the parent's key, the root record, the record itself."""
    return (*table.from_parent, *table.inherited, *table.columns)


def columns_of(table: Table) -> tuple[Column, ...]:
    """All columns of a table in declared order."""
    ordinal = (ORDINAL,) if table.numbered_within else ()
    return (*taken_columns(table), *ordinal, EXTRA, *STAMPS)


def arrow_schema(table: Table) -> "pa.Schema":
    """A table's Arrow schema: no unsigned type, no time without zone, nothing nested."""
    import pyarrow as pa  # noqa: PLC0415 - the catalog is imported while Dags are parsed

    return pa.schema([(column.name, arrow_type(column.type)) for column in columns_of(table)])


def arrow_type(kind: Type) -> "pa.DataType":
    """The Arrow type that ADBC writes into a PostgreSQL column of this type without changing a value."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    return {
        Type.TEXT: pa.string(),
        Type.BIGINT: pa.int64(),
        Type.DOUBLE: pa.float64(),
        Type.BOOLEAN: pa.bool_(),
        Type.TIMESTAMP: pa.timestamp("us", "UTC"),
        Type.DATE: pa.date32(),
        Type.JSON: pa.json_(),
    }[kind]
