"""A real small model as a researcher: our agent and the editor, through the gateway and the jail.

`make test-model` makes the model and runs this folder; `make test` does not. A model of this size fails often, so nothing is
asked of its skill: only what must hold whatever a model says. What it achieved is printed.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from model_user import url, user  # noqa: F401  # fixtures
from targets import COMMAND, git, make_repo, read_json, recorded

from overnight.models.asking.ask import ANSWER_TOKENS
from overnight.research.events import Concluded, ModelCalled, ProposalMissed, Proposed, Stopped

TRAIN = 'RATE = 0.1\nSTEPS = 4\n\nx = 1.0\nfor _ in range(STEPS):\n    x -= RATE * 2 * x\nprint(f"METRIC loss={x * x:.6f}")\n'
TOKENS = 8_000  # of a campaign
pytestmark = pytest.mark.timeout(3600)  # beside other work it writes a few tokens a second


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a folder, for as long as it takes."""
    return subprocess.run([sys.executable, COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["agent", "editor"])
def test_a_test_of_it_says_what_is_in_the_folder(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Either an edit came back and there is a diff of it, or there is none and a reason; all calls are counted."""
    done = run(tmp_path, "agents", "test", name, "--seconds", "1500", "--json")
    assert done.returncode in {0, 1}, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["edited"] is (done.returncode == 0)
    assert bool(found["diff"]) is found["edited"] and bool(found["reason"]) is not found["edited"]
    assert found["calls"] > 0 and found["estimated"] == 0
    assert 0 < found["input_tokens"] + found["output_tokens"] <= found["most_tokens"]
    for form in found["forms"]:
        assert form["calls"] in ({1, 2} if form["tried"] else {0}) and bool(form["reason"]) is not form["edited"]
    with capsys.disabled():
        forms = ", ".join(f"{form['form']} {'works' if form['edited'] else 'fails'}" for form in found["forms"])
        print(f"\n{name}: {found['hypothesis'] or found['reason']} ({found['calls']} calls{'; ' + forms if forms else ''})")


@pytest.mark.parametrize("use", ["agent", "editor"])
def test_a_campaign_with_it_claims_nothing(use: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every try is a proposal whose commit changes the file, or has a reason why there is none; the tokens agree everywhere."""
    program = f"""---
metric: {{name: loss, direction: minimize}}
measure: python train.py
editable: [train.py]
budget: {{tokens: {TOKENS}, experiments: 4}}
researchers:
  - {{role: explorer, use: {use}}}
---
# Make the loss small

Change RATE or STEPS.
"""
    repo = make_repo(tmp_path / "r", program, files={"train.py": TRAIN})
    done = run(repo, "run", "--tag", "t", "--no-report", "--plain")
    assert done.returncode in {0, 1} and "Traceback" not in done.stderr, done.stderr
    events = recorded(repo)
    proposed = [event for event in events if isinstance(event, Proposed)]
    missed = [event for event in events if isinstance(event, ProposalMissed)]
    ended = {event.number: event.conclusion for event in events if isinstance(event, Concluded)}
    assert proposed or missed
    assert isinstance(events[-1], Stopped)
    assert all(event.reason.isprintable() and event.reason for event in missed)
    for event in proposed:
        assert event.hypothesis.isprintable() and event.hypothesis
        assert event.number in ended
        if event.commit:
            assert git(repo, "diff", "--name-only", event.base, event.commit).split() == ["train.py"]
    calls = [event.usage for event in events if isinstance(event, ModelCalled)]
    spent = sum(usage.input_tokens + usage.output_tokens for usage in calls)
    assert calls and all(usage.input_tokens and not usage.estimated for usage in calls)
    assert read_json(repo, "status")["tokens"] == spent <= TOKENS + ANSWER_TOKENS  # exceeded by one answer at most
    verdicts = sorted(conclusion.verdict for conclusion in ended.values())
    with capsys.disabled():
        shares = f"{len(proposed)} of {len(proposed) + len(missed)} tries were proposals"
        print(f"\n{use}: {shares}, verdicts: {', '.join(verdicts) or 'none'}; {spent:,} tokens in {len(calls)} calls")
