"""The warehouse's driver without what it never uses: pyarrow imports pandas at the first value that it is given.

It looks once whether there is a pandas whose types it must know. A load hands it none, and saves 50 MB and half of
the import's CPU seconds. Who does use pandas afterwards finds it: pyarrow looks again where a frame is asked of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Missing:
    """A finder for which one package is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_: object) -> None:
        """Refuses the package, and leaves all others to the finders after it."""
        if name == self._package:
            raise ModuleNotFoundError(f"{name} is left out here", name=name)


@contextmanager
def left_out(package: str) -> Iterator[None]:
    """Lets what is imported meanwhile find the package missing, unless it is there already."""
    finder = _Missing(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
