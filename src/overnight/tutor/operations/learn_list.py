"""What can be learnt here."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.tutor.form.places import own_curriculum, own_names
from overnight.tutor.operations._learn import shown
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumLine:
    """One curriculum that comes with this version."""

    name: str
    title: str
    about: str
    steps: Sequence[str]  # ids in order


def run(_context: Context, _given: ListInput) -> Sequence[CurriculumLine]:
    """Those that come with us."""
    return [
        CurriculumLine(name=each.name, title=each.title, about=each.about, steps=[step.id for step in each.steps])
        for each in map(own_curriculum, own_names())
    ]


def render(found: Sequence[CurriculumLine]) -> str:
    """A line for each."""
    lines = [f"{each.name:18} {counted(len(each.steps), 'step'):>9}  {shown(each.about)}" for each in found]
    return "\n".join([*lines, "to begin one: overnight learn NAME, or for an agent: overnight learn start NAME"])


OPERATION = Operation(
    name="learn list",
    about="List what can be learnt here.",
    input=ListInput,
    output=Sequence[CurriculumLine],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
