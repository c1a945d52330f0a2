"""The skills of a claw."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.claw.operations._claw import WhichClaw, opened
from overnight.claw.skills.shelf import Shelf, SkillState
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

SHOWN = 200  # characters of a description


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLine:
    """One skill."""

    name: str
    state: SkillState  # trusted, new, changed or broken: only the first is used
    description: str  # empty unless it is trusted
    why: str  # it is broken


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillList:
    """What `claw skills --json` prints."""

    skills: Sequence[SkillLine]  # by name


def run(_context: Context, given: WhichClaw) -> SkillList:
    """Look at each."""
    with opened(given.claw) as (folder, record):
        found = Shelf(folder, record).all()
    lines = []
    for each in found:
        about = each.form.description if each.form and each.state is SkillState.TRUSTED else ""
        lines.append(SkillLine(name=each.name, state=each.state, description=printable(about, SHOWN), why=each.why))
    return SkillList(skills=lines)


def render(found: SkillList) -> str:
    """A line for each."""
    lines = [
        f"{each.name}: {each.description}" if each.description else f"{each.name} ({each.state}; not used)"
        for each in found.skills
    ]
    return "\n".join(lines) or "there are no skills; put folders with a SKILL.md into the claw's folder `skills`"


OPERATION = Operation(
    name="claw skills",
    about="List the skills of the claw, and which of them it uses.",
    input=WhichClaw,
    output=SkillList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=render,
)
