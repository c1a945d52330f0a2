"""Several experiments open at once: nobody waits for a verdict, and nothing good is lost when the head moves."""

import json
import re
from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, read_json, recorded

from overnight.gate.trial import Arm, Stage
from overnight.research.events import Advanced, Concluded, Moved, ProposalMissed, Proposed, TrialFinished

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process")
NOISY = """\
import random, sys
LR = 0.10
rng = random.Random(int(sys.argv[1]))
print(f"METRIC loss={(LR - 0.7) ** 2 + 3 + rng.gauss(0, 0.03):.5f}")
"""


def program(*roles: str, front: str = "", measure: str = "python train.py {seed}") -> str:
    listed = "\n".join(f"  - {role}" for role in roles)
    return f"""---
metric: {{name: loss, direction: minimize}}
measure: {measure}
editable: [train.py]
limits: {{wall: 60s, memory: 500MB}}
researchers:
{listed}
{front}
---
"""


def scripted(role: str, *edits: tuple[str, str]) -> str:
    listed = [["train.py", old, new] for old, new in edits]
    return f"{{role: {role}, use: scripted, edits: {json.dumps(listed)}}}"


def command(role: str, script: str, more: str = "") -> str:
    return json.dumps({"role": role, "use": "command", "command": script})[:-1] + more + "}"


@pytest.mark.parametrize(("better", "slots"), [("first", "2"), ("second", "1")])
def test_of_two_changes_of_one_line_the_better_one_is_the_head(tmp_path: Path, better: str, slots: str) -> None:
    """Whichever is proven first: the other one's own tree is measured against it."""
    edits = [("first", 0.65), ("second", 0.35)] if better == "first" else [("first", 0.35), ("second", 0.65)]
    roles = [scripted(role, ("LR = 0.10", f"LR = {rate}")) for role, rate in edits]
    repo = make_repo(tmp_path / "r", program(*roles), files={"train.py": NOISY})
    overnight(repo, *RUN, "--slots", slots, check=0)
    assert "LR = 0.65" in git(repo, "show", "autoresearch/t:train.py")
    events = recorded(repo)
    first = next(event.number for event in events if isinstance(event, Advanced))
    assert [event.replaces for event in events if isinstance(event, Moved)] == [(first,)]
    reasons = {event.number: event.conclusion.reason for event in events if isinstance(event, Concluded)}
    assert sum("conflicts with #" in reason or "replaces #" in reason for reason in reasons.values()) == 1
    assert_verified(repo)


def test_a_researcher_proposes_while_its_proposal_is_measured(tmp_path: Path) -> None:
    """The first trial of its first proposal ends only after the second proposal was begun."""
    begun = tmp_path / "second"
    edits = (
        f"if [ -e {tmp_path}/first ]; then touch {begun}; else touch {tmp_path}/first; fi; "
        "echo \"X = '$(cat /proc/sys/kernel/random/uuid)'\" >> train.py; echo HYPOTHESIS: x"
    )
    waits = f"sh -c 'if grep -q ^X train.py; then until [ -e {begun} ]; do sleep 0.01; done; fi; echo METRIC loss=5'"
    repo = make_repo(
        tmp_path / "r",
        program(command("one", edits), front="budget: {experiments: 2}", measure=json.dumps(waits)),
        files={"train.py": "N = 1\n"},
    )
    overnight(repo, *RUN, "--slots", "1", check=1)
    assert read_json(repo, "status")["experiments"] == 2


def test_pairs_run_ahead_on_idle_slots(tmp_path: Path) -> None:
    """With four slots and one candidate several pairs run at once; the receipt has those that the verdict is about."""
    repo = make_repo(tmp_path / "r", program(scripted("one", ("LR = 0.10", "LR = 0.65"))), files={"train.py": NOISY})
    overnight(repo, *RUN, "--slots", "4", check=0)
    events = recorded(repo)
    confirmed = [e.trial.key for e in events if isinstance(e, TrialFinished) and e.trial.key.stage is Stage.CONFIRM]
    [kept] = [event.conclusion for event in events if isinstance(event, Concluded)]
    order = [key.index for key in confirmed if key.arm is Arm.CANDIDATE]
    assert sorted(order) == list(range(len(order))) and len(order) >= kept.pairs
    places = {e.trial.place.slot for e in events if isinstance(e, TrialFinished) and e.trial.place}
    assert places == {0, 1, 2, 3}
    assert len(json.loads(git(repo, "notes", "--ref=overnight", "show", "autoresearch/t"))["pairs"]) == kept.pairs
    assert_verified(repo)
    overnight(repo, "verify", "--receipt", "autoresearch/t", check=0)


