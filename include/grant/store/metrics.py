"""What Airflow's own metrics tell of a grant (StatsD or OpenTelemetry, section [metrics]).

Each is tagged with `connection_id`:
  zoom.grant.refresh.<outcome>  counter: posts to the token endpoint, by what came of them
  zoom.grant.wait               timer: how long a caller waited for an access token
  zoom.grant.token_age_days     gauge: how old the refresh token is; Zoom lets one live 90 days
"""

from datetime import timedelta

from airflow.observability import stats

from include.grant.journal import Grant
from include.zoom.oauth import Kind

_DAY = timedelta(days=1)


def refreshed(grant: Grant, outcome: Kind) -> None:
    """A post came to an end."""
    stats.incr(f"zoom.grant.refresh.{outcome.name.lower()}", tags=_tags(grant))


def served(grant: Grant, waited_seconds: float) -> None:
    """A caller has its token."""
    stats.timing("zoom.grant.wait", timedelta(seconds=waited_seconds), tags=_tags(grant))
    if grant.token_age is not None:
        stats.gauge("zoom.grant.token_age_days", grant.token_age / _DAY, tags=_tags(grant))


def _tags(grant: Grant) -> dict[str, str]:
    return {"connection_id": grant.connection_id}
