"""Pages that wait until their list is complete: in memory while they are few, then in a temporary file.

So an account-wide list of any length costs little memory, and one that has to be asked anew leaves nothing.
"""

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, overload

from include.zoom.pages import Page

_IN_MEMORY_BYTES = 2_000_000


class Spool(Sequence[Page]):
    """Pages in the order in which they came."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed in __exit__)
        self._ends = [0]

    def append(self, page: Page) -> None:
        """Adds a page at the end."""
        line = page.line()
        self._file.seek(self._ends[-1])
        self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))

    def cut(self, length: int) -> None:
        """Forgets all pages but the first `length`."""
        del self._ends[length + 1 :]

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> list[Page]: ...
    def __getitem__(self, index: int | slice) -> Page | list[Page]:
        if isinstance(index, slice):
            return [self._read(number) for number in range(*index.indices(len(self)))]
        return self._read(range(len(self))[index])

    def __iter__(self) -> Iterator[Page]:
        return (self._read(number) for number in range(len(self)))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _read(self, number: int) -> Page:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return Page.from_line(self._file.read(end - start))
