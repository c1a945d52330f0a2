"""How a claw is, as values and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.claw.charter import after
from overnight.models.spending.page import Spent
from overnight.operations.views import ApprovalEntry
from overnight.words.foreign import one_line, printable
from overnight.words.moments import moment
from overnight.words.quantities import compact, counted

LINE = 200  # characters of foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLine:
    """A chat of a claw."""

    name: str
    use: str  # its kind
    trouble: str  # why it is not heard, as its process said last; empty: nothing is known to be wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class ComesNext:
    """What is due next."""

    schedule: int
    at: float  # Unix time
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawStatus:
    """What `claw status --json` prints."""

    claw: str
    folder: str
    process: int | None  # that runs it; null: none does, and nothing falls due
    doing: str  # what it does now, as it says
    stopped: bool  # nothing of its own begins until it may continue
    frozen: bool  # it was made from a backup, and waits to be adopted
    model: str  # empty: none, it understands the sentences of its grammar alone
    zone: str
    channels: Sequence[ChannelLine]
    waiting: int  # messages and other causes whose turn is not over
    unsent: int  # messages that have to go out
    unsent_why: str  # why one of them does not, as far as that is known
    asks: Sequence[ApprovalEntry]  # questions to the owner that wait for an answer
    next: ComesNext | None
    schedules: int
    facts: int
    turns: int
    today: Spent | None  # on its models; null if the account cannot be read
    tokens_a_day: int | None  # limit; null: none
    usd_a_day: float | None
    troubles: Sequence[str]  # what a person has to fix


def status_words(found: ClawStatus) -> str:
    """A screen of it."""
    return "\n".join(_lines(found))


def state_words(found: ClawStatus) -> str:
    """Whether it is at work, in a few words."""
    if found.frozen:
        return f"frozen, as it was made from a backup; once the original is ended: overnight claw adopt --claw {found.claw}"
    if found.stopped:
        return "stopped: nothing of its own begins until `go on`"
    if found.process is None:
        return f"nobody runs it: {after('overnight up --claw', found.claw)}"
    return f"{printable(found.doing, LINE) or 'runs'} (process {found.process})"


def _lines(found: ClawStatus) -> Iterator[str]:
    yield f"{found.claw}: {state_words(found)}"
    yield from (f"TROUBLE   {one_line(each, LINE)}" for each in found.troubles)
    if found.asks:
        yield f"WAITS     {counted(len(found.asks), 'question')} to you: overnight approvals"
    for each in found.channels:
        yield f"channel   {each.name} ({each.use}): {one_line(each.trouble, LINE) or 'no trouble known'}"
    if found.waiting or found.unsent:
        yield f"queue     {counted(found.waiting, 'message')} to answer, {counted(found.unsent, 'message')} to send"
    if found.unsent_why:
        yield f"unsent    {one_line(found.unsent_why, LINE)}"
    if found.next:
        yield f"next      {moment(found.next.at)}: {one_line(found.next.what, LINE)} (#{found.next.schedule})"
    yield f"keeps     {counted(found.turns, 'turn')}, {counted(found.facts, 'fact')}, {counted(found.schedules, 'schedule')}"
    yield f"model     {printable(found.model, LINE) or 'none: it understands the sentences of `help` alone'}"
    yield f"today     {_today(found)}"


def _today(found: ClawStatus) -> str:
    if found.today is None:
        return "what its models cost cannot be read"
    tokens = f" of {compact(found.tokens_a_day)}" if found.tokens_a_day is not None and found.model else ""
    usd = f" of ${found.usd_a_day:.2f}" if found.usd_a_day is not None else ""
    return f"{compact(found.today.tokens)}{tokens} tokens, ${found.today.cost_usd:.2f}{usd}"
