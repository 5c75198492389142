"""Registers secrets with Airflow's masker in every form in which they might be printed."""

import base64
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from airflow.sdk.log import mask_secret


def forms(secret: str) -> set[str]:
    """A secret as it is and percent-encoded; the masker knows neither by itself."""
    return {secret, quote(secret, safe=""), quote_plus(secret)}


def basic(client_id: str, client_secret: str) -> str:
    """The two as HTTP Basic sends them."""
    return base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def mask(secrets: Iterable[str | None]) -> None:
    """Masks these in this process (and its supervisor, where there is one); only for synchronous callers."""
    for secret in secrets:
        for form in forms(secret) if secret else ():
            mask_secret(form)
