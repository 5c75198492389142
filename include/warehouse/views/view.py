"""What a view's SQL file says: the statement, the relations that it reads, and what view and columns mean."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from string import Formatter

from include.warehouse.comments import comment_on, comment_on_column, view_columns
from include.warehouse.dialects import Dialect
from include.warehouse.session import identifier

_MARK = "[airflow-zoom-warehouse, definition "
_PART = re.compile(r"\{(parts/\w+)\}")
_COLUMN = re.compile(r"(\w+),? -- (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class View:
    """One view.

    `text` begins with a comment, which becomes the view's. Each column of the result stands on a line that ends with
    its name and ` -- ` what it means; no other line ends with a comment. Relations of the schema are named
    in braces.
    """

    name: str
    text: str

    @cached_property
    def comment(self) -> str:
        """What one row is."""
        head = takewhile(lambda line: line.startswith("--"), self.text.splitlines())
        return " ".join(line.removeprefix("--").strip() for line in head)

    @cached_property
    def stamped_comment(self) -> str:
        """The comment as it stands in the warehouse: with the text's digest, by which a changed file shows."""
        return f"{self.comment} {_MARK}{sha256(self.text.encode()).hexdigest()[:12]}]"

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The columns with their meaning."""
        return dict(_COLUMN.findall(self.text))

    @cached_property
    def reads(self) -> frozenset[str]:
        """Tables and views of the schema that must be there."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.text) if name)

    def statements(self, schema: str, dialect: Dialect) -> Iterator[str]:
        """The DDL."""
        name = identifier(schema, self.name)
        query = self.text.format(**{read: identifier(schema, read) for read in self.reads})
        yield f"CREATE OR REPLACE VIEW {name}{view_columns(dialect, self.columns)} AS\n{query}"
        yield comment_on(dialect, "VIEW", name, self.stamped_comment)
        for column, meaning in () if dialect.view_column else self.columns.items():
            yield comment_on_column(dialect, "VIEW", name, column, meaning)


def is_ours(comment: str) -> bool:
    """Whether a view with this comment was made by us, in whatever version."""
    return _MARK in comment


def views() -> tuple[View, ...]:
    """All views, by name."""
    folder = files("include.warehouse.views")
    texts = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    return tuple(
        View(name.removesuffix(".sql"), _whole(folder, texts[name].read_text())) for name in sorted(texts)
    )


def _whole(folder: Traversable, text: str) -> str:
    """The text with what it shares with other views, such as `{parts/attendance}`, put in."""
    return _PART.sub(lambda part: folder.joinpath(f"{part[1]}.sql").read_text().rstrip(), text)
