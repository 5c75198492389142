"""`python -m tests.grant.refresher FILE`: refuses its access token again and again until FILE exists.

Prints a JSON line: how many different access tokens it had, and every error that is not a passing one.
"""

import asyncio
import json
import sys
from pathlib import Path

from include.zoom.errors import TransientError
from tests.grant.rounds import refuse


def main() -> None:
    """Goes on through pauses, as tasks do."""
    tokens: set[str] = set()
    errors: list[str] = []
    token: str | None = None
    while not Path(sys.argv[1]).exists():
        try:
            token = asyncio.run(refuse(token))
            tokens.add(token)
        except TransientError:
            continue
        except Exception as error:  # noqa: BLE001 - reported, whatever it is
            errors.append(f"{type(error).__name__}: {error}")
    print(json.dumps({"tokens": len(tokens), "errors": errors}))  # noqa: T201


if __name__ == "__main__":
    main()
