"""No secret shows in a log, in whatever form it is printed."""

import base64
import io
import json
import logging
import subprocess
import sys
from urllib.parse import quote, quote_plus, urlencode

import pytest
import structlog
from airflow.sdk import Connection
from hypothesis import given
from hypothesis import strategies as st

from include.grant import redaction
from include.grant.hook import reading
from include.grant.masking import Secrets, basic, forms

SECRET = 'canary/of+a "secret"=1 \\ é'


def redacted(text: str) -> str:
    """What a process that knows SECRET prints."""
    known = Secrets()
    known.add(SECRET)
    return known.redact(text)


@pytest.mark.parametrize(
    "printed",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        urlencode({"client_secret": SECRET}),
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        "Authorization: Basic " + basic("some-client-id", SECRET),
        f"{{'a': ['{SECRET}']}} and {quote(SECRET)}",
    ],
    ids=range(11),
)
def test_a_secret_is_hidden_in_every_form(printed: str) -> None:
    """Plain, percent-encoded, as JSON, base64 of both alphabets, HTTP Basic."""
    shown = redacted(printed)
    assert "***" in shown
    assert not any(form in shown for form in forms(SECRET))


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_of_a_longer_text_hides_the_secret_within(before: bytes, after: bytes) -> None:
    """Wherever the secret begins, its part of the encoded text is gone but for the bits at its edges."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(before + SECRET.encode() + after).decode()
        shown = redacted(whole)
        assert "***" in shown
        assert len(shown) - 3 <= len(whole) - 8 * len(SECRET.encode()) // 6 + 3


def test_a_short_secret_does_not_blacken_words() -> None:
    """Below five characters nothing is masked, as in Airflow."""
    assert forms("abcd") == set()


def test_the_oldest_secret_is_forgotten_first() -> None:
    """A year of rotations costs no more than a few days of them; one that is still in use stays."""
    known = Secrets(kept=3)
    for number in range(4):
        known.add("client-secret")
        known.add(f"token-{number}")
    assert known.redact("client-secret token-0 token-1 token-2 token-3") == "*** token-0 token-1 *** ***"


@pytest.fixture
def airflow_log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A log set up as Airflow sets up its API server's: structlog, and logging through its formatter."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer))
    monkeypatch.setattr(logging.root, "handlers", [handler])
    before = structlog.get_config()
    structlog.configure(
        processors=[renderer],
        logger_factory=structlog.WriteLoggerFactory(written),
        cache_logger_on_first_use=False,
    )
    yield written
    structlog.configure(**before)


def test_a_process_with_the_database_hides_what_it_masked(
    airflow_log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of logging and of structlog, arguments, keys and tracebacks, masked once or more."""
    monkeypatch.setattr(redaction, "_secrets", Secrets())
    for _ in range(2):
        redaction.mask(SECRET, None, "")
    logging.getLogger("some.library").error("sent %s", {"auth": basic("id", SECRET)})
    structlog.get_logger("airflow").error("sent", body=SECRET)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    shown = airflow_log.getvalue()
    assert shown.count("***") >= 3
    assert "ValueError" in shown
    assert not any(form in shown for form in forms(SECRET))


def test_json_lines_are_hidden_too(airflow_log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's JSON renderer gives bytes."""
    monkeypatch.setattr(redaction, "_secrets", Secrets())
    rendered: list[object] = []
    structlog.configure(
        processors=[lambda *_: json.dumps({"a": SECRET}).encode()],
        logger_factory=lambda *_: structlog.testing.CapturingLogger(),
    )
    redaction.mask(SECRET)
    rendered.append(structlog.get_config()["processors"][-1](None, "info", {}))
    assert rendered == [b'{"a": "***"}']


async def test_a_task_masks_the_tokens_in_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow itself masks the whole text of `extra`, which nobody prints."""
    extra = {"refresh_token": "refresh-canary", "access_token": "access-canary", "plan": "business"}
    connection = Connection(
        conn_id="zoom_default",
        conn_type="zoom",
        login="id",
        password="secret-canary",
        extra=json.dumps(extra),
    )
    masked: list[str] = []

    async def given_(connection_id: str) -> Connection:
        return connection

    async def amask(secret: list[str]) -> None:
        masked.extend(secret)

    monkeypatch.setattr(reading, "has_database", lambda: False)
    monkeypatch.setattr(reading.BaseHook, "aget_connection", given_)
    monkeypatch.setattr(reading, "amask_secret", amask)
    await reading.aread_fields("zoom_default")
    wanted = {"refresh-canary", "access-canary", "secret-canary", basic("id", "secret-canary")}
    assert wanted <= set(masked)
    assert not {"business", "id", "zoom"} & set(masked)


LOUD = """
import logging
import airflow.settings
from airflow.sdk.log import mask_secret
from include.grant.redaction import mask
mask_secret("known-to-airflow-alone")
mask("a-secret-of-ours")
log = logging.getLogger("some.library")
log.error("known-to-airflow-alone and a-secret-of-ours")
try:
    int("a-secret-of-ours")
except ValueError:
    log.exception("failed")
"""


def test_a_process_that_airflow_set_up_hides_what_we_mask(airflow_home: dict[str, str]) -> None:
    """As in the API server, whose log Airflow's own masker does not see: that is why ours is there."""
    done = subprocess.run(
        [sys.executable, "-c", LOUD], env=airflow_home, capture_output=True, text=True, check=True
    )
    assert "*** and ***" in done.stdout
    assert "ValueError" in done.stdout
    assert not {"a-secret-of-ours", "known-to-airflow"} & set(done.stdout.split())
