"""The Zoom project's part of Airflow's API server; everything else stands in `include`."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class ZoomPlugin(AirflowPlugin):
    """Mounts the broker of access tokens at /zoom."""

    name = "zoom"

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Read in the API server alone, so only there the web app is imported."""
        from include.grant.broker import PREFIX, app  # noqa: PLC0415

        return [{"app": app, "url_prefix": PREFIX, "name": "Zoom grants"}]
