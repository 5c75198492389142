"""Which store `[zoom] landing` names, and what is said where its package is missing."""

import json
import sys

import pytest
from airflow.sdk.io import fs, store

from include.flow.stores import reached
from include.landing import Landing
from include.zoom.errors import Misconfigured
from tests.s3.store import FAKE, Store
from tests.test_landing import landed, page

INSTALL = ": install {} where tasks run, then clear this task."


def test_a_connection_says_where_the_store_is_and_who_asks(
    s3_server: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An S3-compatible server by its endpoint, with keys of its own."""
    extra = {"endpoint_url": s3_server.url, "region_name": "us-east-1", **FAKE}
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_LANDING", json.dumps({"conn_type": "aws", "extra": extra}))
    for name in s3_server.environment:
        monkeypatch.delenv(name, raising=False)
    s3_server.fail()
    bucket = s3_server.bucket("named-by-a-connection")
    landing = Landing(reached(f"s3://zoom_landing@{bucket}/zoom"))
    manifest = landed(landing, [page("a")])
    assert f"zoom/{manifest.address}" in s3_server.keys(bucket)
    assert list(landing.pages(landing.manifest(manifest.address))) == [page("a")]


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("s3://bucket/zoom", INSTALL.format("apache-airflow-providers-amazon[s3fs]")),
        ("gs://bucket/zoom", INSTALL.format("apache-airflow-providers-google")),
        ("abfs://container/zoom", INSTALL.format("apache-airflow-providers-microsoft-azure")),
        ("s4://bucket/zoom", ", which no installed package serves."),
    ],
)
def test_a_missing_package_is_named(address: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose scheme no provider serves."""
    monkeypatch.setattr(fs, "_register_filesystems", dict)
    with pytest.raises(Misconfigured) as caught:
        reached(address)
    assert str(caught.value) == f"[zoom] landing begins with {address.partition(':')[0]}://{advice}"


def test_a_provider_without_what_it_needs_for_files_is_a_missing_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Airflow's image, which has Amazon's provider and may lack s3fs."""
    monkeypatch.setattr(store, "_STORE_CACHE", {})
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(
        Misconfigured, match=r"install apache-airflow-providers-amazon\[s3fs\] where tasks run"
    ):
        reached("s3://bucket/zoom")


def test_a_connection_that_is_wrong_is_no_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its provider says of it is told as it is."""
    monkeypatch.setattr(store, "_STORE_CACHE", {})
    extra = {"region_name": "us-east-1", "config_kwargs": {"connect_timeout": 1, "no_such_option": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_LANDING", json.dumps({"conn_type": "aws", "extra": extra}))
    with pytest.raises(TypeError, match="no_such_option"):
        reached("s3://zoom_landing@bucket/zoom")
