"""Takes secrets out of what a process logs, behind the renderers that Airflow has set up.

Airflow 3.3 masks in what a task sends to its log file, and nowhere else: neither the API server's log nor the
copy of a task's log that LocalExecutor's workers print passes through its masker.
"""

import logging
from collections.abc import Iterator
from typing import Any

import structlog
from airflow.sdk.log import (  # type: ignore[attr-defined]  # as providers do
    redact as redacted_by_airflow,
)

from include.grant.masking import Secrets

_secrets = Secrets()


def mask(*secrets: str | None) -> None:
    """From now on no line of this process's log shows these, in whatever form.

    Not by Airflow's masker: it compiles all that it ever saw into one expression, anew for each new token (5 s
    for 10,000 of them), and a server that refreshes for years sees more.
    """
    for secret in secrets:
        if secret:
            _secrets.add(secret)
    guard_log()


def guard_log() -> None:
    """Has each line pass by us; again where Airflow has set up its log anew. Loggers share their list."""
    renderers = structlog.get_config()["processors"]
    renderers[-1] = _guarded(renderers[-1])
    for handler in _handlers():
        if isinstance(formatter := handler.formatter, structlog.stdlib.ProcessorFormatter):
            formatter.processors = (*formatter.processors[:-1], _guarded(formatter.processors[-1]))


class _Guarded:
    """Another renderer, without secrets: in the values before they are escaped, and in tracebacks after."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - structlog's own type of a processor
        self._inner = inner

    def __call__(self, logger: Any, name: str, event: Any) -> Any:  # noqa: ANN401
        """What the inner renderer writes: text, or bytes where Airflow logs JSON."""
        line = self._inner(logger, name, {key: _clean(value) for key, value in event.items()})
        if isinstance(line, bytes):
            return _clean(line.decode(errors="replace")).encode()
        return _clean(line)


def _guarded(renderer: Any) -> _Guarded:  # noqa: ANN401
    return renderer if isinstance(renderer, _Guarded) else _Guarded(renderer)


def _clean(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    # Ours first: a short secret of Airflow's may be a part of a long one of ours, which then would not be known.
    return redacted_by_airflow(_secrets.redact(value)) if isinstance(value, str) else value


def _handlers() -> Iterator[logging.Handler]:
    yield from logging.root.handlers
    yield from logging.getLogger("uvicorn.error").handlers
