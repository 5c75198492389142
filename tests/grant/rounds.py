"""`python -m tests.grant.rounds N ROUNDS`: N real processes refuse their access token together, again and again.

Prints a JSON line: for each round, how many different access tokens the processes then hold, and every error.
"""

import asyncio
import json
import multiprocessing
import sys
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from include.grant.freshness import access_token
from include.grant.journal import digest
from include.grant.store.wiring import new_desk


async def refuse(rejected: str | None) -> str:
    """An access token other than the rejected one, had as a process with a database has it."""
    desk = new_desk()
    refused = digest(rejected) if rejected else None
    grant = await desk.serve(await desk.read("zoom_default"), refused)
    return access_token(grant, refused) or ""


def work(rounds: int, barrier: Barrier, results: "SimpleQueue[tuple[int, str, str]]") -> None:
    """One process."""
    token: str | None = None
    for number in range(rounds):
        barrier.wait(120)
        try:
            token = asyncio.run(refuse(token))
            results.put((number, token, ""))
        except Exception as error:  # noqa: BLE001 - reported, whatever it is
            results.put((number, "", f"{type(error).__name__}: {error}"))


def main() -> None:
    """Forks the processes once Airflow is imported."""
    count, rounds = int(sys.argv[1]), int(sys.argv[2])
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(count), fork.SimpleQueue()
    processes = [fork.Process(target=work, args=(rounds, barrier, results)) for _ in range(count)]
    for process in processes:
        process.start()
    seen = [results.get() for _ in range(count * rounds)]
    for process in processes:
        process.join()
    tokens = [len({token for number, token, _ in seen if number == round_}) for round_ in range(rounds)]
    print(json.dumps({"tokens": tokens, "errors": [error for _, _, error in seen if error]}))  # noqa: T201


if __name__ == "__main__":
    main()
