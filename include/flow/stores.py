"""The place that `[zoom] landing` names, reached with Airflow's Connections."""

from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import has_fs

from include.zoom.errors import Misconfigured

_PACKAGES = {
    "s3": "apache-airflow-providers-amazon[s3fs]",
    "gs": "apache-airflow-providers-google",
    "abfs": "apache-airflow-providers-microsoft-azure",
}
_PACKAGES |= {
    "s3a": _PACKAGES["s3"],
    "gcs": _PACKAGES["gs"],
    "abfss": _PACKAGES["abfs"],
    "adl": _PACKAGES["abfs"],
}


def reached(address: str) -> ObjectStoragePath:
    """A path whose store is reached already.

    Now and not at its first use: that would be while a pull asks Zoom, and reading a Connection or finding credentials
    takes an event loop of its own.

    Raises:
        Misconfigured: the package for this kind of store is not installed, or there is none.
    """
    scheme, _, rest = address.partition("://")
    if rest and not has_fs(scheme):
        raise Misconfigured(_missing(scheme))
    path = ObjectStoragePath(address)
    try:
        _ = path.fs
    except ImportError as error:
        raise Misconfigured(_missing(scheme)) from error
    return path


def _missing(scheme: str) -> str:
    if scheme not in _PACKAGES:
        return f"[zoom] landing begins with {scheme}://, which no installed package serves."
    return f"[zoom] landing begins with {scheme}://: install {_PACKAGES[scheme]} where tasks run, then clear this task."
