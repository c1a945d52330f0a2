"""Records of actions for tests: results that wait in real repositories, in the state folder of the test."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from action_events import begun_action, commit_of
from targets import git, make_repo

from overnight.actions.events import Begun, Checked, Event, Reviewed, TurnEnded, Waiting
from overnight.actions.record import ActionRecord

CHANGE = "def export():\n    return 'id,name'\n"


RULES = """\
---
checks: [python shop.py]
roles:
  - {role: coder, use: command, command: "true"}
  - {role: reviewer, use: command, command: "echo NO FINDINGS"}
---
"""


def shop(folder: Path) -> Path:
    """A repository with a commit that a coder could have made, on a branch."""
    repo = make_repo(folder, "", files={"shop.py": "def total():\n    return 0\n", "actions.md": RULES})
    git(repo, "checkout", "-qb", "made")
    (repo / "export.py").write_text(CHANGE)
    (repo / "test_export.py").write_text("from export import export\nassert export()\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Export")
    git(repo, "checkout", "-q", "main")
    return repo


def made_in(repo: Path, number: int, events: Sequence[Event] | None = None) -> Sequence[Event]:
    """The events of an action, at the commit that is on the branch `made`."""
    base, commit = git(repo, "rev-parse", "main"), git(repo, "rev-parse", "made")
    found: list[Event] = []
    for event in events or begun_action(number, repo=str(repo)):
        match event:
            case Begun():
                found.append(replace(event, base=base))
            case TurnEnded() | Checked() | Reviewed():
                found.append(replace(event, commit=commit if event.commit == commit_of(number) else event.commit))
            case _:
                found.append(event)
    return found


def keep(*events: Event) -> None:
    """Record events where `overnight` looks for them."""
    with ActionRecord() as record:
        record.append(*events)


def keep_waiting(repo: Path, *numbers: int) -> str:
    """Results that wait for a person; their commit."""
    for number in numbers:
        keep(*made_in(repo, number), Waiting(action=number))
    return git(repo, "rev-parse", "made")
