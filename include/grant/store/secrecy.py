"""Secrets at rest and in logs: sealed with Airflow's Fernet key, taken out of what this process logs."""

import logging
from collections.abc import Iterator
from typing import Any

import structlog
from airflow.models.crypto import get_fernet
from cryptography.fernet import InvalidToken

from include.grant.journal import Tokens
from include.grant.masking import Secrets
from include.zoom.oauth import TokenSet

log = logging.getLogger(__name__)
_secrets = Secrets()


def seal(text: str) -> str:
    """Encrypted with Airflow's Fernet key."""
    return get_fernet().encrypt(text.encode()).decode()


def opened(sealed: str) -> str | None:
    """What was sealed, or None where none of Airflow's Fernet keys opens it."""
    try:
        return get_fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def unsealed(sealed: str | None, connection_id: str) -> str | None:
    """A journal's token sets; None, with a warning, where they can't be opened."""
    text = opened(sealed) if sealed else None
    if sealed and text is None:
        log.warning(
            "The journal of grant %s was sealed with another Fernet key: its Connection counts.",
            connection_id,
        )
    return text


def mask_tokens(tokens: Tokens | TokenSet | None) -> None:
    """Masks both tokens of a set."""
    mask(*((tokens.access_token, tokens.refresh_token) if tokens else ()))


def mask(*secrets: str | None) -> None:
    """From now on no line of this process's log shows these, in whatever form.

    Airflow's own masker works in tasks alone: nothing asks it about a line that the API server logs, and it
    compiles all that it ever saw into one expression anew for each new token (5 s for 10,000 of them).
    """
    for secret in secrets:
        if secret:
            _secrets.add(secret)
    _guard_log()


class _Redacting(logging.Formatter):
    """Another formatter's lines, tracebacks included, without secrets."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """What the inner formatter writes, redacted."""
        return _secrets.redact(self._inner.format(record))


class _Redacted:
    """Another structlog renderer's lines, without secrets."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - structlog's own type of a processor
        self._inner = inner

    def __call__(self, logger: Any, name: str, event: Any) -> Any:  # noqa: ANN401
        """What the inner renderer writes, redacted; text, or bytes where Airflow logs JSON."""
        line = self._inner(logger, name, event)
        if isinstance(line, bytes):
            return _secrets.redact(line.decode(errors="replace")).encode()
        return _secrets.redact(line) if isinstance(line, str) else line


def _guard_log() -> None:
    """Puts the redaction behind Airflow's renderers, which may be set up anew; loggers share their list."""
    renderers = structlog.get_config()["processors"]
    if not isinstance(renderers[-1], _Redacted):
        renderers[-1] = _Redacted(renderers[-1])
    for handler in _handlers():
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter):
            handler.setFormatter(_Redacting(handler.formatter))


def _handlers() -> Iterator[logging.Handler]:
    yield from logging.root.handlers
    yield from logging.getLogger("uvicorn.error").handlers
