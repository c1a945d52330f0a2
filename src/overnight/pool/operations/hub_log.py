"""What happened in the hub, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import (
    Asked,
    BlockWithdrawn,
    CampaignBegun,
    Committed,
    EntryAdded,
    Event,
    FurtherJudged,
    FurtherPair,
    HubOpened,
    HubPaused,
    Judged,
    KeyChanged,
    Linked,
    Refused,
    Revealed,
    subject_of,
)
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import opened
from overnight.words.foreign import printable
from overnight.words.moments import moment
from overnight.words.quantities import counted, duration

SHOWN = 200  # characters of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLogInput:
    """How much of it."""

    most: Annotated[int, Ge(1), Le(1000), Option(about="Events that are listed.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEventLine:
    """An event."""

    number: int
    at: float  # Unix time, s
    kind: str
    submission: int | None  # that it is about
    about: str  # in words


def run(context: Context, given: HubLogInput) -> Sequence[HubEventLine]:
    """As the record has it."""
    with opened(context, read_only=True) as record:
        return [
            HubEventLine(
                number=each.seq,
                at=each.at,
                kind=each.event.kind,
                submission=subject_of(each.event) or (each.seq if isinstance(each.event, Committed) else None),
                about=_about(each.event),
            )
            for each in record.history(most=given.most)
        ]


def _about(event: Event) -> str:
    match event:
        case HubOpened(tag=tag):
            return f"the hub opened with the campaign {tag}"
        case KeyChanged(key=key, standing=standing, why=why):
            return f"{key[:SHORT]} is {standing}{_because(why)}"
        case EntryAdded(number=number):
            return f"the chain has entry {number}"
        case BlockWithdrawn(block=block, why=why):
            return f"block {block} is withdrawn{_because(why)}"
        case FurtherPair() | FurtherJudged():
            return _of_block(event)
        case CampaignBegun(tag=tag, split=split, why=why):
            return f"the campaign {tag} goes on, by holdout {split + 1}{_because(why)}"
        case HubPaused(why=why):
            return f"paused{_because(why)}" if why else "submissions are accepted again"
        case _:
            return _of_submission(event)


def _of_block(event: FurtherPair | FurtherJudged) -> str:
    match event:
        case FurtherPair(block=block, before=before, after=after):
            values = "no values" if before is None or after is None else f"{before:.6g} before it, {after:.6g} with it"
            return f"a further pair of block {block}: {values}"
        case FurtherJudged(block=block, pairs=pairs, gain=gain):
            shown = "no mean" if gain is None else f"a mean gain of {gain:.4g}"
            return f"block {block} in {counted(pairs, 'further pair')}: {shown}"


def _of_submission(event: Committed | Revealed | Refused | Linked | Asked | Judged) -> str:
    match event:
        case Committed(key=key):
            return f"{key[:SHORT]} committed to a change"
        case Revealed(files=files, hypothesis=hypothesis):
            return f"it changes {', '.join(each.path for each in files)}: {hypothesis}"
        case Refused(code=code, why=why):
            return f"refused as {code}{_because(why)}"
        case Linked(experiment=experiment):
            return f"it is experiment {experiment}"
        case Asked():
            return "the holdout is asked about it"
        case Judged(accepted=accepted, seconds=seconds, reason=reason):
            return f"{'accepted' if accepted else 'not accepted'} after {duration(seconds)} of trials{_because(reason)}"


def _because(why: str) -> str:
    return f": {why}" if why else ""


def render(found: Sequence[HubEventLine]) -> str:
    """A line for each."""
    return "\n".join(map(_line, found))


def _line(each: HubEventLine) -> str:
    of = f"#{each.submission} " if each.submission else ""
    return f"{each.number:>6}  {moment(each.at)}  {of}{printable(each.about, SHOWN)}"


OPERATION = Operation(
    name="hub log",
    about="Show what happened in the hub, the newest first.",
    input=HubLogInput,
    output=Sequence[HubEventLine],
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
