"""What stands beside tables, views and columns in a warehouse's catalogue, in its own words."""

from include.warehouse.dialects import Dialect
from include.warehouse.session import identifier, literal


def comment_on(dialect: Dialect, kind: str, name: str, text: str) -> str:
    """The statement that comments on a `TABLE` or `VIEW`, by its quoted name."""
    return dialect.comment.format(kind=kind, name=name, text=literal(text))


def comment_on_column(dialect: Dialect, kind: str, name: str, column: str, text: str) -> str:
    """The statement that comments on a column of it."""
    return dialect.comment_on_column.format(
        kind=kind, name=name, column=identifier(column), text=literal(text)
    )
