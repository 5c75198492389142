"""How the runner reads a compose file, by the specification's own examples and the project's file."""

from pathlib import Path

import pytest

from tests.compose.model import interpolated, seconds, services, variables_of

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A and ${A}", "a and a"),
        ("${MISSING}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${MISSING:-${A}}", "a"),
        ("${MISSING:---users 25}", "--users 25"),
        ("${A:+replaced}${MISSING:+nothing}", "replaced"),
        ("$$A", "$A"),
        ("${A:-x$$y}", "a"),
    ],
)
def test_variables_are_filled_in(text: str, expected: str) -> None:
    """As the compose specification has it."""
    assert interpolated({"key": [text]}, {"A": "a", "EMPTY": ""}) == {"key": [expected]}


def test_a_variable_that_must_be_set_is_asked_for() -> None:
    """With the message of the file."""
    with pytest.raises(ValueError, match="B: choose one"):
        interpolated("${B:?choose one}", {})


def test_durations_are_seconds() -> None:
    """Whatever unit they come in."""
    assert [seconds(text) for text in ("90s", "1m30s", "1.5h", "500ms")] == [90, 90, 5400, 0.5]


def test_the_projects_file_is_read_as_a_whole() -> None:
    """No key of it is passed over, whatever the profile, and a trial's variables reach its services."""
    file = PROJECT / "docker-compose.yaml"
    plain = services(file, {}, ["sandbox", "metrics"])
    assert plain["init"].environment["ZOOM_OAUTH_URL"] == ""
    assert plain["api-server"].image == "airflow-zoom-warehouse:project"
    trial = services(file, variables_of(PROJECT / ".env.sandbox"), ["sandbox"])
    assert trial["init"].environment["ZOOM_OAUTH_URL"] == "https://sandbox:8443/oauth"
    assert trial["api-server"].target == "sandbox"
    assert trial["sandbox"].command[-4:] == ("--users", "25", "--seed", "7")
    assert set(plain) - set(trial) == {"statsd", "prometheus"}


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    """What the runner passes over, the proof would not prove."""
    file = tmp_path / "compose.yaml"
    file.write_text("services: {one: {image: some, privileged: true}}")
    with pytest.raises(ValueError, match="privileged"):
        services(file, {})
