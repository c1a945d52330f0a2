"""What a candidate can leak through the sealed holdout to an author who wants to learn about its data."""

import re
from pathlib import Path

import pytest
from rest import AGENT, served
from targets import make_repo, overnight, program, read_json

KINDS = (
    "value = 9.0",
    "sys.exit(3)",
    "sys.exit(print('nothing'))",
    "time.sleep(30)",
    "os.kill(os.getpid(), 9)",
)
TRAIN = "import os, sys, time\nvalue = 5.0\n# HERE\nprint(f'METRIC loss={value}')\n"
FRONT = "holdout: python train.py {seed}\nhidden: [hidden.txt]"


def code(kind: str) -> str:
    """A gain in public that ends in one particular way on the sealed data."""
    return f"value = 4.0\nif os.path.exists('hidden.txt'):\n    {kind}"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that tried every kind of end."""
    text = program(*(("# HERE", code(kind)) for kind in KINDS), front=FRONT).replace("wall: 10s", "wall: 4s")
    made = make_repo(tmp_path_factory.mktemp("sealed") / "repo", text, files={"train.py": TRAIN, "hidden.txt": "2031"})
    overnight(made, "run", "--no-report", "--plain", "--tag", "t", check=1)
    return made


def test_every_end_is_reported_in_the_same_way(repo: Path) -> None:
    """Failing by exit, limit or metric, or being worse: verdict, words, public numbers and number of trials are the same."""
    log = read_json(repo, "log")["experiments"]
    ends = [{**each["conclusion"], "holdout_gain": None, "trials": each["trials"]} for each in log]
    assert len(ends) == len(KINDS)
    assert all(each == ends[0] for each in ends)
    assert (ends[0]["verdict"], ends[0]["reason"]) == ("discard", "better in public, but not confirmed by the sealed holdout")
    assert read_json(repo, "status")["crashed"] == 0


def test_no_trial_of_it_says_why_it_failed(repo: Path) -> None:
    """The table of trials does not show it; only the ledger, for the machine's user, has the fault."""
    pages = {re.sub(r"\d+(\.\d+)?", "N", row) for n in range(1, 6) for row in sealed_rows(repo, n)}
    assert len(pages) == 1, pages
    faults = [trial["fault"] for n in range(1, 6) for trial in read_json(repo, "show", str(n))["trials"] if is_asked(trial)]
    assert faults == [None, "exit", "metric", "limit", "exit"]


def test_over_a_face_nobody_is_shown_how_it_failed(repo: Path) -> None:
    """Neither the owner nor an agent: the trials of all ends look the same."""
    with served(r=repo) as owner, served(AGENT, r=repo) as agent:
        for rest in (owner, agent):
            pages = [rest.get("/repos/r/show", number=n).json["trials"] for n in range(1, 6)]
            asked = [trial for trials in pages for trial in trials if is_asked(trial)]
            assert len(asked) == len(KINDS)
            assert {(trial["fault"], trial["reason"], *trial["excerpt"]) for trial in asked} == {(None, "")}


def sealed_rows(repo: Path, number: int) -> list[str]:
    """The lines of `show` about the candidate's trials on the holdout, with single spaces between words."""
    lines = overnight(repo, "show", str(number), check=0).stdout.splitlines()
    return [" ".join(line.split()) for line in lines if line.split()[:1] == ["holdout"] and "candidate" in line]


def is_asked(trial: dict[str, dict[str, str]]) -> bool:
    """Whether a trial is the candidate's on the holdout."""
    return (trial["key"]["stage"], trial["key"]["arm"]) == ("holdout", "candidate")
