"""The project's arrows, read from the source of every module: who may import whom, and who may import Airflow."""

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

# Folder or module of ours → the folders or modules of ours that it may import, besides itself.
ARROWS = {
    "include.zoom": (),
    "include.sandbox": (),
    "include.launch": (),
    "include.provider": (),
    "include.grant": (
        "include.zoom.auth",
        "include.zoom.errors",
        "include.zoom.oauth",
        "include.zoom.pace",
        "include.zoom.quota",
        "include.zoom.stream",
        "include.zoom.transport",
        "include.zoom.turns",
    ),
    "include.landing": ("include.zoom",),
    "include.warehouse": ("include.zoom",),
    "include.flow": ("include.grant.hook", "include.zoom", "include.landing", "include.warehouse"),
    "dags": ("include.flow", "include.zoom.catalog"),
    "include.console": (
        "include.grant",
        "include.zoom.catalog",
        "include.zoom.choice",
        "include.zoom.errors",
        "include.zoom.quota",
        "include.zoom.scopes",
        "include.zoom.stream",
        "include.zoom.turns",
    ),
    "plugins": ("include.console", "include.grant.broker", "include.grant.redaction"),
}
AIRFLOW = (
    "dags",
    "plugins",
    "include.console.access",
    "include.console.connections",
    "include.console.consents",
    "include.console.notices",
    "include.console.routes",
    "include.flow",
    "include.grant.__main__",
    "include.grant.broker",
    "include.grant.consent",
    "include.grant.hook",
    "include.grant.redaction",
    "include.grant.store",
    "include.warehouse.addresses",
    "include.warehouse.connect",
)


def modules() -> list[tuple[str, Path]]:
    """Every module of the project with its dotted name."""
    files = [file for top in ("include", "dags", "plugins") for file in (PROJECT / top).rglob("*.py")]
    return [
        (".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"), file)
        for file in files
    ]


def imported(file: Path) -> set[str]:
    """The dotted names that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these places or lies in one."""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def part(name: str) -> str:
    """The part of the house that a module belongs to."""
    return next(place for place in ARROWS if within(name, (place,)))


@pytest.mark.parametrize(
    ("name", "file"), modules(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_module_imports_only_along_the_arrows(name: str, file: Path) -> None:
    """Each part of the house imports itself and what its arrows point at."""
    if name == "include":
        return
    own = part(name)
    allowed = (own, *ARROWS[own])
    parents = {
        ".".join(place.split(".")[:count]) for place in allowed for count in range(1, place.count(".") + 1)
    }
    ours = {found for found in imported(file) if within(found, ("include", "dags", "plugins"))}
    assert {found for found in ours if not within(found, allowed) and found not in parents} == set()


@pytest.mark.parametrize(
    ("name", "file"), modules(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_only_the_edge_of_the_house_imports_airflow(name: str, file: Path) -> None:
    """Everything hard is tested without Airflow, so it does not import it."""
    if not within(name, AIRFLOW):
        assert {found for found in imported(file) if within(found, ("airflow",))} == set()


def test_the_sandbox_shares_no_truth_with_what_it_tests() -> None:
    """The simulated Zoom imports nothing of ours but itself, and nothing of ours imports it."""
    users = {
        name
        for name, file in modules()
        if any(within(found, ("include.sandbox",)) for found in imported(file))
    }
    assert {name for name in users if not within(name, ("include.sandbox",))} == set()
