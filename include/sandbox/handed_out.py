"""Every secret that went over the wire, so that a test can look for them where they must not be."""

from collections import deque

_KEPT = 20_000


class HandedOut:
    """Tokens, codes, states and verifiers by kind, the newest last."""

    def __init__(self) -> None:
        self._kept: deque[tuple[str, str]] = deque(maxlen=_KEPT)

    def add(self, kind: str, secret: str) -> None:
        """Remembers one; an empty one is none."""
        if secret:
            self._kept.append((kind, secret))

    def report(self) -> list[dict[str, str]]:
        """All of them, as JSON."""
        return [{"kind": kind, "secret": secret} for kind, secret in self._kept]
