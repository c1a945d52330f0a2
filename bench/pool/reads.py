"""What a founder reads of a long chain: CPU of each command, and of checking and serving, by the number of blocks."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from pool_desks import HUB, NOON, secret
from pool_founders import desk_over
from targets import make_repo, program

from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Chain, entry_json, signed
from overnight.pool.changes import ChangedFile, apply, tree_digest
from overnight.pool.events import Committed, EntryAdded, Judged, KeyChanged, Revealed
from overnight.pool.record.record import HubRecord

COMMANDS = ("status", "board", "chain", "queue", "block 3", "log", "check")
KEYS = 200


def add_blocks(record: HubRecord, chain: Chain, count: int, receipt: str) -> None:
    """Blocks that change one file each, by some keys in turn."""
    with record.together():
        for number in range(1, count + 1):
            key, content = secret(100 + number % KEYS).public, f"{number:064x}"
            changes = (ChangedFile(path="train.py", size=12, digest=content),)
            committed = record.append(Committed(key=key, parent=chain.head, commitment=content, nonce=f"{number}"))
            entry = Block(
                number=number,
                previous=chain.head,
                at=NOON,
                submission=committed,
                submitter=key,
                hypothesis="it helps",
                changes=changes,
                tree=tree_digest(apply(chain.tree, changes)),
                full="0" * 64,
                receipt=receipt,
                holdout="0" * 64,
                gain=0.01,
                seconds=60.0,
            )
            made = signed(entry, HUB)
            assert isinstance(made, Block)
            chain.add(made)
            record.append(
                Revealed(submission=committed, digest=content, files=changes, hypothesis="it helps", nonce=f"{number} too"),
                Judged(submission=committed, accepted=True, seconds=60.0),
                EntryAdded(commit="0" * 40, number=number, entry=canonical(entry_json(made)).decode(), submission=committed),
                KeyChanged(key=key, standing="known"),
            )


def cpu_s(repo: Path, *command: str) -> float:
    """CPU of one command of `overnight`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "overnight", *command], cwd=repo, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, nargs="*", default=[10, 5000])
    parser.add_argument("--receipt-bytes", type=int, default=10_000)
    given = parser.parse_args()
    for blocks in given.blocks:
        with tempfile.TemporaryDirectory() as scratch:
            repo = make_repo(Path(scratch) / "r", program(("1.0", "2.0")))
            desk = desk_over(repo)
            with closing(desk.record.store):
                add_blocks(desk.record, desk.record.chain(), blocks, "x" * given.receipt_bytes)
                began = time.process_time()
                desk.record.chain()
                found = {"whole chain": time.process_time() - began}
            found |= {each: min(cpu_s(repo, "hub", *each.split()) for _ in range(3)) for each in COMMANDS[:-1]}
            found["check"] = cpu_s(repo, "hub", "check")
            print(json.dumps({"blocks": blocks, **{name: round(value, 2) for name, value in found.items()}}))


if __name__ == "__main__":
    main()
