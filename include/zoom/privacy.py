"""What becomes of personal data on the way into tables: each column is kept, hashed or dropped.

A policy is made of two settings; `withheld` applies it. A table's columns stay, whatever the policy.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from include.zoom.errors import PermanentError
from include.zoom.layout import EXTRA, REJECTED, taken_columns
from include.zoom.stream import Column, Stream, Table, Type
from include.zoom.vanished import confirmed_column

_PREFIX = "hash_"
_HASH_DIGITS = 32  # 128 bits: a billion values meet by chance once in 10^20
_EVERY = "*"


class Word(StrEnum):
    """What becomes of a column."""

    KEEP = "keep"
    HASH = "hash"
    DROP = "drop"


class PolicyError(PermanentError):
    """The settings about personal data contradict the tables or themselves."""


@dataclass(frozen=True)
class _Rule:
    """`place.column:word`; a place is a table, a stream or all."""

    place: str
    column: str
    word: Word
    text: str

    def rank(self, stream: Stream, table: Table, column: str) -> tuple[bool, int] | None:
        """How closely it names this column; None where it does not."""
        if self.column not in (_EVERY, column):
            return None
        places = (_EVERY, stream.name, table.name)
        nearest = max((rank for rank, name in enumerate(places) if name == self.place), default=None)
        return None if nearest is None else (self.column != _EVERY, nearest)


@dataclass(frozen=True)
class Policy:
    """The word for each column of each table; `KEEP_ALL` is the one without settings."""

    default: Word = Word.KEEP
    rules: tuple[_Rule, ...] = ()
    key: bytes = field(default=b"", repr=False)

    def words(self, stream: Stream, table: Table) -> dict[str, Word]:
        """The columns that are not kept as they are, `_extra` among them."""
        if table.name == REJECTED.name:
            return self._of_rejected(stream)
        words = {column.name: self._word(stream, table, column) for column in taken_columns(table)}
        changed: dict[str, Word] = {name: word for name, word in words.items() if word is not Word.KEEP}
        rule = self._rule(stream, table, EXTRA.name)
        named = rule is not None and rule.column == EXTRA.name
        if rule.word is not Word.KEEP if rule and named else self._loses_extra(stream, table):
            changed[EXTRA.name] = Word.DROP
        return changed

    def told(self, streams: Iterable[Stream]) -> dict[str, str]:
        """The changed columns as `table.column`, with the word: for logs and manifests."""
        return {
            f"{table.name}.{name}": word.value
            for stream in streams
            for table in stream.tables
            for name, word in self.words(stream, table).items()
        }

    def _of_rejected(self, stream: Stream) -> dict[str, Word]:
        """A rejected record stands there whole, so it goes where any of its columns does."""
        changed = any(self.words(stream, table) for table in stream.tables)
        return dict.fromkeys(("parent", "record"), Word.DROP) if changed else {}

    def _rule(self, stream: Stream, table: Table, column: str) -> _Rule | None:
        ranked = [
            (rank, rule) for rule in self.rules if (rank := rule.rank(stream, table, column)) is not None
        ]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def _word(self, stream: Stream, table: Table, column: Column) -> Word:
        rule = self._rule(stream, table, column.name)
        named = rule is not None and rule.column != _EVERY
        if not named and not column.personal:
            return Word.KEEP
        word = rule.word if rule else self.default
        if word is Word.HASH and column.type is not Type.TEXT:
            return Word.DROP  # a number or a time has no room for a hash
        if word is Word.DROP and column.name in table.key:
            return Word.HASH  # rows without their key could not be told apart
        return word

    def _loses_extra(self, stream: Stream, table: Table) -> bool:
        """Whether undeclared fields go too, because declared ones of its stream do by a general word."""
        tables = (*stream.tables, table)
        if not any(column.personal for each in tables for column in taken_columns(each)):
            return False
        general = self._rule(stream, table, _EVERY)
        return (general.word if general else self.default) is not Word.KEEP


KEEP_ALL = Policy()


def policy(default: str, columns: str, key: str, streams: Mapping[str, Stream]) -> Policy:
    """The policy of these settings.

    Args:
        default: `keep`, `hash` or `drop`, for every column that is marked as personal.
        columns: exceptions such as `users.email:keep meetings.topic:drop meeting_participants.*:hash`. Before the
            dot a table, a stream or `*`; after it a column, or `*` for all that are marked. A named column counts
            more than `*`, then a table more than a stream, and a stream more than `*`.
        key: the secret that hashes are made with.
        streams: what there is to name.

    Raises:
        PolicyError: a word, a table or a column is unknown; two exceptions contradict each other; a column that
            must be told apart is to be dropped, or one that is no text hashed; hashes are wanted without a key.
    """
    made = Policy(_word(default, "[zoom] personal"), tuple(map(_rule, columns.split())), key.encode())
    for rule in made.rules:
        _check(rule, streams)
        _check_asked_by(rule, streams.values())
    _check_contradictions(made.rules)
    hashing = sorted(name for name, word in made.told(streams.values()).items() if word == Word.HASH)
    if hashing and not key:
        raise PolicyError(
            f"{', '.join(hashing[:3])}{' and others are' if hashing[3:] else ' is'} to be hashed, but there is no key. "
            "Set [zoom] personal_hash_key to a long random text and keep it: another key makes other hashes."
        )
    return made


def hash_of(text: str, key: bytes) -> str:
    """`hash_` and 32 hexadecimal digits of HMAC-SHA-256: the same in every table and run, while the key is.

    Addresses are compared as Zoom compares them, without regard to case and white space around them.
    """
    plain = text.strip().lower() if "@" in text else text
    digest = hmac.digest(key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
    return f"{_PREFIX}{digest[:_HASH_DIGITS]}"


def _word(text: str, where: str) -> Word:
    try:
        return Word(text.strip().lower())
    except ValueError:
        raise PolicyError(f"{where} says {text!r}, which is none of keep, hash, drop.") from None


def _rule(text: str) -> _Rule:
    name, colon, word = text.rpartition(":")
    place, dot, column = name.partition(".")
    if not (colon and dot and place and column):
        raise PolicyError(
            f"[zoom] personal_columns has {text!r}, which is not table.column:word, such as users.email:hash."
        )
    return _Rule(place, column, _word(word, f"[zoom] personal_columns, {text},"), text)


def _check(rule: _Rule, streams: Mapping[str, Stream]) -> None:
    tables = [
        table
        for stream in streams.values()
        for table in stream.tables
        if rule.place in (_EVERY, stream.name, table.name)
    ]
    if not tables:
        raise PolicyError(f"[zoom] personal_columns has {rule.text}, but there is no table {rule.place}.")
    if rule.column == EXTRA.name:
        if rule.word is Word.HASH:
            raise PolicyError(f"[zoom] personal_columns has {rule.text}: _extra is kept or dropped.")
    elif rule.column != _EVERY:
        _check_column(rule, tables)


def _check_column(rule: _Rule, tables: Iterable[Table]) -> None:
    named = [
        (table, column) for table in tables for column in taken_columns(table) if column.name == rule.column
    ]
    if not named:
        raise PolicyError(f"[zoom] personal_columns has {rule.text}, but {rule.place} has no such column.")
    for table, column in named:
        if rule.word is Word.HASH and column.type is not Type.TEXT:
            raise PolicyError(
                f"[zoom] personal_columns has {rule.text}, but {table.name}.{column.name} is {column.type}: only text "
                "can be hashed. Drop it or keep it."
            )
        if rule.word is Word.DROP and column.name in table.key:
            raise PolicyError(
                f"[zoom] personal_columns has {rule.text}, but {column.name} is part of {table.name}'s key: without it "
                "rows can't be told apart. Hash it or keep it."
            )


def _check_asked_by(rule: _Rule, streams: Iterable[Stream]) -> None:
    """Who is in no list any more is asked for by what the last snapshot's table holds."""
    for stream in streams:
        column, table = confirmed_column(stream), stream.tables[0]
        changed = column is not None and rule.column == column.name and rule.word is not Word.KEEP
        if changed and rule.rank(stream, table, rule.column) is not None:
            raise PolicyError(
                f"[zoom] personal_columns has {rule.text}, but Zoom is asked by {table.name}.{rule.column} whether who "
                "vanished is gone. Keep it."
            )


def _check_contradictions(rules: Iterable[_Rule]) -> None:
    words: dict[tuple[str, str], Word] = {}
    for rule in rules:
        if words.setdefault((rule.place, rule.column), rule.word) is not rule.word:
            raise PolicyError(
                f"[zoom] personal_columns says both {words[rule.place, rule.column]} and {rule.word} of "
                f"{rule.place}.{rule.column}."
            )
