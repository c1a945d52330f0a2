"""A patched scorer: a gain that cannot be true is kept, and held for a person until somebody has read it."""

from pathlib import Path

import pytest
from targets import git, make_repo, overnight, read_json, recorded

from overnight.config import VARIABLE
from overnight.research.events import Believed

SCORER = """\
import random
import sys

GAIN = 1.0
score = GAIN + 0.01 * random.Random(int(sys.argv[1])).gauss(0, 1)
print(f"METRIC score={score:.9f}")
"""
PROGRAM = """---
metric: {name: score, direction: maximize}
measure: python train.py {seed}
editable: [train.py]
limits: {wall: 10s, memory: 500MB}
budget: {experiments: 2}
researchers:
  - role: script
    use: scripted
    edits:
      - [train.py, "{score:.9f}", "1000000000"]
      - [train.py, "1000000000", "1000000000.01"]
---
# Make the score large
"""
UNTIL = "#1 is unbelievable until read (`overnight show 1`, then `overnight believe 1` if its gain is real): "


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A campaign that kept a change to what it prints, and another on top; what `run` printed, and what a channel was sent."""
    folder = tmp_path_factory.mktemp("patched")
    sent, script, settings = folder / "sent", folder / "send", folder / "settings.toml"
    script.write_text(f'#!/bin/sh\n{{ printf "%s|" "$OVERNIGHT_OCCASION" "$OVERNIGHT_UNBELIEVABLE"; cat; }} >>{sent}\n')
    script.chmod(0o755)
    settings.write_text(f'[notify.channels.desk]\nuse = "command"\ncommand = ["{script}"]\n')
    repo = make_repo(folder / "r", PROGRAM, files={"train.py": SCORER})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(settings))
        done = overnight(repo, "run", "--tag", "t", check=0)
    return repo, done.stdout, sent.read_text()


def test_it_is_kept_and_the_campaign_goes_on(patched: tuple[Path, str, str]) -> None:
    """Nobody has to be awake: the branch moves, later changes build on it, and the end of the session names it."""
    repo, printed, _ = patched
    status = read_json(repo, "status")
    assert status["kept"] == 2 and [keep["unbelievable"] for keep in status["keeps"]] == [True, False]
    assert f"HELD      {UNTIL}" in printed and "standard deviations of one trial at once" in printed
    assert "all that is kept after #1 is measured against it" in printed


def test_a_person_is_told_at_once(patched: tuple[Path, str, str]) -> None:
    """By a message of its own, whose lines name the change and what to type."""
    told = patched[2]
    assert told.startswith("person|1|t: needs you: #1 is unbelievable until read")
    assert "overnight believe 1" in told and told.count("needs you: #1") == 1


def test_every_view_marks_it(patched: tuple[Path, str, str]) -> None:
    """Status in its second line, log, show and the reports above their headline."""
    repo = patched[0]
    lines = overnight(repo, "status", check=0).stdout.splitlines()
    assert lines[1].startswith(f"HELD      {UNTIL}score went from ")
    assert any(line.startswith("kept #1 ") and line.endswith("(unbelievable until read)") for line in lines)
    assert "unbelievable until read: score went from" in overnight(repo, "log", check=0).stdout
    assert read_json(repo, "log")["unbelievable"] == [1]
    assert read_json(repo, "show", "1")["unbelievable"] and not read_json(repo, "show", "2")["unbelievable"]


def test_its_diff_comes_before_its_claims(patched: tuple[Path, str, str]) -> None:
    """On a terminal and in both reports: first what was changed, then what was gained, then what to do."""
    repo = patched[0]
    shown = overnight(repo, "show", "1", check=0).stdout
    assert shown.startswith("#1 is unbelievable until read; its diff:")
    order = [shown.index(part) for part in ("METRIC score=1000000000", "experiment 1: keep", "overnight believe 1")]
    assert order == sorted(order) and "overnight stop" in shown
    page, text = ((repo / ".overnight/t" / name).read_text() for name in ("report.html", "report.md"))
    page = page[page.index("<main") :]
    for report, claim in ((text, "- **"), (page, '<div class="answers">')):
        places = [report.lower().index("unbelievable until read"), report.index("METRIC score=1000000000"), report.index(claim)]
        assert places == sorted(places)
    assert text.count('+print(f"METRIC score=1000000000")') == 1


def test_finalize_leaves_it_to_a_person(patched: tuple[Path, str, str]) -> None:
    """It refuses with the way out; told to take it all the same, it marks the commit."""
    repo = patched[0]
    refused = overnight(repo, "finalize", check=2).stderr
    assert "unbelievable until a person has read it: #1" in refused and "`overnight believe 1`" in refused
    assert "overnight/t" not in git(repo, "branch", "--list", "overnight/t")
    found = read_json(repo, "finalize", "--include-unread", "--into", "all")
    assert found["unread"] == [1] and found["changes"] == 2
    assert UNTIL in git(repo, "log", "-1", "--format=%b", "all^") and "nbelievable" not in git(
        repo, "log", "-1", "--format=%b", "all"
    )


def test_the_receipt_alone_shows_it(patched: tuple[Path, str, str]) -> None:
    """Somebody who has only the repository is told too, by the spread of the pairs."""
    repo = patched[0]
    assert (
        "unbelievable until read: score went from" in overnight(repo, "verify", "--receipt", "autoresearch/t^", check=0).stdout
    )


@pytest.mark.usefixtures("undrawn")
def test_a_person_lets_it_go(tmp_path: Path) -> None:
    """`believe` takes effect at once, and the next session records it; only a kept change can be believed."""
    repo = make_repo(tmp_path / "r", PROGRAM, files={"train.py": SCORER})
    overnight(repo, "run", "--tag", "t", "--experiments", "1", "--no-report", check=0)
    assert "did not keep #7" in overnight(repo, "believe", "7", check=2).stderr
    for _ in range(2):
        assert "#1 of `t` counts as read" in overnight(repo, "believe", "1", check=0).stdout
    assert [event.kind for event in recorded(repo)].count("ordered") == 1
    status = read_json(repo, "status")["keeps"][0]
    assert (status["unbelievable"], status["believed"]) == (False, True) and status["doubts"]
    assert "unbelievable" not in overnight(repo, "compare", "t", "t").stdout
    words = overnight(repo, "status", check=0).stdout
    assert "HELD" not in words and "DOUBT" not in words and "(read by a person)" in words
    overnight(repo, "finalize", check=0)
    assert "A person has read the diff of #1, and believes its gain" in git(repo, "log", "-1", "--format=%b", "overnight/t")
    overnight(repo, "run", "--tag", "t", "--experiments", "1", check=0)
    assert [event.number for event in recorded(repo) if isinstance(event, Believed)] == [1]
    assert "nbelievable until" not in (repo / ".overnight/t/report.md").read_text()
    overnight(repo, "verify", check=0)


def test_frozen_code_that_scores_is_believed(tmp_path: Path) -> None:
    """With `produce` and `score` the same number raises a doubt and holds nothing."""
    split = PROGRAM.replace(
        "measure: python train.py {seed}", "produce: python train.py {seed}\nscore: python score.py\nartifacts: [out]"
    )
    trained = SCORER.replace('print(f"METRIC score={score:.9f}")', 'open("out", "w").write(f"{score:.9f}")')
    scored = 'print("METRIC score=" + open("out").read())\n'
    repo = make_repo(tmp_path / "r", split, files={"train.py": trained, "score.py": scored})
    overnight(repo, "run", "--tag", "t", "--experiments", "1", "--no-report", check=0)
    keep = read_json(repo, "status")["keeps"][0]
    assert keep["doubts"] and not keep["unbelievable"]
    overnight(repo, "finalize", check=0)
