"""What is claimed about a keep: a value that is too good is shown to a person, and what no gate can prove is said."""

from pathlib import Path

import pytest
from targets import git, make_repo, overnight, program, read_json

LEAK = ("OFFSET = 5.0", "OFFSET = 0.0")  # stands for a candidate that reads the labels, or prints its own number
BEYOND = "loss went from 5 to 0, tenfold or more at once"
TO_DO = "(`overnight show 1`, then `overnight believe 1` if its gain is real)"
DOUBT = "its loss is 0, and no value is better"
BASIS = "values come from the candidate's own process, which could print any number"


@pytest.fixture(scope="module")
def leaked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that kept a leak, from a command that takes no seed."""
    repo = make_repo(tmp_path_factory.mktemp("leak") / "r", program(LEAK, measure="python train.py 1"))
    done = overnight(repo, "run", "--tag", "t", check=0)
    assert f"HELD      #1 is unbelievable until read {TO_DO}: {BEYOND}; {DOUBT}" in done.stdout and BASIS in done.stdout
    return repo


def test_a_perfect_value_is_for_a_person_to_look_at(leaked: Path) -> None:
    """It is kept all the same; status, log and show say that it is hard to believe, in words and for programs."""
    status = read_json(leaked, "status")
    assert status["kept"] == 1 and status["keeps"][0]["doubts"] == [BEYOND, DOUBT] and BASIS in status["basis"]
    words = overnight(leaked, "status", check=0).stdout
    assert DOUBT in words and f"basis     {BASIS}" in words
    assert read_json(leaked, "log")["doubts"] == {"1": [BEYOND, DOUBT]}
    assert DOUBT in overnight(leaked, "log", check=0).stdout
    assert read_json(leaked, "show", "1")["doubts"] == [BEYOND, DOUBT]
    assert DOUBT in overnight(leaked, "show", "1", check=0).stdout


def test_the_report_says_it_above_its_headline(leaked: Path) -> None:
    """Before `100 % better`, on the page and in the Markdown."""
    for name in ("report.md", "report.html"):
        text = (leaked / ".overnight/t" / name).read_text()
        head = text[text.index("# Campaign") if name == "report.md" else text.index("<main") :]
        assert head.index("no value is better") < head.index("own process, which could print") < head.index("100 % better")


def test_each_commit_says_what_its_gain_rests_on(leaked: Path) -> None:
    """The measured commit and that of `finalize`: one process, no seed, and the doubt."""
    assert BASIS in git(leaked, "log", "-1", "--format=%b", "autoresearch/t")
    overnight(leaked, "finalize", "--include-unread", check=0)
    body = git(leaked, "log", "-1", "--format=%b", "overnight/t")
    assert DOUBT in body and BASIS in body and "Seeds: the command takes no {seed}" in body
    assert git(leaked, "rev-list", "--count", "overnight/t") == "2"


def test_a_campaign_without_a_holdout_does_not_speak_of_one(leaked: Path) -> None:
    """Neither status nor report says that the holdout was asked about nothing."""
    shown = overnight(leaked, "status", check=0).stdout + (leaked / ".overnight/t/report.md").read_text()
    assert "asked about 0" not in shown and "There is no holdout" in shown


def test_nothing_kept_suggests_no_branch_for_review(tmp_path: Path) -> None:
    """`finalize` would refuse."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 9.0")))
    assert "finalize" not in overnight(repo, "run", "--no-report", check=1).stdout
