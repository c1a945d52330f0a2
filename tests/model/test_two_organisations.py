"""Two organisations with a real small model, one of them with a helpful text: does the gate tell them apart?

`make test-model` runs it. Nothing is asked of the model's skill: the test fails if an inner campaign has no value, if
calls are not counted, or if no verdict comes. What was found is printed, whichever it is.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from model_user import url, user  # noqa: F401  # fixtures
from targets import COMMAND, make_repo, recorded

from overnight.research.events import Concluded, TrialFinished

SCORE = """\
import math

values = dict(line.split(" = ") for line in open("submitted.py").read().splitlines())
best = {"ALPHA": 1.0, "BETA": 32.0, "GAMMA": 0.5}
loss = sum(min(abs(math.log2(max(float(values[name]), 1e-6) / at)), 9.0) for name, at in best.items())
print(f"METRIC loss={loss:.6f}")
"""
RECIPE = "ALPHA = 4.0\nBETA = 4.0\nGAMMA = 4.0\n"
PLAIN = "Change one value."
HELPFUL = "Halve ALPHA or GAMMA, or double BETA: that lowers the loss."
PROGRAM = f"""---
metric: {{name: loss, direction: minimize}}
produce: cp recipe.py submitted.py
score: python score.py
artifacts: [submitted.py]
editable: [recipe.py]
hidden: [score.py]
limits: {{wall: 10s, memory: 500MB}}
gate: {{noise: deterministic}}
researchers:
  - {{role: explorer, use: editor}}
---
# Lower the loss

{PLAIN}
"""
META = f"""---
organisation: program.md
targets: [.]
inner: {{trials: 16, tokens: 2000, audit_pairs: 2, screening: 1}}
allowed_researchers:
  - {{role: explorer, use: editor}}
gate: {{max_pairs: 8}}
budget: {{campaigns: 40}}
researchers:
  - role: script
    use: scripted
    edits:
      - [program.md, {json.dumps(PLAIN)}, {json.dumps(HELPFUL)}]
---
# Find an organisation that makes progress
"""
TAG = "meta-t"
pytestmark = pytest.mark.timeout(4 * 3600)  # beside other work the model writes a few tokens a second


def test_two_organisations_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every inner campaign has a value and its tokens; the helpful text gets a verdict, which is printed with its numbers."""
    repo = make_repo(tmp_path / "r", PROGRAM, files={"recipe.py": RECIPE, "score.py": SCORE, "meta.md": META})
    command = [sys.executable, COMMAND, "meta", "run", "--tag", TAG, "--plain", "--slots", "1"]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1} and "Traceback" not in done.stderr, done.stdout + done.stderr
    events = recorded(repo, TAG)
    trials = [event.trial for event in events if isinstance(event, TrialFinished)]
    assert trials and all(trial.value is not None and trial.metrics["tokens"] > 0 for trial in trials)
    concluded = [event.conclusion for event in events if isinstance(event, Concluded)]
    assert len(concluded) == 1
    told = "told apart" if concluded[0].verdict.value == "keep" else "not told apart"
    with capsys.disabled():
        spent = sum(trial.metrics["tokens"] for trial in trials)
        print(f"\n{told}: {concluded[0].verdict.value}, {concluded[0].reason}; gain {concluded[0].gain} spreads,")
        print(f"interval {concluded[0].low} to {concluded[0].high}, {concluded[0].pairs} pairs, {spent:,.0f} tokens")
