"""Agents whose provider fails: the user is told the truth, the provider is spared, and the work goes on where it can."""

from pathlib import Path

import pytest
from agent_ways import PROGRAMS
from fault_runs import Case, every_case, faults_of, run_case

TESTED = ("agent-", "template-", "claude-agent-acp")  # the others over ACP are in `make fault-table`
BEHIND = ("e429q", "e500", "hang", "cut")


def is_tested(case: Case) -> bool:
    """Whether a case is one of those that cost minutes in all, and not an hour."""
    return any(name in str(case) for name in TESTED) and (case.behind != case.way.wire or case.fault.mode in BEHIND)


@pytest.mark.parametrize("case", [case for case in every_case() if is_tested(case)], ids=str)
def test_a_fault_is_told_and_survived(case: Case, tmp_path: Path) -> None:
    """Told truly, asked no more than its rests allow, exit code, nothing left running, and the edit delivered in the end."""
    if not PROGRAMS.is_dir():
        pytest.fail(f"there are no agent programs in {PROGRAMS}: run `make test-agents`")
    run = run_case(case, tmp_path)
    assert faults_of(run) == [], "\n".join(line for _, line in run.lines)
