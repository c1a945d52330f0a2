"""Pure: who brought how much of a chain, and its entries as lists show them; from the chain alone, so that anybody can."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from overnight.pool.chain import Block, Chain, Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShare:
    """What a key brought."""

    key: str
    blocks: int  # that count
    withdrawn: int  # blocks that do not
    gain: float  # of the metric, by the blocks that count
    share: float  # of the chain's gain, 0 to 1
    seconds: float  # of trials that verifying its blocks took


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """An entry of a chain in a list."""

    number: int
    at: float  # Unix time by the hub's clock, s
    kind: str  # block or withdrawal
    submitter: str  # key; empty: the hub
    about: str  # the submitter's hypothesis, or why it withdraws
    gain: float | None  # of the metric; null: a withdrawal
    worn: bool  # the holdout had answered too often
    counts: bool  # a block that was not withdrawn
    seconds: float  # of trials that verifying took
    withdraws: int | None = None  # a withdrawal: the block that it takes back


def withdrawn_in(chain: Chain) -> Mapping[int, str]:
    """The blocks that the chain takes back, each with the reason."""
    return {each.block: each.why for each in chain.entries if isinstance(each, Withdrawal)}


def shares_of(chain: Chain, withdrawn: Mapping[int, str]) -> Sequence[KeyShare]:
    """What each key brought, the largest gain first."""
    return shares_among(lines_of(chain.entries, withdrawn))


def shares_among(lines: Iterable[EntryLine]) -> Sequence[KeyShare]:
    """The same of entries as lists show them."""
    by_key: dict[str, list[EntryLine]] = {}
    for each in lines:
        if each.gain is not None:
            by_key.setdefault(each.submitter, []).append(each)
    gains = {key: sum(block.gain or 0.0 for block in blocks if block.counts) for key, blocks in by_key.items()}
    total = sum(gains.values())
    made = [
        KeyShare(
            key=key,
            blocks=sum(block.counts for block in blocks),
            withdrawn=sum(not block.counts for block in blocks),
            gain=gains[key],
            share=gains[key] / total if total else 0.0,
            seconds=sum(block.seconds for block in blocks),
        )
        for key, blocks in by_key.items()
    ]
    return sorted(made, key=lambda each: (-each.gain, each.key))


def lines_of(entries: Sequence[Block | Withdrawal], withdrawn: Mapping[int, str]) -> Sequence[EntryLine]:
    """Entries as a list shows them."""
    return [_block_line(each, withdrawn) if isinstance(each, Block) else _withdrawal_line(each) for each in entries]


def _block_line(block: Block, withdrawn: Mapping[int, str]) -> EntryLine:
    return EntryLine(
        number=block.number,
        at=block.at,
        kind=block.kind,
        submitter=block.submitter,
        about=block.hypothesis,
        gain=block.gain,
        worn=block.worn,
        counts=block.number not in withdrawn,
        seconds=block.seconds,
    )


def _withdrawal_line(entry: Withdrawal) -> EntryLine:
    return EntryLine(
        number=entry.number,
        at=entry.at,
        kind=entry.kind,
        submitter="",
        about=f"block {entry.block}: {entry.why}",
        gain=None,
        worn=False,
        counts=False,
        seconds=0.0,
        withdraws=entry.block,
    )
