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


def test_all_services_of_a_celery_deployment_are_there(compose: dict[str, Any]) -> None:
    """Airflow's five long-running services, what they lean on, the warehouse, and what prepares them."""
    assert sorted(compose["services"]) == [
        "api-server",
        "dag-processor",
        "init",
        "postgres",
        "redis",
        "scheduler",
        "triggerer",
        "warehouse",
        "worker",
    ]


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
    mounts = dict(volume.split(":") for volume in compose["services"]["api-server"]["volumes"])
    assert [name for name, place in mounts.items() if folder.startswith(f"{place}/")] == ["state"]
    assert "state" in compose["volumes"]


def test_every_zoom_setting_of_the_compose_file_exists(compose: dict[str, Any]) -> None:
    """A misspelt setting would be ignored in silence."""
    options = {f"AIRFLOW__ZOOM__{name.upper()}" for name in provider_info()["config"]["zoom"]["options"]}
    used = {name for name in compose["x-airflow"]["environment"] if name.startswith("AIRFLOW__ZOOM__")}
    assert used - options == set()


def test_the_example_environment_names_every_variable_that_must_be_set() -> None:
    """`docker compose` refuses to start without them, so the example lists them."""
    required = set(re.findall(r"\$\{(\w+):\?", (PROJECT / "docker-compose.yaml").read_text()))
    offered = set(re.findall(r"^#?(\w+)=", (PROJECT / ".env.example").read_text(), flags=re.MULTILINE))
    assert required == {
        "AIRFLOW_API_SECRET_KEY",
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW_JWT_SECRET",
        "POSTGRES_PASSWORD",
        "WAREHOUSE_PASSWORD",
    }
    assert required <= offered


def test_what_the_dockerfile_copies_is_there() -> None:
    """A COPY of something missing fails the build."""
    copied = re.findall(
        r"^COPY(?: --\S+)* (.+) \S+$", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE
    )
    sources = [source for line in copied for source in line.split()]
    assert "requirements.txt" in sources
    assert [source for source in sources if not (PROJECT / source).exists()] == []
