"""Files of pages, closed and open, each with an index beside it that says what is in it."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from include.landing.files import MeasuredFile, verified
from include.landing.manifest import LandedFile, parsed
from include.landing.place import Place
from include.zoom.pages import Page, unit_id
from include.zoom.stream import Stream

ASK_ANEW = "Clear the pull task of this run, which asks Zoom anew."
FILE_PAGES = 1_000
FILE_BYTES = 32 << 20
_NAME = re.compile(r"(part-\d{5,})(-[0-9a-f]+)?\.ndjson\.zst")


@dataclass
class Part:
    """A closed file of pages."""

    file: LandedFile
    finished: list[str]
    extracted_at: datetime | None
    """Zoom's first answer in it, or when what was taken over was seen to be unchanged."""
    taken_over: bool = False

    def written(self) -> bytes:
        """The index as JSON."""
        return orjson.dumps(self)

    @classmethod
    def read(cls, text: bytes, address: str) -> "Part":
        """The part that an index is of."""
        told = parsed(text, address)
        moment = told["extracted_at"]
        return cls(
            LandedFile(**told["file"]),
            told["finished"],
            moment and datetime.fromisoformat(moment),
            told.get("taken_over", False),
        )


class OpenPart:
    """A file that is being written."""

    def __init__(self, folder: Place, name: str) -> None:
        self._name = name
        self._file = MeasuredFile(folder / name)
        import pyarrow as pa  # noqa: PLC0415 - who only looks into manifests need not load Arrow

        self._compressed = pa.CompressedOutputStream(self._file, "zstd")
        self._finished: list[str] = []
        self._earliest: datetime | None = None
        self._pages = self._records = self._total = self._bytes = 0

    def write(self, pages: Iterable[Page], stream: Stream) -> None:
        """Appends the pages of one unit."""
        page = None
        for page in pages:
            line = page.line() + b"\n"
            self._compressed.write(line)
            self._pages += 1
            self._bytes += len(line)
            self._records += page.count(stream.lists[page.listing])
            self._earliest = min(self._earliest or page.received_at, page.received_at)
        if page is not None:
            self._total += page.total_records() or 0
            self._finished.append(unit_id(page.listing, page.parent))

    def is_large(self) -> bool:
        """Whether it is time for another file."""
        return self._pages >= FILE_PAGES or self._bytes >= FILE_BYTES

    def close(self) -> Part:
        """Ends the file."""
        self._compressed.close()
        self._file.close()
        file = LandedFile(
            self._name, self._file.size, self._file.sha256, self._pages, self._records, self._total
        )
        return Part(file, self._finished, self._earliest)

    def drop(self) -> None:
        """Gives the file up."""
        self._file.abandon()
        self._compressed.close()


def index_name(name: str) -> str:
    """The index of a file of pages, which is one for all versions of it.

    >>> index_name("attempt/part-00001-5eed.ndjson.zst")
    'attempt/part-00001.json'
    """
    return _NAME.sub(r"\1.json", name)


def versioned(name: str, version: str) -> str:
    """The name of another version of a file of pages."""
    return _NAME.sub(rf"\1-{version}.ndjson.zst", name)


def pages_of(folder: Place, file: LandedFile) -> Iterator[Page]:
    """The pages of one file below a stream's folder, which is verified first."""
    import pyarrow as pa  # noqa: PLC0415 - the same

    with verified(folder / file.name, size=file.bytes, sha256=file.sha256, remedy=ASK_ANEW) as copy:
        # pyarrow refuses a cut-off zstd stream; the zstandard package reads one without an error.
        lines = io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(copy, mode="r"), "zstd"))
        for line in lines:
            yield Page.from_line(line)
