"""The forms in which a secret might be printed; Airflow's masker knows only the first by itself."""

import base64
from urllib.parse import quote, quote_plus


def forms(secret: str) -> set[str]:
    """A secret as it is and percent-encoded."""
    return {secret, quote(secret, safe=""), quote_plus(secret)}


def basic(client_id: str, client_secret: str) -> str:
    """The two as HTTP Basic sends them."""
    return base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
