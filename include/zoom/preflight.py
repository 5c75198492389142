"""What of a choice the account can give, found before anything is asked: by its plan and the granted scopes."""

from collections.abc import Mapping
from dataclasses import dataclass

from include.zoom.choice import Choice
from include.zoom.errors import Misconfigured
from include.zoom.scopes import lacking, missing
from include.zoom.stream import Stream

PLANS = ("free", "pro", "business")


class ScopesMissing(Misconfigured):
    """Streams that were asked for by name cannot be pulled with what was granted."""


@dataclass(frozen=True)
class Preflight:
    """What runs, and what does not."""

    streams: tuple[str, ...]
    """Parents first."""
    skipped: Mapping[str, str]
    """The reason by the stream's name."""


def preflight(
    choice: Choice, catalogue: Mapping[str, Stream], *, plan: str | None, granted: str
) -> Preflight:
    """Leaves out what the plan or the scopes do not allow, and what needs a stream that is left out.

    Args:
        choice: what is wanted.
        catalogue: every stream by its name.
        plan: the account's: free, pro or business; None: nobody said, so nothing is left out for it.
        granted: the scopes as Zoom gave them with a token; empty: nobody knows.

    Raises:
        ScopesMissing: a stream that is wanted by name lacks a scope; the message names all of them.
    """
    skipped: dict[str, str] = {}
    refused: list[Stream] = []
    for name in choice.streams:
        stream = catalogue[name]
        if reason := _not_in_plan(stream, plan):
            skipped[name] = reason
        elif stream.parent and stream.parent.stream in skipped:
            skipped[name] = without_parent(stream)
        elif not (scopes := lacking(granted.split(), stream)):
            continue
        elif name in choice.named:
            refused.append(stream)
        else:
            skipped[name] = f"the grant lacks {_listed(scopes)}"
    if refused:
        raise ScopesMissing(_told(refused, granted))
    return Preflight(tuple(name for name in choice.streams if name not in skipped), skipped)


def without_parent(stream: Stream) -> str:
    """Why a child does not run where its parent does not."""
    return f"it needs {stream.parent.stream}, which is skipped" if stream.parent else ""


def _not_in_plan(stream: Stream, plan: str | None) -> str:
    if plan is None or PLANS.index(stream.plan) <= PLANS.index(plan):
        return ""
    return f"Zoom has it from the plan {stream.plan} on, and the Connection says {plan}"


def _listed(scopes: tuple[str, ...]) -> str:
    return f"the scope{'s' if len(scopes) > 1 else ''} {', '.join(scopes)}"


def _told(refused: list[Stream], granted: str) -> str:
    scopes = missing(granted, refused, of_a_person=False)
    listed = "; ".join(f"{each.scope} (for {', '.join(each.wanted_by)})" for each in scopes)
    return (
        f"The grant lacks scopes of streams that this run asks for by name: {listed}. Add them to the app in the Zoom "
        "App Marketplace, press Reconnect on the page Zoom in Airflow (a server-to-server app needs no more than "
        "the scopes), then clear this task. Or leave these streams out. Nothing was asked of Zoom."
    )
