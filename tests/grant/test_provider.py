"""What Airflow is told of this project."""

import json
from importlib.resources import files

import jsonschema
from airflow.sdk import BaseHook

from include.grant.hook import ZoomHook
from include.provider import provider_info


def test_the_provider_fits_airflow_s_schema() -> None:
    """Airflow ignores a provider that does not."""
    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(provider_info(), schema)


def test_every_setting_has_a_default_and_a_description() -> None:
    """Tasks read them without a fallback."""
    options = provider_info()["config"]["zoom"]["options"]
    assert all(option["default"] is not None and option["description"] for option in options.values())


def test_the_hook_is_no_http_hook() -> None:
    """An HttpHook would send the refresh token along as a header, as it does with all of `extra`."""
    assert ZoomHook.__bases__ == (BaseHook,)
    assert ZoomHook.conn_type == "zoom"
