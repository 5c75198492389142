"""The simulated Zoom over TLS, for an installation that has it on another host."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from include.sandbox.certificate import make_certificate, trust


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of authorities, one of which signed what lies beside it, for `localhost`."""
    file = tmp_path / "authorities.pem"
    file.write_bytes(b"# those that were there\n")
    trust(make_certificate(tmp_path, "localhost"), file)
    return file


@pytest.fixture
def address(tmp_path: Path, bundle: Path) -> Iterator[str]:
    """A sandbox that shows this certificate."""
    command = [sys.executable, "-m", "include.sandbox", "--users", "2", "--tls", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"].replace("127.0.0.1", "localhost")
        process.terminate()


@pytest.mark.processes
def test_who_has_the_authority_reaches_it(address: str, bundle: Path) -> None:
    """Over https, with everything checked that can be."""
    context = ssl.create_default_context(cafile=bundle)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert address.startswith("https://")
    answer = httpx.get(f"{address}/_sandbox/requests", verify=context, trust_env=False)
    assert answer.status_code == 200


@pytest.mark.processes
def test_nobody_else_does(address: str) -> None:
    """An image that was not built for a trial does not trust it."""
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(f"{address}/_sandbox/requests", trust_env=False)


def test_the_bundle_is_replaced_and_not_written_into(tmp_path: Path) -> None:
    """Its file may be another environment's as well."""
    bundle, other = tmp_path / "authorities.pem", tmp_path / "other.pem"
    other.write_bytes(b"# those that were there\n")
    bundle.hardlink_to(other)
    trust(b"one more\n", bundle)
    assert (bundle.read_bytes(), other.read_bytes()) == (
        b"# those that were there\n\none more\n",
        b"# those that were there\n",
    )
