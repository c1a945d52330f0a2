"""What waits to be verified, in the order in which it would be taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.keys import SHORT
from overnight.pool.lanes import may_be_next
from overnight.pool.operations._hub import opened
from overnight.pool.record.record import HubRecord
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

SHOWN = 120  # characters of a foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubQueueInput:
    """How much of it."""

    most: Annotated[int, Ge(1), Le(200), Option(about="Submissions that are listed.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLine:
    """A submission that waits."""

    submission: int
    key: str
    lane: str  # new or known
    at: float  # Unix time of its commitment, s
    before_s: float  # of verification before it, by what one took on average
    hypothesis: str  # the submitter's words


@dataclass(frozen=True, slots=True, kw_only=True)
class HubQueue:
    """What waits."""

    total: int  # submissions
    seconds_each: float  # of a verification, on average
    lines: Sequence[QueuedLine]  # the next one first


def run(context: Context, given: HubQueueInput) -> HubQueue:
    """As it would be taken if nothing more came, and each took as long as those before on average."""
    with opened(context, read_only=True) as record:
        waiting, turns, each_s = [*record.waiting()], record.turns(), record.mean_seconds()
        total = len(waiting)
        lines: list[QueuedLine] = []
        while len(lines) < given.most and (chosen := turns.choose(may_be_next(waiting))):
            turns.charge(chosen, each_s)
            waiting.remove(chosen)
            lines.append(_line(record, chosen.submission, lane=chosen.lane.value, before_s=len(lines) * each_s))
        return HubQueue(total=total, seconds_each=each_s, lines=lines)


def _line(record: HubRecord, number: int, *, lane: str, before_s: float) -> QueuedLine:
    found = record.submission(number)
    assert found is not None  # noqa: S101  # it waits
    return QueuedLine(submission=number, key=found.key, lane=lane, at=found.at, before_s=before_s, hypothesis=found.hypothesis)


def render(found: HubQueue) -> str:
    """A line for each, the next one first."""
    lines = [
        f"{each.submission:>6}  {each.key[:SHORT]} {each.lane:5}  after {duration(each.before_s)}:"
        f" {printable(each.hypothesis, SHOWN)}"
        for each in found.lines
    ]
    if found.total > len(found.lines):
        lines.append(f"and {counted(found.total - len(found.lines), 'submission')} more; see --most")
    return "\n".join(lines) or "nothing waits"


OPERATION = Operation(
    name="hub queue",
    about="List what waits to be verified, in the order in which it would be taken.",
    details="What is verified now is not in it. Times are estimates: what a verification took on average, so far.",
    input=HubQueueInput,
    output=HubQueue,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
