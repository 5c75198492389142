"""Faults 12 and 14: Zoom has answered, and the database does not have it yet."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from airflow.models.connection import Connection
from airflow.models.log import Log
from airflow.models.team import Team

from include.grant.schema import metadata
from include.launch.postgres import EmbeddedPostgres
from tests.faults.report import Record
from tests.faults.stage import MakeStage, Stage
from tests.grant.installation import wait_for

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def own_folder() -> Iterator[Path]:
    """Where a PostgreSQL lies that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix=f"zoom-postgres-{os.getpid()}-"))
    server = EmbeddedPostgres(folder / "data")
    made = sa.create_engine(
        server.create("template_of_grants").replace("postgresql:", "postgresql+psycopg2:")
    )
    Connection.metadata.create_all(made, tables=[Team.__table__, Connection.__table__, Log.__table__])
    metadata.create_all(made)
    made.dispose()
    server.stop()
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.mark.parametrize("then", ["it comes back", "the process is killed"])
def test_fault_12_database_dies_between_answer_and_commit(
    own_folder: Path, make_stage: MakeStage, tmp_path: Path, then: str, record: Record
) -> None:
    """The answer waits on disk and is tried again; killed meanwhile, the next process finds it there: one post."""
    server = EmbeddedPostgres(own_folder)
    uri = server.create(tmp_path.name.lower(), template="template_of_grants")
    stage = make_stage("", uri=uri)
    line = stage.proxy.next(holds="answer")
    holder = stage.start()
    line.until_answered()
    server.stop()
    line.let_go()
    wait_for(lambda: "did not take Zoom's answer" in holder.log.read_text())
    assert len(stage.spilled()) == 1
    if then == "the process is killed":
        holder.kill()
    server = EmbeddedPostgres(own_folder)
    try:
        if then == "the process is killed":
            stage.end_lease()
        told = stage.ask() if then == "the process is killed" else holder.told()
        assert (told.error, told.generation) == ("", 1)
        assert told.token == stage.shown()["access_token"]
    finally:
        server.stop()
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record(f"retry, file; {then}: fresh", posts=1)


@pytest.mark.parametrize("found_by", ["an API server that starts", "the next process"])
def test_fault_14_file_present_at_start(stage: Stage, found_by: str, record: Record) -> None:
    """Killed between file and commit: whoever starts next on this host adopts the answer, without a post."""
    stage.start(at="before the commit").killed()
    assert (len(stage.spilled()), stage.grant().journal.generation) == (1, 0)
    if found_by == "an API server that starts":
        stage.host()
        assert stage.grant().journal.generation == 1
    else:
        stage.end_lease()
    told = stage.ask()
    assert (told.error, told.generation) == ("", 1)
    assert stage.ask(rejected=told.token).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("adopted without a post", posts=0)
