"""What the receipts of a chain show by arithmetic alone: each by itself, and all together against one error rate.

A chain is verified by one campaign after another: the next begins when a block is withdrawn, when a holdout is worn, and after
a canary was accepted. Each spends an error budget of its own, of a share of the chain's error rate that is fixed beforehand.

Does not cover: whether the values in a receipt were ever measured, and how often a holdout was asked about what was rejected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.pool.chain import Block, Chain, Genesis
from overnight.research.findings import Finding
from overnight.research.receipts.proof import check_receipt, read_receipt
from overnight.research.receipts.receipt import Receipt

_SAME = 1e-9  # by which a product may differ between two machines


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """How often a holdout may answer before the next one serves, or, after the last, blocks are marked."""

    blocks: int = 10
    questions: int = 200  # submissions that it was asked about

    def reached(self, *, blocks: int, questions: int) -> bool:
        """Whether it has answered too often."""
        return blocks >= self.blocks or questions >= self.questions


WEAR = Wear()


def rate_of(error_rate: float, campaign: int) -> float:
    """The error rate of the n-th campaign of a chain: a share 1/(n (n + 1)) of the chain's, and all shares sum to 1."""
    return error_rate / (campaign * (campaign + 1))


def check_receipts(chain: Chain) -> list[Finding]:
    """What the receipts of its blocks show by arithmetic alone, those that do not hold first."""
    blocks = [each for each in chain.entries if isinstance(each, Block)]
    found = [
        Finding(what=f"block {block.number}: {each.what}", holds=each.holds, detail=each.detail)
        for block in blocks
        for each in block_findings(block, chain.genesis)
    ]
    found += [*_wear(blocks), *_order(blocks)]
    return sorted(found, key=lambda each: each.holds is not False)


def block_findings(block: Block, genesis: Genesis) -> list[Finding]:
    """What the receipt of a block shows by arithmetic alone."""
    receipt = _receipt(block)
    if isinstance(receipt, ValueError):
        return [Finding(what="receipt", holds=False, detail=str(receipt))]
    findings = [*check_receipt(receipt), _rate(block, genesis, receipt)]
    if receipt.gain != block.gain:
        findings.append(Finding(what="gain", holds=False, detail=f"{block.gain}; the receipt has {receipt.gain}"))
    low, high = genesis.bounds
    values = [value for pair in receipt.pairs for value in (pair.baseline, pair.candidate) if value is not None]
    if any((low is not None and value < low) or (high is not None and value > high) for value in values):
        findings.append(Finding(what="bounds", holds=False, detail="a value lies outside the declared bounds"))
    if block.split >= max(len(genesis.holdouts), 1):
        detail = f"number {block.split + 1}, of {len(genesis.holdouts)} that were committed to"
        findings.append(Finding(what="holdout", holds=False, detail=detail))
    return findings


def _receipt(block: Block) -> Receipt | ValueError:
    try:
        return read_receipt(block.receipt)
    except ValueError as bad:
        return bad


def _rate(block: Block, genesis: Genesis, receipt: Receipt) -> Finding:
    allowed = rate_of(genesis.error_rate, block.campaign)
    detail = f"{receipt.error_rate:.3g} of the chain's {genesis.error_rate:g} for its campaign {block.campaign}"
    holds = receipt.error_rate <= allowed * (1.0 + _SAME)
    return Finding(what="error rate", holds=holds, detail=detail if holds else f"{detail}; it has {allowed:.3g}")


def _wear(blocks: Sequence[Block]) -> Iterator[Finding]:
    """A holdout that gave ten blocks is worn, and once the next one serves it answers no more."""
    given: dict[int, int] = {}
    for block in blocks:
        what = f"block {block.number}: holdout"
        if any(split > block.split for split in given):
            yield Finding(what=what, holds=False, detail=f"number {block.split + 1} again, after the next one")
        before = given.get(block.split, 0)
        given[block.split] = before + 1
        if before >= WEAR.blocks and not block.worn:
            yield Finding(what=what, holds=False, detail=f"it gave {before} blocks before, and the block is not marked as worn")


def _order(blocks: Sequence[Block]) -> Iterator[Finding]:
    """Campaigns follow one another, and within one no test and no keep of its error budget counts twice."""
    campaign, split, test, keeps = 0, 0, 0, -1
    for block in blocks:
        receipt, what = _receipt(block), f"block {block.number}: campaign"
        if isinstance(receipt, ValueError):
            continue
        if block.campaign < campaign or (block.campaign == campaign and block.split != split):
            yield Finding(what=what, holds=False, detail=f"number {block.campaign} again, after another one")
        if block.campaign != campaign:
            campaign, split, test, keeps = block.campaign, block.split, 0, -1
        if receipt.keeps <= keeps or (receipt.test is not None and receipt.test <= test):
            detail = f"test {receipt.test} after {receipt.keeps} keeps was counted before"
            yield Finding(what=what, holds=False, detail=detail)
        test, keeps = receipt.test or test, receipt.keeps
