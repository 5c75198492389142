"""The `retire` task: deletes what has lain in landing for longer than [zoom] landing_days."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta

from airflow.sdk import conf, get_current_context

from include.flow.run import landing
from include.landing import Landing, Manifest
from include.landing.retention import Retired, retire
from include.warehouse.connect import warehouse
from include.warehouse.held import Extractions, held
from include.warehouse.ledger import owner
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.errors import Misconfigured

LEAST_DAYS = 10
"""Windows that runs share serve for seven days, and a try goes on from one that stopped two days before."""
_NAMED = 10
_log = logging.getLogger(__name__)


def retire_landing() -> dict[str, dict[str, int]]:
    """How many attempts and pointers left, and how many old ones stay and why, by account.

    Raises:
        Misconfigured: [zoom] landing_days is no such number.
    """
    params = get_current_context()["params"]
    days = landing_days()
    if days == 0:
        _log.info("[zoom] landing_days is 0: landing keeps everything.")
        return {}
    warehouses = [
        warehouse(schema=name) for name in dict.fromkeys(params["schemas"].replace(",", " ").split())
    ]
    dry_run = bool(params["dry_run"])
    return dict(_retired(landing(), warehouses, days, datetime.now(UTC), dry_run=dry_run))


def _retired(
    store: Landing, warehouses: Sequence[Warehouse], days: int, now: datetime, *, dry_run: bool
) -> Iterator[tuple[str, dict[str, int]]]:
    for account, those in _by_account(warehouses).items():
        done = retire(
            store,
            account,
            tuple(STREAMS),
            before=now - timedelta(days=days),
            is_loaded=_Ledgers(those).hold,
            dry_run=dry_run,
        )
        _tell(account, done, days, dry_run=dry_run)
        yield (
            account,
            {name: len(told) if isinstance(told, list) else told for name, told in asdict(done).items()},
        )


def landing_days() -> int:
    """How long landing keeps what was pulled; 0: for ever."""
    told: str = conf.get("zoom", "landing_days")
    if not told.isdecimal() or 0 < int(told) < LEAST_DAYS:
        raise Misconfigured(
            f"The setting [zoom] landing_days is {told!r}; it must be a whole number of days, at least {LEAST_DAYS}, "
            "or 0 for ever."
        )
    return int(told)


@dataclass(frozen=True)
class _Ledgers:
    """What the schemas of one account have loaded; each stream is asked for once."""

    warehouses: Sequence[Warehouse]
    _held: dict[str, list[Extractions]] = field(default_factory=dict)

    def hold(self, manifest: Manifest, slices: Iterable[date]) -> bool:
        """Whether one of the schemas holds these slices as this extraction has them, or newer."""
        if manifest.stream not in self._held:
            self._held[manifest.stream] = [*self._asked(manifest.stream)]
        ours, days = (manifest.extracted_at, manifest.attempt_id), tuple(slices)
        return any(
            all(day in held and min(held[day]) >= ours for day in days)
            for held in self._held[manifest.stream]
        )

    def _asked(self, stream: str) -> Iterator[Extractions]:
        for each in self.warehouses:
            with each.connect() as connection:
                yield held(connection, each.schema, STREAMS[stream])


def _by_account(warehouses: Iterable[Warehouse]) -> dict[str, list[Warehouse]]:
    found: dict[str, list[Warehouse]] = {}
    for each in warehouses:
        with each.connect() as connection:
            account = owner(connection, each.schema)
        if account is None:
            _log.warning("Schema %s holds no account yet, so nothing of it can be deleted.", each.schema)
        else:
            found.setdefault(account, []).append(each)
    return found


def _tell(account: str, done: Retired, days: int, *, dry_run: bool) -> None:
    _log.info(
        "%s: %d attempts older than %d days %s with %d pointers; %d of that age are needed by younger ones.",
        account,
        done.attempts,
        days,
        "would be deleted" if dry_run else "deleted",
        done.pointers,
        done.needed,
    )
    for why, which in (
        ("the warehouse has not loaded them. Clear their load, or backfill their days", done.unloaded),
        ("their manifest cannot be read. Look at them", done.damaged),
    ):
        if which:
            named = ", ".join(which[:_NAMED]) + (f" and {len(which) - _NAMED} more" if which[_NAMED:] else "")
            _log.warning("%d old attempts stay, as %s; or delete their folders: %s", len(which), why, named)
