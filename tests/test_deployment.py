"""What the compose file and the Dockerfile promise, as far as it shows without starting them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.provider import provider_info

PROJECT = Path(__file__).parents[1]
PROFILES = ("sandbox", "s3", "metrics")


@pytest.fixture
def compose() -> dict[str, Any]:
    """The compose file, its YAML anchors resolved."""
    return yaml.safe_load((PROJECT / "docker-compose.yaml").read_text())


def test_the_compose_file_follows_the_compose_specification() -> None:
    """Checked against the specification's own schema."""
    checker = str(Path(sys.executable).parent / "check-jsonschema")
    file = str(PROJECT / "docker-compose.yaml")
    command = [checker, "--builtin-schema", "vendor.compose-spec", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ok -- validation done"


def started(compose: dict[str, Any], *profiles: str) -> set[str]:
    """The services that start with these profiles."""
    return {
        name
        for name, service in compose["services"].items()
        if not service.get("profiles") or set(service["profiles"]) & set(profiles)
    }


def test_all_services_of_a_celery_deployment_are_there(compose: dict[str, Any]) -> None:
    """Airflow's five long-running services, what they lean on, the warehouse, and what prepares them."""
    assert sorted(started(compose)) == [
        "api-server",
        "dag-processor",
        "init",
        "keys",
        "postgres",
        "redis",
        "scheduler",
        "triggerer",
        "warehouse",
        "worker",
    ]
    assert started(compose, *PROFILES) - started(compose) == {"sandbox", "s3", "statsd", "prometheus"}


def test_the_api_server_has_time_to_finish_a_refresh(compose: dict[str, Any]) -> None:
    """A post to Zoom may take 60 seconds."""
    assert compose["services"]["api-server"]["stop_grace_period"] == "90s"


def test_every_service_that_works_reaches_the_landing(compose: dict[str, Any]) -> None:
    """Transform may run on another worker than pull did."""
    for name in ("worker", "scheduler", "api-server", "dag-processor", "triggerer"):
        assert "landing:/opt/landing" in compose["services"][name]["volumes"], name


def test_the_api_server_s_spill_folder_outlives_its_container(compose: dict[str, Any]) -> None:
    """What Zoom answered while the database was away lies on a volume."""
    folder = compose["x-airflow"]["environment"]["AIRFLOW__ZOOM__SPILL_FOLDER"]
    mounts = dict(volume.split(":")[:2] for volume in compose["services"]["api-server"]["volumes"])
    assert [name for name, place in mounts.items() if folder.startswith(f"{place}/")] == ["state"]
    assert "state" in compose["volumes"]


def test_temporary_files_of_tasks_are_on_disk(compose: dict[str, Any]) -> None:
    """What a pull holds back may be larger than memory, and a worker's /tmp is memory."""
    worker = compose["services"]["worker"]
    mounts = dict(volume.split(":")[:2] for volume in worker["volumes"])
    assert mounts["scratch"] == worker["environment"]["TMPDIR"]
    assert mounts["scratch"] not in compose["x-airflow"]["tmpfs"]


@pytest.mark.parametrize("name", ["postgres", "warehouse", "redis"])
def test_what_is_queued_and_stored_outlives_its_container(compose: dict[str, Any], name: str) -> None:
    """Where the images keep their data, there is a volume with a name."""
    places = {volume.split(":")[1] for volume in compose["services"][name]["volumes"]}
    assert places & {"/var/lib/postgresql", "/data"}
    assert {volume.split(":")[0] for volume in compose["services"][name]["volumes"]} <= set(
        compose["volumes"]
    )


def test_no_service_is_more_than_it_must_be(compose: dict[str, Any]) -> None:
    """No root, no capability, nothing to write but volumes and memory, and a limit to what may be used up."""
    for name in started(compose, *PROFILES):
        service = compose["services"][name]
        assert int(service["user"].split(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        if service.get("restart") == "unless-stopped":
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert service["healthcheck"]["test"], name


def test_no_secret_is_in_a_services_environment(compose: dict[str, Any]) -> None:
    """Keys and passwords are read from files; only what makes these files and the Connections is told more."""
    for name in started(compose, *PROFILES) - {"keys", "init"}:
        variables = compose["services"][name].get("environment") or {}
        told = {key for key in variables if re.search("SECRET|PASSWORD|FERNET|SQL_ALCHEMY", key)}
        known = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"}
        assert {key for key in told - known if not key.endswith(("_CMD", "_FILE"))} == set(), name


def test_each_volume_with_secrets_is_for_its_readers_alone(compose: dict[str, Any]) -> None:
    """Read-only but for who makes them; no database sees Airflow's keys, the sandbox sees none."""
    readers: dict[str, set[str]] = {}
    for name, service in compose["services"].items():
        for volume in service.get("volumes", ()):
            source, _, *mode = volume.split(":")
            if name != "keys" and source in {"keys", "metadata-password", "warehouse-password"}:
                readers.setdefault(source, set()).add(name)
                assert mode == ["ro"], name
    assert readers["keys"] == {"api-server", "dag-processor", "init", "scheduler", "triggerer", "worker"}
    assert readers["metadata-password"] == {"postgres"}
    assert readers["warehouse-password"] == {"init", "warehouse"}


def test_every_zoom_setting_of_the_compose_file_exists(compose: dict[str, Any]) -> None:
    """A misspelt setting would be ignored in silence."""
    options = {f"AIRFLOW__ZOOM__{name.upper()}" for name in provider_info()["config"]["zoom"]["options"]}
    used = {name for name in compose["x-airflow"]["environment"] if name.startswith("AIRFLOW__ZOOM__")}
    assert used - options == set()


def variables(name: str) -> set[str]:
    """What a file of variables offers, commented out or not."""
    return set(re.findall(r"^#?([A-Z0-9_]+)=", (PROJECT / name).read_text(), flags=re.MULTILINE))


def test_a_first_start_needs_no_variable() -> None:
    """Each has a default, and the examples name those that there are."""
    text = (PROJECT / "docker-compose.yaml").read_text()
    used = set(re.findall(r"\$\{(\w+)", text))
    assert re.findall(r"\$\{\w+(?!\w|:-)", text) == []
    assert used - variables(".env.example") == {"IMAGE_TARGET", "SANDBOX_OPTIONS"}
    assert variables(".env.sandbox") | variables(".env.s3") <= used


def test_what_the_dockerfile_copies_is_there() -> None:
    """A COPY of something missing fails the build."""
    copied = re.findall(
        r"^COPY(?: --\S+)* (.+) \S+$", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE
    )
    sources = [source for line in copied for source in line.split()]
    assert "requirements.txt" in sources
    assert [source for source in sources if not (PROJECT / source).exists()] == []


def test_nothing_that_the_dockerfile_copies_is_kept_from_it() -> None:
    """.dockerignore lets through what it names, and no more: neither keys nor the repository's history."""
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    through = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert lines[1] == "*"
    copied = re.findall(
        r"^COPY(?: --\S+)* (.+) \S+$", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE
    )
    for source in {source for line in copied for source in line.split()}:
        assert any(Path(source).match(pattern) for pattern in through), source
