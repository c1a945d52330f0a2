"""What a meta-campaign began with, which holds to its end: the commit of each target, how noisy each is, and the inner budget.

It is a comment in the text of the program that its ledger opens with, so it is in the chain of hashes.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.ledger.file import NAME
from overnight.meta.charter import Charter
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore

MARK = "# tried on: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the trials of a meta-campaign depend on, and no session may change."""

    commits: Mapping[str, str]  # of targets that are repositories, by name
    spreads: Mapping[str, float]  # of all targets
    frozen: Mapping[str, object]  # keys of meta.md
    hidden: tuple[str, ...] = ()  # what the repository hides from researchers

    def line(self) -> str:
        """As a line of the program's front matter."""
        return MARK + json.dumps({"commits": dict(self.commits), "frozen": dict(self.frozen)}, sort_keys=True)


def beginning_of(
    charter: Charter, spreads: Mapping[str, float], sources: Mapping[str, tuple[str, str]], hidden: tuple[str, ...] = ()
) -> Beginning:
    """What a new meta-campaign begins with."""
    commits = {name: commit for name, (_, commit) in sources.items()}
    return Beginning(commits=commits, spreads=spreads, frozen=_frozen(charter), hidden=hidden)


def recorded_beginning(folder: Path) -> Beginning | None:
    """What the meta-campaign in a folder began with; None if it has not begun."""
    if not (folder / NAME).exists():
        return None
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        state = restore(ledger)
    if state is None:
        return None
    line = next((line for line in state.program.source.splitlines() if line.startswith(MARK)), None)
    if line is None:
        raise UserError(f"the campaign in {folder} is no meta-campaign", fix="choose another --tag")
    read, metric = json.loads(line.removeprefix(MARK)), state.program.metric
    return Beginning(
        commits=read["commits"],
        spreads={**dict(metric.parts), **dict(metric.sealed_parts)},
        frozen=read["frozen"],
        hidden=state.program.hidden,
    )


def check_unchanged(charter: Charter, began: Beginning, tag: str) -> None:
    """Check that `meta.md` still says what the meta-campaign began with.

    Raises:
        UserError: something changed that must not.
    """
    now = _frozen(charter)
    if changed := [key for key in now if now[key] != began.frozen.get(key)]:
        what = f"{charter.path}: {', '.join(changed)} changed since `{tag}` began, so its trials would not be comparable"
        raise UserError(what, fix="restore it, or start a new meta-campaign with --tag")


def _frozen(charter: Charter) -> dict[str, object]:
    values = {
        "organisation": charter.organisation,
        "targets": [asdict(target) for target in charter.targets],
        "holdout": [asdict(target) for target in charter.holdout],
        "inner": {**asdict(charter.inner), "audit_pairs": charter.audit_pairs, "screening": charter.screening},
    }
    read: dict[str, object] = json.loads(json.dumps(values))
    return read
