"""A campaign in which an agent puts its near misses together: from the brief's offer to the commit for review."""

import json
from pathlib import Path

from targets import assert_verified, git, make_repo, overnight, read_json, recorded

from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded, Proposed

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process", "--slots", "1")
TRAIN = "A = 1\nB = 1\nprint(f'METRIC loss={10 - A - B}')\n"
PROGRAM = """---
metric: {{name: loss, direction: minimize, min_effect: 1.5}}
measure: python train.py
editable: [train.py]
budget: {{experiments: 3}}
researchers:
  - {{role: explorer, use: command, command: {command}}}
---
"""


def test_two_near_misses_are_kept_as_one_change(tmp_path: Path) -> None:
    """Each gains too little alone. The brief offers them; the line names them; every view says what the keep consists of."""
    script = tmp_path / "agent.sh"
    script.write_text(
        f'cp "$OVERNIGHT_BRIEF" {tmp_path}/brief; echo >> {tmp_path}/asked\n'
        f"case $(wc -l < {tmp_path}/asked) in\n"
        '1) sed -i "s/A = 1/A = 2/" train.py;;\n'
        '2) sed -i "s/B = 1/B = 2/" train.py;;\n'
        "*) until grep -q 'may add up' \"$OVERNIGHT_BRIEF\"; do echo 'HYPOTHESIS: x'; exit 0; done; echo 'TOGETHER: #1 #2';;\n"
        "esac\necho HYPOTHESIS: raise it\n"
    )
    text = PROGRAM.format(command=json.dumps(f"sh {script}"))
    repo = make_repo(tmp_path / "r", text, files={"train.py": TRAIN})
    printed = overnight(repo, *RUN, check=0).stdout
    brief = (tmp_path / "brief").read_text()
    assert "- #1: +1 in 1 trial\n- #2: +1 in 1 trial" in brief
    events = recorded(repo)
    kept = next(e.number for e in events if isinstance(e, Concluded) and e.conclusion.verdict is Verdict.KEEP)
    assert [e.together for e in events if isinstance(e, Proposed) and e.number == kept] == [(1, 2)]
    assert git(repo, "show", "autoresearch/t:train.py") == TRAIN.replace(" = 1", " = 2").strip()
    assert f"#{kept} proposed by explorer, #1, #2 together: raise it" in printed
    for command in (("log",), ("show", str(kept)), ("status",)):
        assert "#1, #2 together" in overnight(repo, *command, check=0).stdout
    [keep] = read_json(repo, "status")["keeps"]
    assert (keep["together"], keep["searched"]) == ([1, 2], 0)
    overnight(repo, "finalize", check=0)
    assert "Origin: #1, #2 together." in git(repo, "log", "-1", "--format=%B", "overnight/t")
    assert_verified(repo)
