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
def writing(name: str, *, where: str = "landing", named_by: str = "[zoom] landing") -> Iterator[None]:
    """Says what could not be written and what to do; each store's library has errors of its own."""
    try:
        yield
    except LandingError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise LandingFull(
                f"No space is left in {where} to write {name}. Nothing of this attempt is published; free some "
                f"space ({named_by} says where) and clear the task."
            ) from error
        raise LandingError(
            f"Landing cannot write {name}: {type(error).__name__}. Nothing of this attempt is published; see "
            "that [zoom] landing names a place that the workers may write."
        ) from error


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Says what could not be read; what is not there stays a `FileNotFoundError`."""
    try:
        yield
    except (LandingError, FileNotFoundError):
        raise
    except Exception as error:
        raise LandingError(
            f"Landing cannot read {name}: {type(error).__name__}. Another try reads it again; if it stays, see that "
            "[zoom] landing names a place that the workers may read."
        ) from error
