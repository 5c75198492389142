"""Which task waits for which, and how."""

import pytest

from include.flow.dag import build_dag


@pytest.mark.parametrize(
    ("task_id", "rule"), [("recordings.pull", "none_failed"), ("meeting_participants.pull", "all_success")]
)
def test_a_skipped_parent_does_not_skip_what_may_come_without_it(task_id: str, rule: str) -> None:
    """All recordings of the account need no users; participants always need meetings."""
    dag = build_dag("recordings_alone", streams=["recordings", "meeting_participants"])
    assert dag.task_dict[task_id].trigger_rule == rule
