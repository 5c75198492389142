"""Whose turn it is with a warehouse that is a file: one session at a time, on this machine, others wait.

The lock stands on a file beside it and ends with its process. DuckDB's own lock does not do: it refuses a second process
instead of letting it wait, and inside of one process it refuses nothing, so that two sessions would be two databases.
"""

from filelock import FileLock, Timeout

from include.warehouse.errors import TransientWarehouseError

TURN_SECONDS = 600
"""How long a session waits for the others."""


def take_turn(path: str, *, seconds: float = TURN_SECONDS) -> FileLock:
    """Waits for the file; whoever gets the lock releases it after the file is closed.

    Raises:
        TransientWarehouseError: others had it for all that time.
    """
    lock = FileLock(f"{path}.lock", timeout=seconds, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise TransientWarehouseError(
            f"Could not open the warehouse {path}: for {seconds:g} seconds other tasks have had it, one after the "
            "other. The load is tried again. Give the pool fewer tasks at once, or use PostgreSQL."
        ) from None
    return lock
