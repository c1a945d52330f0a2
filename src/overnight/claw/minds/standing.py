"""How things stand at the moment of a turn: what is due, what waits, what runs here, which skills there are. In our own words.

Does not cover: names of loops, which follow from names of folders and campaigns: only plain ones are shown.
"""

import re
import time
from collections.abc import Iterator

from overnight.claw.record.record import ClawRecord
from overnight.claw.skills.shelf import Shelf, SkillState
from overnight.claw.taint import is_tainted
from overnight.jobs.entries import read_registry
from overnight.jobs.listing import list_loops
from overnight.jobs.records import loops_folder
from overnight.jobs.schedule_words import time_words
from overnight.words.foreign import one_line

MOST_DUE, MOST_LOOPS, MOST_SKILLS = 4, 6, 20
WORDS = 80  # characters of what is due
SKILL = 120  # characters of what a skill is for
_PLAIN = re.compile(r"[\w ./@:-]{1,60}")


def standing(record: ClawRecord, person: str, zone: str, *, alone: bool = False) -> str:
    """A line for each kind of thing that there is; `alone`: what is this person's."""
    others = [] if alone else [_waiting(record), _running()]
    return "\n".join(filter(None, [_due(record, person, zone), *others]))


def skills_of(record: ClawRecord) -> str:
    """The skills that the owner trusts, a line each; empty if there are none."""
    shelf = Shelf(record.folder.parent, record)
    usable = [each for each in shelf.all() if each.state is SkillState.TRUSTED and each.form][:MOST_SKILLS]
    return "\n".join(f"- {each.name}: {one_line(each.form.description, SKILL)}" for each in usable if each.form)


def _due(record: ClawRecord, person: str, zone: str) -> str:
    mine = [plan for plan in record.schedules() if plan.set.person == person and plan.next is not None]
    soonest = sorted(mine, key=lambda plan: plan.next or 0)[:MOST_DUE]
    said = [
        f"#{plan.number} {time_words(plan.next or 0, zone)} {one_line(record.text(plan.set.text), WORDS)}"
        for plan in soonest
        if not is_tainted(plan.set.origin)
    ]
    more = f" (and {len(mine) - len(said)} more)" if len(mine) > len(said) else ""
    return f"Due: {'; '.join(said)}{more}" if mine else ""


def _waiting(record: ClawRecord) -> str:
    asked = len(record.asked())
    return f"Waits for the owner's approval: {asked}" if asked else ""


def _running() -> str:
    found = list_loops(read_registry(loops_folder()), now=time.time(), monotonic=time.monotonic(), everything=False)
    names = list(_plain(f"{loop.name} ({loop.state})" for loop in found.loops if loop.system != "claw"))
    return f"On this machine: {', '.join(names[:MOST_LOOPS])}" if names else ""


def _plain(names: Iterator[str]) -> Iterator[str]:
    return (name for name in names if _PLAIN.fullmatch(name.replace("(", "").replace(")", "")))
