"""Every row of the manifest has a case here, and every case names a row."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolsmith_agent import Budget
from toolsmith_agent.recovery import MANIFEST, FailureKind, Progress, recover

BUDGET = Budget(repairs=2, tiers=3, questions=2)
MORE = {"tiers_left": 1, "seconds_left": 5.0}
CASES = {
    "effect-unknown": ("tool_unknown", MORE, "stop"),
    "effect-failed": ("tool_failed", MORE, "stop"),
    "not-dispatched": ("not_dispatched", MORE, "stop"),
    "out-of-time": ("invalid", {"tiers_left": 1, "seconds_left": 0.0, "takes_feedback": True}, "stop"),
    "nobody-to-ask": ("missing", MORE, "stop"),
    "ask": ("missing", {**MORE, "someone_to_ask": True, "questions": 1}, "ask"),
    "ask-again": ("unusable", {**MORE, "someone_to_ask": True, "questions": 1}, "ask"),
    "questions-spent": ("unusable", {**MORE, "someone_to_ask": True, "questions": 2}, "stop"),
    "repair": ("invalid", {**MORE, "takes_feedback": True, "repairs": 1}, "repair"),
    "no-feedback": ("invalid", MORE, "fall_back"),
    "repairs-spent": ("invalid", {**MORE, "takes_feedback": True, "repairs": 2}, "fall_back"),
    "repeated-output": ("repeated", {**MORE, "takes_feedback": True, "repairs": 1}, "fall_back"),
    "tier-failed": ("failed", MORE, "fall_back"),
    "tier-timed-out": ("timeout", MORE, "fall_back"),
    "circuit-open": ("open", MORE, "fall_back"),
    "low-confidence": ("unsure", MORE, "fall_back"),
    "tiers-spent": ("failed", {**MORE, "tiers": 3}, "stop"),
    "last-tier": ("failed", {"seconds_left": 5.0}, "stop"),
}


def test_the_manifest_and_the_cases_name_the_same_rows():
    assert sorted(row.id for row in MANIFEST) == sorted(CASES)
    assert len({row.id for row in MANIFEST}) == len(MANIFEST)
    assert all(row.why for row in MANIFEST)


@pytest.mark.parametrize("row", CASES)
def test_a_row_decides_its_case(row):
    failure, progress, action = CASES[row]
    recovery = recover(failure, Progress(**progress), BUDGET)
    assert (recovery.row, recovery.action) == (row, action)


@pytest.mark.parametrize("row", [row.id for row in MANIFEST])
def test_no_row_is_hidden_by_the_rows_before_it(row):
    failure, progress, _ = CASES[row]
    before = MANIFEST[: [one.id for one in MANIFEST].index(row)]
    assert not any(one.applies(failure, Progress(**progress), BUDGET) for one in before)


progresses = st.builds(
    Progress,
    repairs=st.integers(0, 4),
    tiers=st.integers(1, 5),
    tiers_left=st.integers(0, 3),
    questions=st.integers(0, 4),
    seconds_left=st.floats(0, 10),
    takes_feedback=st.booleans(),
    someone_to_ask=st.booleans(),
)


@given(failure=st.sampled_from(get_args(FailureKind)), progress=progresses)
def test_no_recovery_goes_beyond_a_budget_and_the_same_state_has_the_same_recovery(failure, progress):
    recovery = recover(failure, progress, BUDGET)
    assert recovery == recover(failure, progress, BUDGET)
    if recovery.action == "repair":
        assert failure == "invalid" and progress.takes_feedback and progress.repairs < BUDGET.repairs
    if recovery.action == "fall_back":
        assert progress.tiers_left and progress.tiers < BUDGET.tiers
    if recovery.action == "ask":
        assert progress.someone_to_ask or failure == "unusable"
        assert progress.questions < BUDGET.questions
    if failure.startswith("tool_") or failure == "not_dispatched" or progress.seconds_left <= 0:
        assert recovery.action == "stop"


def test_a_budget_that_allows_nothing_is_refused():
    for wrong in ({"repairs": -1}, {"tiers": 0}, {"seconds": 0}, {"seconds_by_tool": {"a": float("nan")}}):
        with pytest.raises(ValueError):
            Budget(**wrong)
