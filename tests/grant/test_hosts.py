"""Which hosts may see a client secret."""

import pytest

from include.grant.hosts import allowed_address
from include.zoom.errors import Misconfigured

LISTED = ("127.0.0.1:8443", "zoom-proxy.example.com")


@pytest.mark.parametrize(
    "address",
    [
        "https://zoom.us/oauth",
        "https://api.zoom.us/v2/",
        "https://API.ZOOM.US/v2",
        "https://api-eu.zoom.us/v2",
        "https://api.zoomgov.com/v2",
        "https://zoom-proxy.example.com/v2",
        "https://127.0.0.1:8443/v2",
        "http://127.0.0.1:8443/v2",
    ],
)
def test_zoom_s_hosts_and_listed_ones_are_allowed(address: str) -> None:
    """Zoom's own over https, and what an administrator has listed; plain http on this machine alone."""
    assert allowed_address(address, LISTED, what="host") == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://zoom.us/oauth",
        "https://zoom.us.evil.example/oauth",
        "https://evilzoom.us/oauth",
        "https://evil.example/zoom.us",
        "https://zoom.us@evil.example/oauth",
        "https://evil.example#.zoom.us",
        "https://evil.example?.zoom.us",
        "https://zoom.us:8443/oauth",
        "https://user:secret@zoom.us/oauth",
        "http://127.0.0.1:9999/v2",
        "http://zoom-proxy.example.com/v2",
        "ftp://zoom.us",
        "zoom.us",
        "https://",
        "https://[::1/v2",
        "https://evil.example\\.zoom.us/oauth",
        "https://zoom.us\\@evil.example/oauth",
        "https://evil.example%2f.zoom.us/oauth",
        "https://evil.example%00.zoom.us/oauth",
        "https://zoom.us%2eevil.example/oauth",
        "https://evil.example\t.zoom.us/oauth",
        "https://evil.example\u3002zoom.us.evil.example/oauth",
        "https://zoom\u3002us/oauth",
        "https://z\u043e\u043em.us/oauth",
        "https://zoom.us./oauth",
        "https://.zoom.us/oauth",
        "https://zoom.us/oauth?",
        "https://zoom.us/oauth#",
        "https://zoom.us/oauth/\r\nHost: evil.example",
        "https://zoom.us//evil.example",
        "https://127.0.0.1:8443.zoom.us/oauth",
        "http://127.1:8443/v2",
        "http://2130706433:8443/v2",
        " https://zoom.us/oauth",
        "https://zoom.us/oauth\n",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    """Look-alikes, user parts, other ports, plain http, and what browsers read differently never see the secret."""
    with pytest.raises(Misconfigured):
        allowed_address(address, LISTED, what="host")
