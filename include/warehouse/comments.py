"""What stands beside tables, views and columns in a warehouse's catalogue, in its own words."""

from collections.abc import Mapping

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


def view_columns(dialect: Dialect, comments: Mapping[str, str]) -> str:
    """What follows a view's name as it is made: its columns, all and in order, where that is when they are commented on."""
    if not dialect.view_column:
        return ""
    told = (
        dialect.view_column.format(column=identifier(column), text=literal(text))
        for column, text in comments.items()
    )
    return f" ({', '.join(told)})"
