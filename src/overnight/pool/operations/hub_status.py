"""A hub at a glance: its chain, what waits, what a block costs, and who sent it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.ledger.lock import holder
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.evidence import WEAR
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import folder_of, opened
from overnight.pool.record import overview
from overnight.pool.record.further import next_further
from overnight.pool.record.record import VerifyingCampaign
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

SHOWN = 120  # characters of a foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStatusInput:
    """How much of it."""

    most: Annotated[int, Ge(1), Le(1000), Option(about="Keys that are listed.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStanding:
    """What a key sent, and what came of it."""

    key: str
    standing: str  # new, known or banned
    judged: int  # submissions with a verdict
    accepted: int
    gain: float  # of the metric, by its blocks that count
    share: float  # of the chain's gain, 0 to 1
    seconds: float  # of verification


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutStanding:
    """The holdout that answers now, and how worn it is."""

    serves: int  # which one, from 1
    known: int  # that the hub opened with
    blocks: int  # that it gave
    blocks_allowed: int  # before it is worn
    questions: int  # submissions that it was asked about
    questions_allowed: int
    worn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMeasured:
    """A block whose further pairs are not all there."""

    block: int
    pairs: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStatus:
    """How a hub stands."""

    project: str
    key: str
    campaign: str  # the tag that verifies
    serving: int | None  # the process; null: none takes submissions
    paused: str  # why nothing is accepted; empty: it is
    length: int  # entries after the genesis: blocks and withdrawals
    head: str  # digest of the newest entry
    waiting: Mapping[str, int]  # submissions by lane
    canaries: int  # of the hub's own hacks that wait
    waiting_s: Mapping[str, float]  # of verification by lane, if each takes what one took on average
    keys: Mapping[str, int]  # how many are new, known and banned
    seconds_per_block: float | None  # of verification, rejected submissions and further pairs included; null: no block
    holdout: HoldoutStanding | None  # null: the program has none
    again: BlockMeasured | None  # the block that is measured again before anything else is verified
    withdrawn: Sequence[int]  # blocks that no longer count
    board: Sequence[KeyStanding]  # those with the largest gain first


def run(context: Context, given: HubStatusInput) -> HubStatus:
    """As the record has it."""
    with opened(context, read_only=True) as record:
        genesis, (length, head) = record.genesis(), overview.head(record)
        shares = {each.key: each for each in overview.shares(record)}
        blocks, each_s = overview.blocks(record), record.mean_seconds()
        waits = record.waiting()
        waiting = Counter(str(each.lane) for each in waits if not each.canary)
        now, due = record.campaign(), next_further(record)
        board = [
            KeyStanding(
                key=each.key,
                standing=each.standing,
                judged=each.judged,
                accepted=each.accepted,
                gain=shares[each.key].gain if each.key in shares else 0.0,
                share=shares[each.key].share if each.key in shares else 0.0,
                seconds=each.seconds,
            )
            for each in record.keys(most=given.most)
        ]
        return HubStatus(
            project=genesis.project,
            key=genesis.hub,
            campaign=record.tag(),
            serving=holder(folder_of(context)),
            paused=record.paused(),
            length=length,
            head=head,
            waiting=dict(waiting),
            canaries=sum(each.canary for each in waits),
            waiting_s={lane: count * each_s for lane, count in waiting.items()},
            keys=overview.standings(record),
            seconds_per_block=record.seconds() / blocks if blocks else None,
            holdout=_holdout(now, len(genesis.holdouts)),
            again=BlockMeasured(block=due.block, pairs=len(due.pairs), wanted=due.wanted) if due else None,
            withdrawn=list(record.withdrawals()),
            board=sorted(board, key=lambda each: -each.gain),
        )


def _holdout(now: VerifyingCampaign, known: int) -> HoldoutStanding | None:
    if not known:
        return None
    return HoldoutStanding(
        serves=now.split + 1,
        known=known,
        blocks=now.blocks,
        blocks_allowed=WEAR.blocks,
        questions=now.questions,
        questions_allowed=WEAR.questions,
        worn=WEAR.reached(blocks=now.blocks, questions=now.questions),
    )


def render(found: HubStatus) -> str:
    """A line for each thing that matters."""
    running = f"served by process {found.serving}" if found.serving else "not served: overnight hub serve"
    waiting = ", ".join(
        f"{count} of {lane} keys (about {duration(found.waiting_s[lane])} of trials)"
        for lane, count in sorted(found.waiting.items())
    )
    if found.canaries:
        waiting = f"{waiting}{', ' if waiting else ''}{found.canaries} of the hub's own canaries"
    withdrawn = f", {len(found.withdrawn)} of them withdrawn" if found.withdrawn else ""
    blocks = f"{counted(found.length - len(found.withdrawn), 'block')}{withdrawn}"
    lines = [
        f"{printable(found.project, SHOWN)} (key {found.key[:SHORT]}): {blocks}, {running}",
        *([f"PAUSED: {printable(found.paused, SHOWN)}; go on with `overnight hub resume`"] if found.paused else []),
        f"waiting   {waiting or 'nothing'}",
        f"keys      {', '.join(f'{count} {standing}' for standing, count in found.keys.items()) or 'none'}",
    ]
    if (again := found.again) is not None:
        lines.append(
            f"block {again.block} is measured again before anything else: {again.pairs} of {again.wanted} further pairs"
        )
    if (asked := found.holdout) is not None:
        lines.append(
            f"holdout   {asked.serves} of {asked.known}{', WORN' if asked.worn else ''}: {asked.blocks} of"
            f" {asked.blocks_allowed} blocks, {asked.questions} of {asked.questions_allowed} questions"
        )
    if found.seconds_per_block is not None:
        lines.append(f"a block   cost {duration(found.seconds_per_block)} of trials, rejected submissions included")
    for each in found.board:
        took = duration(each.seconds)
        lines.append(
            f"  {each.key[:SHORT]} {each.standing:7} gain {each.gain:.4g} ({each.share:.0%}),"
            f" {each.accepted} of {each.judged} accepted, {took}"
        )
    return "\n".join(lines)


OPERATION = Operation(
    name="hub status",
    about="Show how the hub of this repository stands: chain, queue, what a block cost, and who sent it.",
    input=HubStatusInput,
    output=HubStatus,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