def test_rejects_end_no_night(tmp_path: Path) -> None:
    """Twelve comment-only proposals in a row are free; the researcher is told what was wrong, and its next one counts."""
    script = (
        f'n=$(ls {tmp_path}/b | wc -l); cp "$OVERNIGHT_BRIEF" {tmp_path}/b/$n; '
        "if [ $n -lt 12 ]; then echo \"# $n\" >> train.py; else sed -i 's/LR = 0.10/LR = 0.65/' train.py; fi; "
        "echo HYPOTHESIS: try $n"
    )
    (tmp_path / "b").mkdir()
    researcher = command("one", script, ', "patience": "20s"')
    repo = make_repo(tmp_path / "r", program(researcher, front="budget: {experiments: 1}"), files={"train.py": NOISY})
    overnight(repo, *RUN, "--slots", "2", check=0)
    status = read_json(repo, "status")
    assert (status["kept"], status["rejected"]) == (1, 12)
    briefs = [(tmp_path / "b" / str(n)).read_text() for n in range(13)]
    assert len({*briefs}) == len(briefs), "no brief is sent twice"
    assert "Your last tries came to nothing" not in briefs[0]
    assert briefs[12].count("was rejected: ") >= 3 and "Do not send the like again" in briefs[12]


def test_nothing_new_for_long_ends_a_researcher(tmp_path: Path) -> None:
    """The summary says for how long, and why the last one came to nothing."""
    repo = make_repo(tmp_path / "r", program(command("one", "exit 3", ', "patience": "0.2s"')), files={"train.py": NOISY})
    said = overnight(repo, *RUN, "--slots", "2", check=2).stdout
    ended = (
        r"one is not asked any more: the role `one` cannot work: nothing new in \d.* s "
        r"\(\d+ proposals in a row came to nothing; the last one: the command exited with 3\)"
    )
    assert re.search(ended, said), said
    last = [event for event in recorded(repo) if isinstance(event, ProposalMissed)][-1]
    assert last.final and last.reason in said


def test_a_conflict_goes_back_to_its_author_with_both_diffs(tmp_path: Path) -> None:
    """A change that loses as a whole is given back to the role that made it, and what comes of that is kept."""
    lines = "A = 5\nB = 5\nprint(f'METRIC loss={A + B}')\n"
    author = (
        f'n=$(ls {tmp_path}/b | wc -l); cp "$OVERNIGHT_BRIEF" {tmp_path}/b/$n; '
        # first both lines, when something better is kept already; then its good part, in the head
        f"if [ $n = 0 ]; then until [ -e {tmp_path}/kept ]; do sleep 0.01; done; "
        "sed -i 's/A = 5/A = 4/; s/B = 5/B = 6/' train.py; "
        "elif grep -q 'Your change and the head' \"$OVERNIGHT_BRIEF\"; then sed -i 's/A = 5/A = 4/' train.py; "
        "else exit 1; fi; echo HYPOTHESIS: lower A, try $n"
    )
    other = (
        "if grep -q 'B = 5' train.py; then sed -i 's/B = 5/B = 1/' train.py; "
        f"else touch {tmp_path}/kept; exit 1; fi; echo HYPOTHESIS: lower B"
    )
    (tmp_path / "b").mkdir()
    roles = (command("author", author, ', "patience": "20s"'), command("other", other, ', "patience": "0.2s"'))
    text = program(*roles, measure="python train.py", front="target: 5")
    repo = make_repo(tmp_path / "r", text, files={"train.py": lines})
    overnight(repo, *RUN, "--slots", "2", check=0)
    events = recorded(repo)
    returned = [event for event in events if isinstance(event, Concluded) and event.returned]
    assert len(returned) == 1 and "its text conflicts with #" in returned[0].conclusion.reason
    reworked = [event for event in events if isinstance(event, Proposed) and event.reworks]
    assert [event.reworks for event in reworked] == [returned[0].number] and reworked[0].role == "author"
    brief = next(path.read_text() for path in (tmp_path / "b").iterdir() if "Your change and the head" in path.read_text())
    assert "-A = 5" in brief and "+A = 4" in brief and "-B = 5" in brief and "+B = 1" in brief
    assert git(repo, "show", "autoresearch/t:train.py").startswith("A = 4\nB = 1")
    assert_verified(repo)
