"""What is read of an answer."""

from collections.abc import Mapping
from typing import Protocol


class Reply(Protocol):
    """An answer that has come whole: httpx's, or one without its machinery."""

    @property
    def status_code(self) -> int:
        """HTTP's."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in any case of letters."""

    @property
    def content(self) -> bytes:
        """The body, decompressed."""
