"""What a learner did, in order: the evidence behind their status."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.course.events import SOLUTION, Begun, Event, Explained, Filled, Helped, Predicted, Reset, Tried
from overnight.tutor.operations._learn import Name, opened, words_of
from overnight.words.foreign import one_line, printable
from overnight.words.moments import moment

SHOWN = 500  # characters of an explanation in a line


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInput:
    """Of which curriculum."""

    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnEvent:
    """One thing that was done."""

    number: int  # in the record
    at: float  # Unix time, s
    step: str  # empty: all
    what: str  # in words
    digest: str  # hash over this and all before it, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnLog:
    """What happened."""

    curriculum: str
    record: str  # folder of the record
    events: Sequence[LearnEvent]  # in order


def run(context: Context, given: LogInput) -> LearnLog:
    """As the record has it, its chain checked."""
    with opened(context, given.curriculum) as lesson:
        found = lesson.record.events(lesson.curriculum.name)
        first = next((each.seq for each in found if isinstance(each.event, Begun)), None)
        lines = [
            LearnEvent(
                number=each.seq,
                at=each.at,
                step=getattr(each.event, "step", ""),
                what=_words(each.event, is_first=each.seq == first),
                digest=each.digest,
            )
            for each in found
        ]
        return LearnLog(curriculum=lesson.curriculum.name, record=str(lesson.record.folder), events=lines)


def _words(event: Event, *, is_first: bool) -> str:
    match event:
        case Begun():
            return "begun" if is_first else "taken up again"
        case Predicted(choice=choice, right=right):
            return f"predicted {choice + 1}: {'right' if right else 'wrong'}"
        case Tried(passed=True):
            return "checks passed"
        case Tried(failed=failed, beliefs=beliefs):
            return f"checks failed: {', '.join(failed)}" + (f" (believes {', '.join(beliefs)})" if beliefs else "")
        case Filled(item=item, right=right):
            return f"filled example {item + 1}: {'right' if right else 'wrong'}"
        case Helped(hint=hint):
            return "solution shown" if hint == SOLUTION else f"hint {hint + 1} given"
        case Explained(words=words):
            return f'explained: "{one_line(words, SHOWN)}"' if words else "went on without an explanation"
        case Reset():
            return "begun anew"


def render(found: LearnLog) -> str:
    """A line for each."""
    lines = [f"{each.number:>5}  {moment(each.at)}  {each.step:14} {printable(each.what, SHOWN)}" for each in found.events]
    return "\n".join([*lines, f"record: {printable(found.record, SHOWN)}"])


OPERATION = Operation(
    name="learn log",
    about="List what you did in a curriculum, in order: predictions, attempts, hints, your explanations.",
    input=LogInput,
    output=LearnLog,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
)
