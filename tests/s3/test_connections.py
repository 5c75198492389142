"""Which store `[zoom] landing` names, and what is said where its package is missing."""

import json

import pytest
from airflow.sdk.io import fs, store

from include.flow.stores import reached
from include.landing import Landing
from include.zoom.errors import Misconfigured
from tests.s3.store import FAKE, Store
from tests.test_landing import landed, page


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
    ("address", "package"),
    [
        ("s3://bucket/zoom", "apache-airflow-providers-amazon[s3fs]"),
        ("gs://bucket/zoom", "apache-airflow-providers-google"),
        ("abfs://container/zoom", "apache-airflow-providers-microsoft-azure"),
    ],
)
def test_a_missing_package_is_named(address: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose scheme no provider serves."""
    monkeypatch.setattr(store, "_STORE_CACHE", {})
    monkeypatch.setattr(fs, "_register_filesystems", dict)
    with pytest.raises(Misconfigured) as caught:
        reached(address)
    scheme = address.partition(":")[0]
    assert str(caught.value) == (
        f"[zoom] landing begins with {scheme}://: install {package} where tasks run, then clear this task."
    )
