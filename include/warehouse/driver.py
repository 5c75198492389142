"""The warehouse's driver without what it never uses: pyarrow imports pandas at the first value that it is given.

It looks once whether there is a pandas whose types it must know. A load hands it none, and saves 50 MB and half of
the import's CPU seconds. Who does use pandas afterwards finds it: pyarrow looks again where a frame is asked of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from include.warehouse.dialects import Dialect
from include.warehouse.errors import PermanentWarehouseError


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


def driver_of(dialect: Dialect, part: str = "") -> Any:  # noqa: ANN401 - a module that may lack
    """The module of a warehouse's driver, or a part of it such as `.dbapi`.

    Raises:
        PermanentWarehouseError: it is not installed.
    """
    try:
        with left_out("pandas"):
            return import_module(dialect.driver + part)
    except ImportError as error:
        raise PermanentWarehouseError(
            f"Could not load the driver of {dialect.name}: install {dialect.package} where the workers run "
            "(docs/warehouses.md)."
        ) from error
