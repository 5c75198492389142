"""Secrets at rest and in logs: sealed with Airflow's Fernet key, known to its masker."""

import logging

from airflow.models.crypto import get_fernet
from airflow.sdk.log import mask_secret
from cryptography.fernet import InvalidToken

from include.grant.journal import Tokens
from include.grant.masking import forms
from include.zoom.oauth import TokenSet

log = logging.getLogger(__name__)


def seal(text: str) -> str:
    """Encrypted with Airflow's Fernet key."""
    return get_fernet().encrypt(text.encode()).decode()


def unsealed(sealed: str | None, connection_id: str) -> str | None:
    """What was sealed, or None where Airflow's Fernet key does not open it."""
    try:
        return get_fernet().decrypt(sealed.encode()).decode() if sealed else None
    except InvalidToken:
        log.warning(
            "The journal of grant %s was sealed with another Fernet key: its Connection counts.",
            connection_id,
        )
        return None


def mask_tokens(tokens: Tokens | TokenSet | None) -> None:
    """Masks both tokens of a set."""
    mask(*((tokens.access_token, tokens.refresh_token) if tokens else ()))


def mask(*secrets: str | None) -> None:
    """Masks these in every form; only for synchronous callers."""
    for secret in secrets:
        for form in forms(secret) if secret else ():
            mask_secret(form)
