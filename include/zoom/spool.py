"""Pages that wait until their list is complete: as they are while they are few, then in a temporary file.

So an account-wide list of any length costs little memory, and one that has to be asked anew leaves nothing.
"""

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import BinaryIO, Self, overload

from include.zoom.pages import Page

_IN_MEMORY_BYTES = 256_000  # more than a hundred lists may be under way at once


class Spool(Sequence[Page]):
    """Pages in the order in which they came: the first ones in memory, the others in a file."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._bytes = 0
        self._file: BinaryIO | None = None
        self._ends = [0]

    def append(self, page: Page) -> None:
        """Adds a page at the end."""
        if self._file is None and self._bytes < _IN_MEMORY_BYTES:
            self._pages.append(page)
            self._bytes += len(page.body)
            return
        self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        line = page.line()
        self._file.seek(self._ends[-1])
        self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))

    def cut(self, length: int) -> None:
        """Forgets all pages but the first `length`."""
        del self._pages[length:]
        del self._ends[max(0, length - len(self._pages)) + 1 :]
        self._bytes = sum(len(page.body) for page in self._pages)

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
        return len(self._pages) + len(self._ends) - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self, number: int) -> Page:
        if number < len(self._pages) or self._file is None:
            return self._pages[number]
        number -= len(self._pages)
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return Page.from_line(self._file.read(end - start))
