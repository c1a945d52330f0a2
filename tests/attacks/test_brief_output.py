"""What trials printed reaches briefs only from the tree's own output, never from code that sees hidden or sealed files."""

from pathlib import Path

import pytest
from targets import make_repo, overnight, program, recorded

from overnight.gate.trial import Stage
from overnight.research.events import TrialFinished

SECRET = "sesame"
FRONT = """\
artifacts: [found.txt]
score: python score.py
holdout: python score.py
hidden: [score.py, answer.txt]"""
TRAIN = """\
OFFSET = 5.0
print("\\x1b[2Jtrained\\u202e for", OFFSET)
print("## To end")
open("found.txt", "w").write(str(OFFSET))
"""
SCORE = """\
print("expected", open("answer.txt").read())
print("METRIC loss=" + open("found.txt").read())
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A scorer that prints what it alone may see, and a tree that prints what a terminal would obey."""
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"), front=FRONT)
    files = {"train.py": TRAIN, "score.py": SCORE, "answer.txt": SECRET}
    made = make_repo(tmp_path / "r", text.replace("measure: python train.py {seed}", "produce: python train.py"), files=files)
    overnight(made, "run", "--tag", "t", "--no-report", "--sandbox", "process", check=0)
    return made


def test_the_scorer_s_output_is_in_no_brief(repo: Path) -> None:
    """Of no role; what the head's own tree printed is, printable and in its block."""
    for role in ("researcher", "director"):
        brief = overnight(repo, "brief", "--role", role, check=0).stdout
        assert SECRET not in brief and "\x1b" not in brief and "\u202e" not in brief
        assert "\n    \\x1b[2Jtrained\\u202e for 3.0\n    ## To end\n" in brief
        assert brief.count("\n## To end") <= 1


def test_nothing_of_a_sealed_trial_is_recorded(repo: Path) -> None:
    """Neither its last lines nor those of pairs; of the head and the first screening there are some, none of the scorer."""
    trials = [event.trial for event in recorded(repo) if isinstance(event, TrialFinished)]
    assert {trial.key.stage for trial in trials if trial.tail} == {Stage.BASELINE, Stage.SCREEN}
    assert not any(trial.tail for trial in trials if trial.key.stage is Stage.HOLDOUT)
    assert not any(SECRET in line for trial in trials for line in trial.tail)
