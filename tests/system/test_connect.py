"""The first consent, on the command line, as a person gives it: open an address, allow, paste what came."""

import re
import subprocess
import sys
from typing import Any

import httpx
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


def connect(pipeline: Any, answer: Any) -> subprocess.CompletedProcess[str]:
    """Runs the command; `answer` makes what is pasted out of the address that it prints."""
    env = pipeline.local.airflow.env | {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "include.grant", "connect"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=env, text=True, **pipes) as process:
        printed = ""
        while not (found := re.search(r"^ +(http\S+)$", printed, flags=re.MULTILINE)):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            printed += line
        said, complained = process.communicate(f"{answer(found.group(1))}\n", timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def allowed(address: str) -> str:
    """Where the browser ends after *Allow*: the sandbox allows by itself."""
    return httpx.get(address, trust_env=False).headers["Location"]


def test_a_pasted_answer_connects(pipeline: Any, daily: str) -> None:
    """The account is named, the new grant works, and no code or token is shown."""
    done = connect(pipeline, allowed)
    assert done.returncode == 0, done.stderr
    assert "Connected zoom_default; account sandbox-account." in done.stdout
    run = pipeline.trigger(conf={"streams": ["groups"], "ask_again": True})
    assert pipeline.ended(run) == "success"


def test_an_answer_to_another_question_is_refused(pipeline: Any, daily: str) -> None:
    """A state that is not ours: nothing is exchanged, the grant that is there goes on working."""
    before = pipeline.requests()["token_posts"]
    done = connect(pipeline, lambda address: re.sub(r"state=[^&]+", "state=foreign", allowed(address)))
    assert done.returncode == 1
    assert "Not connected." in done.stderr
    assert "code=" not in done.stdout + done.stderr
    assert pipeline.requests()["token_posts"] == before
    run = pipeline.trigger(conf={"streams": ["groups"], "ask_again": True})
    assert pipeline.ended(run) == "success"
