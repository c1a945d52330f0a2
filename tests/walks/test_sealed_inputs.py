"""A campaign whose trials run on inputs made by frozen code: public ones, and sealed ones on the holdout and in an audit."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from targets import COMMAND, assert_verified, make_repo, overnight, program, read_json, recorded, started

from overnight.gate.trial import Trial
from overnight.research.events import TrialFinished

FRONT = """\
prepare: python prepare.py {seed} {split}
inputs: [numbers.txt]
artifacts: [found.txt]
score: python score.py
holdout: python score.py
audit: python score.py
hidden: [sealed]"""
# Counts how many numbers it takes to find the largest; its output must not leave a sealed trial.
TRAIN = """\
numbers = [int(line) for line in open("numbers.txt")]
print("SAW", numbers)
looked = numbers  # HERE
open("found.txt", "w").write(f"{len(looked)} {max(looked)}")
"""
PREPARE = """\
import random, sys
draw, split = random.Random(sys.argv[1] + sys.argv[2]), sys.argv[2]
numbers = [draw.randrange(1000) for _ in range(12)]
largest = 0 if split == "public" else int(open(f"sealed/{split}").read())
numbers.insert(largest, draw.randrange(1000, 2000))
open("numbers.txt", "w").write("\\n".join(map(str, numbers)))
"""
SCORE = """\
numbers = [int(line) for line in open("numbers.txt")]
looked, found = open("found.txt").read().split()
print(f"METRIC loss={int(looked) + 100 * (int(found) != max(numbers))}")
"""
FILES = {"train.py": TRAIN, "prepare.py": PREPARE, "score.py": SCORE, "sealed/holdout": "7", "sealed/audit": "9"}
FITTED = "looked = numbers[:3]  # of public inputs the first one is the largest"
BETTER = "looked = numbers[:10]"
LOUD = "looked = numbers[:2]\nif max(looked) < 1000: raise SystemExit('LEAK' + f'ED {numbers}')"
FORGED = "open('numbers.txt', 'w').write('5')\nlooked = [5]"


def target(folder: Path, *codes: str, files: dict[str, str] | None = None, front: str = FRONT) -> Path:
    """A repository whose researcher proposes these ways to search, one after the other."""
    edits = [("looked = numbers  # HERE", code) for code in codes]
    text = program(*edits, front=front).replace("measure: python train.py {seed}", "produce: python train.py")
    return make_repo(folder, text, files=files or FILES)


def trials_of(repo: Path) -> Sequence[Trial]:
    """The trials of campaign `t`."""
    return [event.trial for event in recorded(repo) if isinstance(event, TrialFinished)]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of four proposals, the last of which is a gain everywhere, and its audit."""
    repo = target(tmp_path_factory.mktemp("inputs") / "repo", FITTED, LOUD, FORGED, BETTER)
    overnight(repo, "run", "--tag", "t", "--plain", "--no-report", check=0)
    overnight(repo, "audit", check=0)
    return repo


def test_what_fits_public_inputs_only_is_discarded(campaign: Path) -> None:
    """It is better in public, but not on the sealed inputs; a failure there is reported in the same words."""
    ended = [each["conclusion"] for each in read_json(campaign, "log")["experiments"]]
    by_number = {4 - place: (each["verdict"], each["reason"]) for place, each in enumerate(ended)}
    assert by_number[1] == by_number[2] == ("discard", "better in public, but not confirmed by the sealed holdout")
    assert by_number[3][0] == "discard" and "not better" in by_number[3][1]  # the scorer has the true inputs
    assert by_number[4][0] == "keep"
    assert read_json(campaign, "status")["holdouts"] == 3


def test_an_audit_runs_on_inputs_of_its_own(campaign: Path) -> None:
    """Start against head on the third split: there too the head looks at ten numbers and finds the largest."""
    audited = [trial for trial in trials_of(campaign) if trial.key.stage == "audit"]
    assert {trial.value for trial in audited} == {13.0, 10.0}
    assert read_json(campaign, "status")["audit"]["total"]["gain"] == 3.0


