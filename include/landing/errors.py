"""What can go wrong with landing."""

# ruff: noqa: N818 (named for what happened, as in include.zoom.errors)

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class LandingError(Exception):
    """Landing cannot be written or read."""


class LandingFull(LandingError):
    """No space is left."""


class LandingDamaged(LandingError):
    """What a manifest promises is not there, or is not what was written."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Says what could not be written and what to do, instead of a bare `OSError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise LandingFull(
                f"No space is left in landing to write {name}. Nothing of this attempt is published; free some "
                "space ([zoom] landing says where) and clear the task."
            ) from error
        raise LandingError(
            f"Landing cannot write {name}: {type(error).__name__}. Nothing of this attempt is published; see "
            "that [zoom] landing names a place that the workers may write."
        ) from error
