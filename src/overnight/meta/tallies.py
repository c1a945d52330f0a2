"""What one inner campaign did, counted by role and by purpose."""

from collections.abc import Iterable

from overnight.gate.trial import Stage
from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded, Event, ModelCalled, ProposalMissed, Proposed, TrialFinished

MOST_ROLES = 32
_NAMES = {Verdict.KEEP: "kept", Verdict.DISCARD: "discarded", Verdict.CRASH: "crashed", Verdict.REJECT: "rejected"}

Table = dict[str, dict[str, float]]  # counts by name


def add(table: Table, name: str, most: int, **counts: float) -> None:
    """Add counts to a row; of more rows than `most`, the one that changed longest ago goes."""
    row = table.pop(name, {})
    table[name] = {key: row.get(key, 0) + counts.get(key, 0) for key in (*row, *(key for key in counts if key not in row))}
    if len(table) > most:
        table.pop(next(iter(table)))


def by_role(events: Iterable[Event]) -> Table:
    """What each role did in one campaign, and how much of it came to nothing."""
    found: Table = {}
    author: dict[int, str] = {}
    for event in events:
        match event:
            case Proposed():
                author[event.number] = event.role
                add(found, event.role, MOST_ROLES, proposed=1)
            case ProposalMissed(final=False):
                add(found, event.role, MOST_ROLES, missed=1)
            case Concluded() if event.number in author:
                add(found, author[event.number], MOST_ROLES, **{_NAMES[event.conclusion.verdict]: 1})
            case ModelCalled():
                add(found, event.role, MOST_ROLES, tokens=event.usage.tokens)
            case TrialFinished(trial=trial):
                role = event.searched.role if event.searched else author.get(trial.key.experiment, "")
                if role and trial.key.stage is not Stage.AUDIT:
                    kind = "searched" if trial.key.stage is Stage.SEARCH else "judged"
                    add(found, role, MOST_ROLES, **{kind: 1}, seconds=trial.wall_s)
            case _:
                pass
    return found


def by_purpose(events: Iterable[Event]) -> Table:
    """How many trials of each stage there were, and how long they took together."""
    stages: Table = {}
    for event in events:
        if isinstance(event, TrialFinished):
            add(stages, event.trial.key.stage.value, len(Stage), trials=1, seconds=event.trial.wall_s)
    return stages
