"""A real small model as the coder and the reviewer of an action: `make test-model`.

Nothing is asked of its skill: only what must hold whatever a model says. What it achieved is printed.
"""

from pathlib import Path

import anyio
import pytest
from model_user import url, user  # noqa: F401  # fixtures
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import ActionBudget, Request
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage

TEXT = "def area(width: float, height: float) -> float:\n    return width + height\n"
CHECK = "from area import area\n\nassert area(2.0, 3.0) == 6.0, area(2.0, 3.0)\nprint('right')\n"
RULES = """---
checks: [python check.py]
roles:
  - {{role: coder, use: {use}}}
  - {{role: reviewer, use: editor}}
---
"""
BUDGET = ActionBudget(tokens=30_000, minutes=40.0, turns=6)
pytestmark = pytest.mark.timeout(3600)  # beside other work it writes a few tokens a second


@pytest.mark.parametrize("use", ["editor", "agent"])
def test_an_action_by_a_small_model_ends_with_a_result_or_a_reason(
    use: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claims are no evidence: the checks ran on its commit, and a review that cannot be read is none."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = {"area.py": TEXT, "check.py": CHECK, "actions.md": RULES.format(use=use)}
    repo = make_repo(tmp_path / "r", "", files=files)
    with ActionRecord(tmp_path / "record") as record:
        asked = "`area` in area.py adds width and height. It has to multiply them. Change area.py only."
        number = record.ask(Request(repo=str(repo), title="Fix area", text=asked, budget=BUDGET))
        board = BoardRunner(record=record)
        anyio.run(lambda: board.run(until_idle=True))
        action = record.board().actions[number]
    assert action.stage is Stage.WAITING
    assert action.usage.calls and not action.usage.estimated
    passed = action.evidence is not None and all(each.passed for each in action.evidence.after)
    if action.commit:
        assert action.evidence is not None and git(repo, "diff", "--name-only", action.base, action.commit)
    else:
        assert action.waiting
    with capsys.disabled():
        review = action.unreviewed or f"{len(action.findings or ())} findings, {len(action.blocking)} blocking"
        what = "checks pass" if passed else action.waiting or "checks fail"
        spent = f"{action.usage.tokens:,} tokens in {action.usage.calls} calls, {action.turns} turns"
        print(f"\n{use}: {what}; review: {review}; {spent}; claims: {list(action.claims)}")
