"""What an attempt holds: written last, so what has a manifest is complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self

import orjson

from include.landing.errors import LandingDamaged
from include.zoom.stream import Kind, slice_dates


@dataclass(frozen=True)
class LandedFile:
    """A file of pages; `name` is its path below the stream's folder."""

    name: str
    bytes: int
    sha256: str
    pages: int
    records: int
    total_records: int = 0
    """What Zoom counts, over the lists that tell."""


@dataclass(frozen=True)
class Manifest:
    """A finished pull; `address` is its path below landing's root."""

    address: str
    account: str
    stream: str
    kind: Kind
    attempt_id: str
    days: tuple[date, ...]
    extracted_at: datetime
    """The earliest answer's `Date` header, our own clock where nothing had to be asked; that of a shared window where
    the parents come from one."""
    files: tuple[LandedFile, ...]
    counts: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False
    """Whether it is of a window that several runs share, each for a day of its own."""

    @property
    def slice_dates(self) -> tuple[date, ...]:
        """The slices that loading it replaces."""
        if self.kind is Kind.SNAPSHOT:
            return (self.extracted_at.date(),)
        return slice_dates(self.kind, self.days)

    @property
    def snapshot_date(self) -> date | None:
        """The slice of a snapshot; None for the other kinds."""
        return self.extracted_at.date() if self.kind is Kind.SNAPSHOT else None

    def written(self) -> bytes:
        """The manifest as JSON."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2)

    @classmethod
    def read(cls, text: bytes, address: str) -> Self:
        """The manifest that `text` is."""
        told = parsed(text, address)
        return cls(
            address=address,
            account=told["account"],
            stream=told["stream"],
            kind=Kind(told["kind"]),
            attempt_id=told["attempt_id"],
            days=_dates(told["days"]),
            extracted_at=datetime.fromisoformat(told["extracted_at"]),
            files=tuple(LandedFile(**file) for file in told["files"]),
            counts=told["counts"],
            settings=told["settings"],
            shared=told.get("shared", False),
        )


@dataclass(frozen=True)
class FrameFile:
    """A Parquet file: the rows of one table and slice; `name` is its path below the frames' folder."""

    table: str
    slice_date: date
    name: str
    rows: int
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class FrameManifest:
    """A finished transform of one attempt."""

    address: str
    account: str
    stream: str
    kind: Kind
    attempt_id: str
    load_id: str
    extracted_at: datetime
    slice_dates: tuple[date, ...]
    """All slices to replace, also those that have become empty and have no file."""
    files: tuple[FrameFile, ...]
    counts: Mapping[str, Any] = field(default_factory=dict)
    forgotten: str = ""
    """The version of who was forgotten when it was made."""

    def written(self) -> bytes:
        """The manifest as JSON."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2)

    @classmethod
    def read(cls, text: bytes, address: str) -> Self:
        """The manifest that `text` is."""
        told = parsed(text, address)
        return cls(
            address=address,
            account=told["account"],
            stream=told["stream"],
            kind=Kind(told["kind"]),
            attempt_id=told["attempt_id"],
            load_id=told["load_id"],
            extracted_at=datetime.fromisoformat(told["extracted_at"]),
            slice_dates=_dates(told["slice_dates"]),
            files=tuple(
                FrameFile(**{**file, "slice_date": date.fromisoformat(file["slice_date"])})
                for file in told["files"]
            ),
            counts=told["counts"],
            forgotten=told.get("forgotten", ""),
        )


def joined_manifest(manifests: Sequence[Manifest]) -> Manifest:
    """What several attempts of one stream hold together, from the earliest of their extractions on."""
    counts: dict[str, list[Any]] = {}
    for name, value in (
        item for each in manifests for item in each.counts.items()
    ):  # one may be of older code
        counts.setdefault(name, []).append(value)
    return replace(
        manifests[0],
        extracted_at=min(each.extracted_at for each in manifests),
        files=tuple(file for each in manifests for file in each.files),
        counts={name: _joined(name, values) for name, values in counts.items()},
        shared=False,
    )


def _joined(name: str, values: list[Any]) -> Any:  # noqa: ANN401 - numbers, or lists of skipped parents
    if name == "parents":  # the same ones, asked in each window
        return max(values)
    return [item for value in values for item in value] if isinstance(values[0], list) else sum(values)


def parsed(text: bytes, address: str) -> dict[str, Any]:
    """A JSON object of landing's own."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise LandingDamaged(
            f"{address} in landing is cut off or altered. Clear the pull task of this run, which asks Zoom anew."
        ) from error
    return dict(told)


def _dates(texts: list[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)
