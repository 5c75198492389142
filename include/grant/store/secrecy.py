"""Secrets at rest: sealed with Airflow's Fernet key."""

import logging

from airflow.models.crypto import get_fernet
from cryptography.fernet import InvalidToken

from include.grant.journal import Tokens
from include.grant.redaction import mask
from include.zoom.oauth import TokenSet

log = logging.getLogger(__name__)


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
