"""Which hosts may see a client secret: Zoom's, and those an administrator has listed."""

import ipaddress
import re
from collections.abc import Collection

import httpx

from include.zoom.errors import Misconfigured

_ZOOM = (".zoom.us", ".zoomgov.com")
# Plain on purpose: a browser, which opens the authorise page, reads backslashes, percent signs, dots of other
# scripts and the like differently than we do.
_PLAIN = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?(/[a-z0-9._~-]+)*/?",
    re.IGNORECASE | re.ASCII,
)


def allowed_address(address: str, listed: Collection[str], *, what: str) -> str:
    """`address` without a trailing slash, if secrets may be sent there.

    Args:
        address: An absolute URL.
        listed: Further hosts, as `host` or `host:port` ([zoom] allowed_hosts).
        what: The field it comes from, for the message.

    Raises:
        Misconfigured: It is not https (listed loopback hosts excepted), has user or query parts, or its host
            is neither Zoom's nor listed.
    """
    url = _parsed(address, what)
    host = url.host.lower()
    if f"{host}:{url.port}" in listed or host in listed:
        if url.scheme != "https" and not is_loopback(host):
            raise Misconfigured(f"The {what} must begin with https://.")
        return address.rstrip("/")
    if not host.endswith(_ZOOM) and host not in ("zoom.us", "zoomgov.com"):
        raise Misconfigured(
            f"The {what} is on a host that is not Zoom's, so no secret is sent there; where that is meant, "
            "list the host in [zoom] allowed_hosts (AIRFLOW__ZOOM__ALLOWED_HOSTS)."
        )
    if url.scheme != "https" or url.port not in (None, 443):
        raise Misconfigured(f"The {what} must begin with https:// and use its usual port.")
    return address.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parsed(address: str, what: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"The {what} is not an address.") from error
    if not _PLAIN.fullmatch(address):
        raise Misconfigured(f"The {what} must be an address like https://api.zoom.us/v2, without more.")
    return url
