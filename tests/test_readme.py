"""What the README promises is there."""

import re
import subprocess
import sys
from pathlib import Path

from include.grant.journal import State
from include.provider import provider_info
from include.warehouse.views import views
from include.zoom.catalog import STREAMS
from include.zoom.oauth import Kind
from include.zoom.reference import reference

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()


def rows(heading: str) -> set[str]:
    """The first cells, where they are code, of the tables below a heading."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE))


def test_every_make_target_it_names_exists() -> None:
    """Of the commands that a reader is told to type."""
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"`make (\w+)`", README)) | set(
        re.findall(r"^\$ make (\w+)", README, flags=re.MULTILINE)
    )
    assert named == {"bench", "run", "up", "connect", "check", "faults", "test", "lock"}
    assert named <= targets


PARSE = """
from airflow.dag_processing.dagbag import DagBag
bag = DagBag({folder!r}, safe_mode=True)
assets = {{asset.uri for dag in bag.dags.values() for task in dag.tasks for asset in task.outlets}}
print({{name: len(dag.tasks) for name, dag in sorted(bag.dags.items())}}, bag.import_errors)
print(sorted(each for each in assets if "user" in each))
"""


def test_its_dag_file_makes_the_dags_that_it_says(airflow_home: dict[str, str], tmp_path: Path) -> None:
    """A plan and three tasks for each stream and its parents; the tables of another schema are other assets."""
    (snippet,) = re.findall(r"```python\n(.+?)```", README, flags=re.DOTALL)
    (tmp_path / "ours.py").write_text(snippet)
    done = subprocess.run(
        [sys.executable, "-c", PARSE.format(folder=str(tmp_path))],
        env=airflow_home,
        capture_output=True,
        text=True,
        check=True,
    )
    dags, users = done.stdout.splitlines()[-2:]
    every = 1 + 3 * len(STREAMS)
    assert dags == f"{{'zoom_phone': 7, 'zoom_reports': 10, 'zoom_second': {every}}} {{}}"
    assert "'zoom://zoom_second/users'" in users
    assert "'zoom://users'" not in users


def test_every_setting_stands_there_with_no_other() -> None:
    """The section [zoom] as Airflow knows it."""
    assert rows("Settings") == set(provider_info()["config"]["zoom"]["options"])


def test_every_table_it_names_exists() -> None:
    """In the short list; the whole one is made from the declarations."""
    section = README.split("\n## Tables\n")[1].split("\nThey stand in")[0]
    named = set(re.findall(r"`(\w+)`", section))
    assert len(named) > 20
    assert named <= {table.name for stream in STREAMS.values() for table in stream.tables}


def test_the_pages_made_from_declarations_are_current() -> None:
    """`make docs` would change nothing."""
    assert (PROJECT / "docs" / "tables.md").read_text() == reference()


def test_every_view_stands_there_with_no_other() -> None:
    """The views that answer what people ask."""
    assert rows("What to ask") == {view.name for view in views()}


def test_the_files_it_links_to_are_there() -> None:
    """Relative links lead somewhere."""
    links = set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
    assert links == {
        "deploy/helm-values.yaml",
        "docs/adr",
        "docs/deployment.md",
        "docs/history.md",
        "docs/operating.md",
        "docs/privacy.md",
        "docs/requests.md",
        "docs/scaling.md",
        "docs/tables.md",
        "docs/benchmarks.md",
        "docs/security.md",
        "docs/trust.md",
        "docs/warehouses.md",
        "CONTRIBUTING.md",
    }
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_the_decisions_are_written_down() -> None:
    """No number twice, and none that was decided is gone."""
    names = sorted(file.name[:4] for file in (PROJECT / "docs" / "adr").glob("0*.md"))
    assert names == sorted(set(names))
    assert {*(f"{number:04}" for number in range(1, 16))} <= set(names)


def test_the_index_of_decisions_names_each() -> None:
    """By its title."""
    folder = PROJECT / "docs" / "adr"
    index = re.findall(r"^- \[(.+?)\]\((.+?)\)$", (folder / "README.md").read_text(), flags=re.MULTILINE)
    assert [(file.read_text().splitlines()[0], file.name) for file in sorted(folder.glob("0*.md"))] == [
        (f"# {title}", name) for title, name in index
    ]


def anchors(page: Path) -> set[str]:
    """A page's headings as a link names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = sorted(page for folder in (".", "docs", "docs/adr") for page in (PROJECT / folder).glob("*.md"))


def test_every_link_between_pages_leads_somewhere() -> None:
    """To a file that is there and, where it names one, to a heading in it."""
    links = [
        (page, *target)
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text())
    ]
    assert len(links) > 100
    there = [(page, (page.parent / name if name else page), heading) for page, name, heading in links]
    assert [told for told in there if not told[1].exists()] == []
    assert [told for told in there if told[2] and told[2] not in anchors(told[1])] == []


OPERATING = (PROJECT / "docs" / "operating.md").read_text()


def test_operating_names_every_state_audit_event_and_metric() -> None:
    """What the code can be in, write and emit."""
    assert [state for state in State if f"| `{state}` |" not in OPERATING] == []
    assert [kind for kind in Kind if f"`{kind.name.lower()}`" not in OPERATING] == []
    told = set(re.findall(r"`(zoom[._]grant\.[a-z_.]+)", OPERATING))
    assert told == {
        "zoom.grant.refresh.",
        "zoom.grant.token_age_days",
        "zoom.grant.wait",
        "zoom_grant.consented",
        "zoom_grant.disconnected",
        "zoom_grant.lost",
        "zoom_grant.misconfigured",
        "zoom_grant.rotated",
    }
