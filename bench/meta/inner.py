"""Our own CPU and disk per inner campaign: campaigns of several sizes on the lab `plant`, in one process as a worker runs them.

Own is the process's CPU and that of all it starts, less what the trials' jobs used; it is shown by parts.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import anyio

from overnight.meta.inner import Halt, run_inner
from overnight.meta.record import inner_ledgers
from overnight.meta.task import InnerTask
from overnight.research.events import TrialFinished

SIZES = (1, 50, 300)  # trials
RUNS = 1  # of each size, of which the least counts; the first campaign of all, which pays for imports, does not
AUDIT_PAIRS = 8
LOOP = 500_000
BLOCK = 512  # bytes, of `st_blocks`


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One inner campaign."""

    trials: int  # with the audit's
    own_s: float  # of this process
    system_s: float  # of it: in the kernel, whose locks all jails of a machine share
    others_s: float  # of git and of bubblewrap around the trials
    disk_kb: float  # that is kept


def run(folder: Path, number: int, trials: int) -> Run:
    """Run one, and count what it used beside its trials."""
    from importlib import resources

    organisation = (resources.files("overnight") / "labs/plant/program.md").read_text()
    task = InnerTask(
        folder=str(folder / "inner" / str(number) / "plant"),
        organisation=organisation,
        path="program.md",
        secret=f"{number:064x}",
        trials=trials,
        audit_pairs=AUDIT_PAIRS,
        lab="plant",
        instance=number,
    )
    before = os.times()
    anyio.run(run_inner, task, Halt())
    after = os.times()
    record = next(one for one in inner_ledgers(folder) if one.trial == str(number))
    with record.ledger() as ledger:
        ended = [entry.event.trial for entry in ledger.events() if isinstance(entry.event, TrialFinished)]
    children = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(
        trials=len(ended),
        own_s=after.user + after.system - before.user - before.system,
        system_s=after.system - before.system,
        others_s=children - sum(trial.cpu_s for trial in ended),
        disk_kb=sum(path.stat().st_blocks * BLOCK for path in record.folder.rglob("*")) / 1000,
    )


def pace_ms() -> float:
    """CPU of a fixed loop, which shows how much other work slows this machine down."""
    began = time.process_time()
    total = 0
    for number in range(LOOP):
        total += number
    return 1000 * (time.process_time() - began)


def main() -> None:
    """Print a row per size, and a line through them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        os.environ["XDG_STATE_HOME"] = f"{place}/state"
        folder, rows = Path(place), []
        run(folder, 0, SIZES[0])
        print(f"{'trials':>8} {'own s':>8} {'kernel s':>9} {'ms/trial':>9} {'git, bwrap s':>13} {'disk kB':>8} {'pace ms':>8}")
        for size in SIZES:
            runs = [run(folder, 1 + index, size) for index in range(size * 10, size * 10 + RUNS)]
            paces = [pace_ms() for _ in range(5)]
            row = [min(getattr(one, name) for one in runs) for name in ("trials", "own_s", "others_s", "disk_kb", "system_s")]
            rows.append(row)
            print(
                f"{row[0]:8.0f} {row[1]:8.2f} {row[4]:9.2f} {1000 * row[1] / row[0]:9.1f} {row[2]:13.2f} {row[3]:8.0f} "
                f"{median(paces):8.1f}"
            )
        (least, least_s, *_), (most, most_s, *_) = rows[0], rows[-1]
        each = (most_s - least_s) / (most - least)
        print(f"own: {least_s - each * least:.2f} s a campaign and {1000 * each:.1f} ms a trial")


if __name__ == "__main__":
    main()
