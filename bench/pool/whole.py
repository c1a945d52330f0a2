"""A simulated pool through a whole hub: signed requests, desk, record, lanes, campaign, blocks and receipts; no jail, no HTTP.

    python bench/pool/whole.py [--submissions 2000] [--world NAME] [--real 0.0005]

Every submission is committed to and revealed with a signature; the campaign is that of `overnight hub verify` over a real
repository and ledger, with trials that are numbers; what it keeps becomes signed blocks. At the end the chain and every receipt
are checked from the texts alone. Prints a Markdown table.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
from pool_figures import share
from pool_hub import Hub, hub_in
from pool_worlds import SETTINGS, Setting

from overnight.pool.chain import Block
from overnight.pool.evidence import check_receipts
from overnight.research.findings import Finding

SEED = 95_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a hub came to."""

    submissions: int  # that have a verdict
    refused: dict[str, int]  # at the desk, by code
    conflicts: int  # found when they were to be verified
    blocks: int
    false: int  # blocks that are no better than their parents in truth
    real: int  # judged that were better than the head of then
    found: int
    unsettled: int  # that the hub accepted without a block
    findings: Sequence[Finding]  # of the receipts
    trials: int
    cpu_s: float

    @property
    def holds(self) -> bool:
        """Whether all receipts do."""
        return all(each.holds for each in self.findings)


def verify(folder: Path, setting: Setting, submissions: int, seed: int) -> Verified:
    """Open a hub in a folder, and let it verify so many; its key is kept where `XDG_STATE_HOME` says.

    Raises:
        BadChain: its chain does not hold.
    """
    began = time.process_time()
    hub = hub_in(folder, setting, seed)
    with hub.workers.desk.record:
        anyio.run(partial(hub.run, submissions, secret=f"{seed:x}"))
        return _found(hub, began)


def _found(hub: Hub, began: float) -> Verified:
    record, sent = hub.workers.desk.record, hub.workers.sent
    judged = sorted(record.submissions(most=1_000_000, state="judged"), key=lambda each: each.experiment or 0)
    chain = record.chain()
    blocks = {each.submission for each in chain.entries if isinstance(each, Block)}
    taken, real, found, false = set[int](), 0, 0, 0
    for each in judged:
        idea = sent[each.number]
        better = idea.gain > 0.0 and idea.idea not in taken
        real += better
        if each.number in blocks:
            found += better
            false += not better
            taken.add(idea.idea)
    return Verified(
        submissions=len(judged),
        refused=dict(hub.workers.refused),
        conflicts=sum(each.code == "conflict" for each in record.submissions(most=1_000_000, state="refused")),
        blocks=len(blocks),
        false=false,
        real=real,
        found=found,
        unsettled=sum(bool(each.accepted) and each.number not in blocks for each in judged),
        findings=check_receipts(chain),
        trials=hub.numbers.trials if hub.numbers else 0,
        cpu_s=time.process_time() - began,
    )


def row(name: str, found: Verified) -> str:
    """One line of the table."""
    refused = ", ".join(f"{count} {code}" for code, count in sorted(found.refused.items()))
    cells = (
        name,
        found.submissions,
        f"{refused or 0}; {found.conflicts} conflict",
        found.blocks,
        found.false,
        share(found.false, found.blocks),
        f"{found.found} of {found.real}",
        f"{sum(each.holds is True for each in found.findings)} of {len(found.findings)}",
        f"{found.trials / max(found.submissions, 1):.2f}",
        f"{1000 * found.cpu_s / max(found.submissions, 1):.0f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", choices=[each.name for each in SETTINGS], default=SETTINGS[0].name)
    parser.add_argument("--real", type=float, help="share of what is sent that is better, in place of the world's")
    parser.add_argument("--submissions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    setting = next(each for each in SETTINGS if each.name == asked.world)
    if asked.real is not None:
        setting = replace(setting, name=f"{setting.name}, {asked.real:g} real", real=asked.real)
    columns = "World | verified | refused free | blocks | false | share of blocks | real ones found | findings that hold"
    print(f"| {columns} | trials a submission | CPU ms a submission |\n|{'---|' * 10}")
    with tempfile.TemporaryDirectory(prefix="overnight-pool-") as name:
        os.environ["XDG_STATE_HOME"] = f"{name}/state"
        print(row(setting.name, verify(Path(name) / "hub", setting, asked.submissions, asked.seed)), flush=True)


if __name__ == "__main__":
    main()
