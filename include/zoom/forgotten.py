"""Who is forgotten, without saying who it is: keyed hashes of ids and addresses, found again in any text."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_DIGITS = 32
_STANDS_FOR = "forgotten_"
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+")
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SHORTEST, _LONGEST = 6, 320


@dataclass(frozen=True)
class Forgotten:
    """The forgotten people of a schema; without one, everybody stays."""

    people: Mapping[str, str] = field(default_factory=dict)
    """What stands in a person's place where something must, by the hashes of their identifiers."""
    key: bytes = field(default=b"", repr=False)

    def __bool__(self) -> bool:
        return bool(self.people)

    @property
    def version(self) -> str:
        """The same text for the same people: what was made with another one may still hold somebody."""
        return version(self.people)

    def named_in(self, text: str) -> str | None:
        """What stands in the place of the forgotten person that a text names by id or address; None: nobody."""
        for candidate in _candidates(text):
            if person := self.people.get(identifier_hash(candidate, self.key)):
                return person
        return None

    def named_within(self, value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
        """The same for any JSON, names of fields included."""
        if isinstance(value, str):
            return self.named_in(value)
        inner: Iterable[Any] = ()
        if isinstance(value, dict):
            inner = (part for pair in value.items() for part in pair)
        elif isinstance(value, list):
            inner = value
        return next((person for part in inner if (person := self.named_within(part))), None)


NOBODY = Forgotten()


def version(hashes: Iterable[str]) -> str:
    """A text for these identifiers' hashes; empty for none."""
    ordered = sorted(hashes)
    return hashlib.sha256(" ".join(ordered).encode()).hexdigest()[:16] if ordered else ""


def identifier_hash(identifier: str, key: bytes) -> str:
    """Keyed, and another one than the hash that a hashed column holds of the same text."""
    plain = identifier.strip().lower() if "@" in identifier else identifier.strip()
    message = b"forgotten\0" + plain.encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, hashlib.sha256).hex()[:_DIGITS]


def stand_in(identifiers: Iterable[str], key: bytes) -> str:
    """What stands in a person's place where a key must not be empty: tells nobody, and is no one else's."""
    return _STANDS_FOR + min(identifier_hash(identifier, key) for identifier in identifiers)[:16]


def key_mark(key: bytes) -> str:
    """By which a key is known again."""
    return identifier_hash("\0key", key)


def _candidates(text: str) -> Iterator[str]:
    whole = text.strip()
    if _SHORTEST <= len(whole) <= _LONGEST:
        yield whole
    if "@" in text:
        yield from (found.strip(".-'") for found in _ADDRESS.findall(text))
    if len(whole) > _SHORTEST:
        yield from (found for found in _ID.findall(text) if found != whole)