def test_nothing_of_a_sealed_trial_is_kept_or_shown(campaign: Path) -> None:
    """What a candidate prints of sealed inputs is in no log, page or brief; what it prints of public ones is."""
    sealed = [trial for trial in trials_of(campaign) if trial.key.stage in {"holdout", "audit"}]
    public = [trial for trial in trials_of(campaign) if trial not in sealed]
    assert (
        {(trial.reason, trial.log, trial.tail) for trial in sealed} == {("", "", ())}
        and public
        and all(trial.log for trial in public)
    )
    everything = b"".join(path.read_bytes() for path in (campaign / ".overnight").rglob("*") if path.is_file())
    pages = "".join(overnight(campaign, *page, "--tag", "t").stdout for page in (["status"], ["log"], *_pages()))
    assert b"SAW" in everything and b"LEAKED" not in everything and "LEAKED" not in pages
    rows = [row for row in pages.splitlines() if row.split()[:1] == ["holdout"]]
    trials = [each for number in (1, 2, 4) for each in read_json(campaign, "show", str(number))["trials"]]
    times = [(each["wall_s"], each["cpu_s"], each["value"]) for each in trials if each["key"]["stage"] == "holdout"]
    assert times and set(times) == {(0.0, 0.0, None)}  # if the metric is a time, the time is the answer
    assert rows and all(re.fullmatch(r" *holdout +\d+ +(candidate|baseline) +\d+ +sealed *", row) for row in rows)


def _pages() -> list[list[str]]:
    return [["show", str(number), *more] for number in (1, 2, 4) for more in ([], ["--log"], ["--json"])]


def test_the_record_holds_together(campaign: Path) -> None:
    """Ledger, receipts and refs agree, and what is kept can be measured again."""
    assert_verified(campaign)
    assert "ok" in overnight(campaign, "verify", "--rerun", "all", check=0).stdout


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"prepare.py": "raise SystemExit('no numbers today')"}, "`prepare` failed: exit code 1: no numbers today"),
        ({"prepare.py": "pass"}, "`prepare` failed to leave its inputs: numbers.txt is missing"),
        (
            {"prepare.py": "import os; os.symlink('score.py', 'numbers.txt')"},
            "`prepare` failed to leave its inputs: numbers.txt is not a readable regular file",
        ),
        ({"prepare.py": "import train"}, "`prepare` failed: exit code 1: ModuleNotFoundError: No module named 'train'"),
        ({"sealed/holdout": "x"}, "the holdout command: `prepare` failed: exit code 1: ValueError: invalid literal"),
        ({"sealed/audit": "x"}, "the audit command: `prepare` failed: exit code 1: ValueError: invalid literal"),
    ],
)
def test_check_tries_it_on_every_split(tmp_path: Path, broken: dict[str, str], message: str) -> None:
    """A failure is reported before the night, as one of `prepare` and with its own message."""
    repo = target(tmp_path / "repo", BETTER, files=FILES | broken)
    found = overnight(repo, "check", check=2)
    assert f"what you have committed fails: {message}" in found.stderr


def test_a_kill_between_prepare_and_produce_loses_nothing(tmp_path: Path) -> None:
    """The trial has not ended, so it runs again from its start, with the same seed; no folder of it is left."""
    front = FRONT.replace("prepare: python", "prepare: sleep 0.3; python")
    repo = target(tmp_path / "repo", FITTED, BETTER, front=front)
    for _ in range(3):
        with started((COMMAND, "run", "--tag", "t", "--plain", "--no-report"), repo) as session:
            assert session.stdout is not None
            next(line for line in session.stdout if "baseline trial" in line or "proposed" in line)
            session.send_signal(signal.SIGKILL)  # the next trial's `prepare` sleeps
    before = trials_of(repo)
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    after = trials_of(repo)
    assert after[: len(before)] == before
    assert len({trial.key for trial in after}) == len(after)
    assert read_json(repo, "status")["kept"] == 1
    assert list((repo / ".overnight").glob(".work-*")) == []
