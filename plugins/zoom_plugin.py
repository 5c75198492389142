"""The Zoom project's part of Airflow's API server; everything else stands in `include`."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin


class ZoomPlugin(AirflowPlugin):
    """Mounts the broker of access tokens at /zoom and puts the page into the navigation."""

    name = "zoom"
    # Addresses are relative to Airflow's own, also under a path prefix; the page's script is ours at /zoom.
    react_apps: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Zoom",
            "bundle_url": "zoom/static/console.js",
            "url_route": "zoom",
            "destination": "nav",
            "icon": "zoom/static/icon.svg",
        }
    ]

    @classmethod
    def on_load(cls, *_: object, **__: object) -> None:
        """In every process, the scheduler's with LocalExecutor's workers too: no secret in what it logs."""
        from include.grant.redaction import guard_log  # noqa: PLC0415

        guard_log()

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Read in the API server alone, so only there the web app is imported."""
        from include.console.app import app  # noqa: PLC0415
        from include.grant.broker import PREFIX  # noqa: PLC0415

        return [{"app": app, "url_prefix": PREFIX, "name": "Zoom"}]
