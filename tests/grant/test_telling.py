"""What a running API server tells of its grants: Airflow's own metrics, and lines in Airflow's event log."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from include.grant.broker_client import BrokerClient
from tests.grant.installation import installation, wait_for

pytestmark = pytest.mark.processes


class Collector(HTTPServer):
    """An OpenTelemetry collector that remembers the names of metrics and their tags."""

    seen: dict[str, dict[str, str]]

    def keep(self, body: bytes) -> None:
        """Of one export."""
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                points = getattr(metric, metric.WhichOneof("data")).data_points
                tags = {tag.key: tag.value.string_value for point in points for tag in point.attributes}
                self.seen[metric.name] = tags


class Export(BaseHTTPRequestHandler):
    """One post of an exporter."""

    def do_POST(self) -> None:
        self.server.keep(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Listens while the test runs."""
    server = Collector(("127.0.0.1", 0), Export)
    server.seen = {}
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_refresh_is_measured_and_written_down(
    tmp_path: Path, metadata_on: Callable[[str], str], collector: Collector
) -> None:
    """One refresh: its counter, the wait and the token's age by Connection, and one line for the audit log."""
    with installation(tmp_path, metadata_on("sqlite")) as place:
        place.env |= {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "AIRFLOW__METRICS__OTEL_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__OTEL_PORT": str(collector.server_port),
            "AIRFLOW__METRICS__OTEL_INTERVAL_MILLISECONDS": "500",
        }
        address = place.start_api_server()
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            await BrokerClient(address, "zoom_default", "sandbox-client-secret", http).ask()
            token = (await http.get(f"{address}/auth/token")).json()["access_token"]
            lines = await http.get(
                f"{address}/api/v2/eventLogs",
                params={"event": "zoom_grant.rotated"},
                headers={"Authorization": f"Bearer {token}"},
            )
        wait_for(lambda: "airflow.zoom.grant.token_age_days" in collector.seen)
    measured = {name: tags for name, tags in collector.seen.items() if "zoom" in name}
    assert measured == {
        "airflow.zoom.grant.refresh.granted": {"connection_id": "zoom_default"},
        "airflow.zoom.grant.wait": {"connection_id": "zoom_default"},
        "airflow.zoom.grant.token_age_days": {"connection_id": "zoom_default"},
    }
    assert [(line["event"], line["owner"]) for line in lines.json()["event_logs"]] == [
        ("zoom_grant.rotated", "zoom")
    ]
