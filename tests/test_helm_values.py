"""What deploy/helm-values.yaml promises, as far as it shows without the chart; and the chart's schema where it is given."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.provider import provider_info

PROJECT = Path(__file__).parents[1]
VALUES = PROJECT / "deploy" / "helm-values.yaml"
OPTIONS = set(provider_info()["config"]["zoom"]["options"])


@pytest.fixture
def values() -> dict[str, Any]:
    """The chart's values."""
    return yaml.safe_load(VALUES.read_text())


def airflow_version() -> str:
    """The one that requirements.txt pins."""
    pins = re.findall(r"^apache-airflow==(\S+)", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) == 1
    return pins[0]


def image_variable(name: str) -> str:
    """What the Dockerfile sets."""
    found = re.search(rf"{name}=(\S+)", (PROJECT / "Dockerfile").read_text())
    assert found is not None
    return found[1]


def mounts(container: dict[str, Any]) -> dict[str, str]:
    """Mount path to volume."""
    return {each["mountPath"]: each["name"] for each in container["extraVolumeMounts"]}


@pytest.mark.skipif("HELM_VALUES_SCHEMA" not in os.environ, reason="HELM_VALUES_SCHEMA names no schema")
def test_the_values_fit_the_chart_s_schema() -> None:
    """HELM_VALUES_SCHEMA is the path of the chart's values.schema.json."""
    checker = str(Path(sys.executable).parent / "check-jsonschema")
    command = [checker, "--schemafile", os.environ["HELM_VALUES_SCHEMA"], str(VALUES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "ok -- validation done", done.stdout + done.stderr


def test_airflow_is_the_one_that_is_pinned_and_built(values: dict[str, Any]) -> None:
    """The chart decides by the version what it renders; the tag names both versions."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    pinned = airflow_version()
    assert values["airflowVersion"] == pinned
    assert values["defaultAirflowTag"] == f"{project}-airflow{pinned}"
    built = re.findall(r"^FROM apache/airflow:(\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert built == [pinned]


def test_every_zoom_setting_of_the_values_exists(values: dict[str, Any]) -> None:
    """A misspelt setting would be ignored in silence."""
    assert set(values["config"]["zoom"]) - OPTIONS == set()


def test_every_zoom_setting_that_the_page_names_exists() -> None:
    """The same for docs/deployment.md."""
    named = re.findall(r"\[zoom\] (\w+)", (PROJECT / "docs" / "deployment.md").read_text())
    assert {"api_url", "landing", "redirect_uri"} <= set(named)
    assert set(named) - OPTIONS == set()


def test_dags_and_plugins_are_where_the_image_has_them(values: dict[str, Any]) -> None:
    """The chart writes its own folders into airflow.cfg otherwise."""
    core = values["config"]["core"]
    assert core["dags_folder"] == image_variable("AIRFLOW__CORE__DAGS_FOLDER")
    assert core["plugins_folder"] == image_variable("AIRFLOW__CORE__PLUGINS_FOLDER")


def test_the_migration_runs_with_our_image(values: dict[str, Any]) -> None:
    """Another image would not know of our tables, neither would one without the chart's job."""
    assert values["images"]["useDefaultImageForMigration"] is False
    assert values["migrateDatabaseJob"]["enabled"] is True


def test_two_api_servers_have_ninety_seconds_to_stop(values: dict[str, Any]) -> None:
    """A post to Zoom may take 60 seconds; the chart has no value for it, so a patch sets it."""
    patch = yaml.safe_load((PROJECT / "deploy" / "api-server-grace.yaml").read_text())
    assert (patch["kind"], patch["metadata"]["name"]) == ("Deployment", "airflow-api-server")
    assert patch["spec"]["template"]["spec"] == {"terminationGracePeriodSeconds": 90}
    assert values["apiServer"]["replicas"] == 2
    assert values["apiServer"]["podDisruptionBudget"]["config"] == {"maxUnavailable": 1}


def test_the_spill_folder_outlives_the_pod(values: dict[str, Any]) -> None:
    """It lies on a claim that the API servers mount."""
    server = values["apiServer"]
    folder = values["config"]["zoom"]["spill_folder"]
    (volume,) = {name for path, name in mounts(server).items() if folder.startswith(f"{path}/")}
    claims = {
        each["name"]: each["persistentVolumeClaim"]
        for each in server["extraVolumes"]
        if "emptyDir" not in each
    }
    assert claims[volume]["claimName"]


def test_what_a_read_only_root_leaves_to_write_is_mounted(values: dict[str, Any]) -> None:
    """Temporary files everywhere, logs in the API server, where the chart has no volume for them."""
    assert values["securityContexts"]["containers"]["readOnlyRootFilesystem"] is True
    assert [each["mountPath"] for each in values["volumeMounts"]] == ["/tmp"]
    assert "/opt/airflow/logs" in mounts(values["apiServer"])


def test_no_zoom_connection_comes_from_the_environment(values: dict[str, Any]) -> None:
    """A rotated token could not be written there."""
    named = values["config"]["zoom"]["connections"].split()
    shadowing = {f"AIRFLOW_CONN_{name.upper()}" for name in named}
    assert shadowing == {"AIRFLOW_CONN_ZOOM_DEFAULT"}
    assert [name for name in shadowing if name in VALUES.read_text()] == []


def test_every_key_comes_from_a_secret_of_ours(values: dict[str, Any]) -> None:
    """The chart's generated ones change; none stands in the file."""
    names = [values[key] for key in ("fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName")]
    names += [values["data"]["metadataSecretName"], *(each["secretName"] for each in values["secret"])]
    page = (PROJECT / "docs" / "deployment.md").read_text()
    assert [name for name in names if f"create secret generic {name} " not in page] == []
    assert not {"fernetKey", "apiSecretKey", "jwtSecret"} & set(values)


def test_workers_reach_the_api_servers_and_so_does_the_ingress(values: dict[str, Any]) -> None:
    """With network policies on, the chart lets nobody in who is not named."""
    assert values["networkPolicies"]["enabled"] is True
    peers = values["apiServer"]["networkPolicy"]["ingress"]["from"]
    assert {"podSelector": {"matchLabels": {"tier": "airflow"}}} in peers
    assert [each for each in peers if "namespaceSelector" in each]
    assert values["config"]["core"]["execution_api_server_url"].endswith("/execution/")


def test_the_callback_s_address_is_the_ingress_s(values: dict[str, Any]) -> None:
    """Zoom compares it letter by letter."""
    (host,) = values["ingress"]["apiServer"]["hosts"]
    assert values["config"]["api"]["base_url"] == f"https://{host['name']}"
    assert values["config"]["zoom"]["redirect_uri"] == f"https://{host['name']}/zoom/callback"
    assert host["tls"]["enabled"] is True


def test_no_user_with_a_known_password_is_made(values: dict[str, Any]) -> None:
    """The chart's job makes admin with the password admin."""
    assert values["createUserJob"]["enabled"] is False
