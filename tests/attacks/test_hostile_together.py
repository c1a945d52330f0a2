"""An agent that abuses the line `TOGETHER:`: it gets at no change of others, breaks nothing, and is told why."""

import json
from pathlib import Path

from targets import assert_verified, git, make_repo, overnight, program, recorded

from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded, ProposalMissed, Proposed

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process", "--slots", "1")
LINES = (
    "TOGETHER: #1 #1 #0 #999999999 #99999999999999999999",
    "TOGETHER: " + " ".join(f"#{number}" for number in range(1, 400)),
    "TOGETHER: #1",  # of the other role
    "TOGETHER: #2",  # of another one's reject, or of none
    "TOGETHER: #-1 refs/heads/main ../../x \x1b[2J\u202e",
    "TOGETHER: #1\x00#2",
    "TOGETHER: " + "#1," * 100_000,
)


def test_odd_lines_are_rejected_one_by_one(tmp_path: Path) -> None:
    """The campaign goes on to its end; no proposal consists of others' changes, and no branch or ref of the user moves."""
    for place, line in enumerate(LINES, 1):
        (tmp_path / f"line{place}").write_text(line)
    script = tmp_path / "agent.sh"
    script.write_text(
        f"echo >> {tmp_path}/asked; n=$(wc -l < {tmp_path}/asked)\n"
        f"cat {tmp_path}/line$n || sed -i s/5.0/4.0/ train.py\necho; echo 'HYPOTHESIS: x'\n"
    )
    thief = json.dumps({"role": "thief", "use": "command", "command": f"sh {script}"})
    text = program(("OFFSET = 5.0", "OFFSET = 4.9"), front="budget: {experiments: 2}").replace(
        "minimize}", "minimize, min_effect: 0.5}"
    )
    repo = make_repo(tmp_path / "r", text.replace("researchers:\n", f"researchers:\n  - {thief}\n"))
    before = git(repo, "for-each-ref", "refs/heads", "refs/tags")
    overnight(repo, *RUN, check=0)
    events = recorded(repo)
    assert all(not event.together for event in events if isinstance(event, Proposed))
    rejected = [e.conclusion.reason for e in events if isinstance(e, Concluded) and e.conclusion.verdict is Verdict.REJECT]
    said = rejected + [event.reason for event in events if isinstance(event, ProposalMissed)]
    assert any("more than 8 changes cannot be put together" in reason for reason in said)
    assert any("is a change of another role" in reason or "is no experiment" in reason for reason in said)
    assert any(e.conclusion.verdict is Verdict.KEEP for e in events if isinstance(e, Concluded))
    assert not git(repo, "for-each-ref", "refs/overnight/t/together")
    after = git(repo, "for-each-ref", "refs/heads", "refs/tags")
    assert [line for line in after.splitlines() if "autoresearch" not in line] == before.splitlines()
    assert_verified(repo)
