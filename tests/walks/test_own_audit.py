"""An audit on a split of its own: `audit` in program.md, with a real jail, git and ledger."""

from pathlib import Path

import pytest
from targets import assert_verified, make_repo, overnight, program, recorded

from overnight.gate.trial import Stage, Trial
from overnight.research.events import TrialFinished

SCORE = """\
import sys
from train import OFFSET
print(f"METRIC loss={OFFSET + float(open('sealed/' + sys.argv[1]).read()):.9f}")
"""
FILES = {"sealed/audit": "100", "score.py": SCORE}
FRONT = "hidden: [sealed]\naudit: python score.py audit"
TRAIN = "OFFSET = 5.0\nif __name__ == '__main__':\n    print(f'METRIC loss={OFFSET:.9f}')\n"


def audits(repo: Path) -> list[Trial]:
    """The trials of the audits of campaign `t`."""
    trials = [event.trial for event in recorded(repo) if isinstance(event, TrialFinished)]
    return [trial for trial in trials if trial.key.stage is Stage.AUDIT]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that kept one change, audited."""
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"), front=FRONT)
    repo = make_repo(tmp_path_factory.mktemp("audit") / "repo", text, files=FILES | {"train.py": TRAIN})
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    overnight(repo, "audit", check=0)
    return repo


def test_the_headline_is_of_the_third_split(campaign: Path) -> None:
    """The audit's command sees the hidden files; the report takes its headline from the audit and says so."""
    assert {trial.value for trial in audits(campaign)} == {103.0, 105.0}
    report = (campaign / ".overnight/t/report.md").read_text()
    assert "from 105 to 103" in report
    assert "data of its own, by the audit command of the program" in report
    assert_verified(campaign)


def test_what_a_sealed_audit_prints_is_not_kept(campaign: Path) -> None:
    """A candidate that sees the sealed files could print them for the next one to read."""
    assert {(trial.log, trial.tail) for trial in audits(campaign)} == {("", ())}


def test_a_candidate_that_fails_there_reveals_nothing(tmp_path: Path) -> None:
    """Its last output could be the sealed data: the report says what failed, but not how."""
    leaks = "OFFSET = 3.0\nimport os\nif os.path.exists('sealed'): raise SystemExit('secret ' + open('sealed/audit').read())"
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", leaks), front=FRONT), files=FILES | {"train.py": TRAIN})
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    said = overnight(repo, "audit", "--no-report", "--json", check=1).stdout
    assert "the sealed command gave no value (exit)" in said
    assert "secret" not in said and not any("secret" in trial.reason for trial in audits(repo))


def test_a_command_that_fails_is_found_by_check(tmp_path: Path) -> None:
    """Before the night, with its own message, because the start is the user's code."""
    front = "hidden: [sealed]\naudit: python score.py missing"
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"), front=front)
    repo = make_repo(tmp_path / "repo", text, files=FILES | {"train.py": TRAIN})
    said = overnight(repo, "check")
    assert said.returncode != 0
    assert "the audit command: exit code 1: FileNotFoundError" in said.stdout + said.stderr
