"""`python -m tests.grant.turn_takers N TURNS`: N real processes take turns of one account's quota, all at once.

Prints a JSON line: each turn's day, start (seconds since 1970), spacing and count, what the quota says is used
of the last day, and every error.
"""

import asyncio
import json
import multiprocessing
import sys
from datetime import datetime
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from airflow import settings

from include.grant.store.quotas import Quotas
from include.grant.turn_messages import Wish
from include.grant.turnstile import Change, Given, Turnstile
from include.zoom.quota import Quota
from include.zoom.stream import Label
from include.zoom.turns import Turn
from tests.grant.rows import first_grant

GRANT = first_grant(plan="business")


async def take(turns: int) -> list[tuple[str, float, float, int]]:
    """One process; a turn's start is told in the database's time."""
    quotas, moments = Quotas(settings.get_engine), list[datetime]()

    async def change(account: str, change: Change) -> Given:
        def noted(state: str, now: datetime) -> tuple[str, Given]:
            moments.append(now)
            return change(state, now)

        return await asyncio.to_thread(quotas.change, account, noted)

    turnstile, taken = Turnstile(change, lambda: 0.7), []
    for _ in range(turns):
        turn = await turnstile.take(GRANT, Wish(Label.HEAVY, 3))
        now = moments[-1]
        if isinstance(turn, Turn):
            taken.append((f"{now:%F}", now.timestamp() + turn.starts_in, turn.apart, turn.count))
    return taken


def work(
    turns: int, barrier: Barrier, results: "SimpleQueue[tuple[list[tuple[str, float, float, int]], str]]"
) -> None:
    """One process."""
    barrier.wait(120)
    try:
        results.put((asyncio.run(take(turns)), ""))
    except Exception as error:  # noqa: BLE001 - reported, whatever it is
        results.put(([], f"{type(error).__name__}: {error}"))


def main() -> None:
    """Forks the processes once Airflow is imported."""
    count, turns = int(sys.argv[1]), int(sys.argv[2])
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(count), fork.SimpleQueue()
    processes = [fork.Process(target=work, args=(turns, barrier, results)) for _ in range(count)]
    for process in processes:
        process.start()
    seen = [results.get() for _ in range(count)]
    for process in processes:
        process.join()
    state, now = Quotas(settings.get_engine).read("account")
    used = Quota.from_json(state).usage("business", now.timestamp())[0].used
    taken = [turn for each, _ in seen for turn in each]
    print(json.dumps({"taken": taken, "used": used, "errors": [error for _, error in seen if error]}))  # noqa: T201


if __name__ == "__main__":
    main()
