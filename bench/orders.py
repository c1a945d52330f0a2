"""Orders in a ledger: an append by one process and by eight at once, a look for orders, and acting on some.

`--against CHECKOUT` measures the appends of another version in turn with this one's.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WRITERS, APPENDS, LOOKS, ROUNDS = 8, 100, 20_000, 5
APPEND = """
import sys, time
from pathlib import Path
from overnight.research.events import Believed
from overnight.research.record.ledger import SqliteLedger
ledger = SqliteLedger(Path(sys.argv[1]))
ledger.append(Believed(number=1, commit="c"))
print("there", flush=True)
sys.stdin.readline()
began, cpu = time.perf_counter(), time.process_time()
for _ in range(int(sys.argv[2])):
    ledger.append(Believed(number=1, commit="c"))
print(time.perf_counter() - began, time.process_time() - cpu, flush=True)
"""


def appends(checkout: Path, writers: int) -> tuple[float, float]:
    """Wall ms until all writers are done, per append of all; CPU ms of an append."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", APPEND, folder, str(APPENDS)]
        pipe = subprocess.PIPE
        environment = {"PYTHONPATH": str(checkout / "src")}
        running = [subprocess.Popen(command, text=True, env=environment, stdin=pipe, stdout=pipe) for _ in range(writers)]
        for process in running:
            assert process.stdout is not None and process.stdout.readline() == "there\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        times = [tuple(map(float, process.communicate()[0].split())) for process in running]
    return max(wall for wall, _ in times) * 1000 / (APPENDS * writers), sum(cpu for _, cpu in times) * 1000 / (
        APPENDS * writers
    )


def looks() -> None:
    """Print what a look costs that finds nothing, and what one costs that finds an order."""
    import asyncio

    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from builders import opened

    from overnight.research.idea import AddIdea
    from overnight.research.loop.journal import Journal
    from overnight.research.loop.orders import OrderRunner
    from overnight.research.loop.stop import Stop
    from overnight.research.order import ChangeIdeas
    from overnight.research.record.ledger import SqliteLedger
    from overnight.research.record.ordering import place_order
    from overnight.research.state import begin

    async def stop() -> Stop:
        return Stop()

    with tempfile.TemporaryDirectory() as folder:
        ledger, began = SqliteLedger(Path(folder)), opened()
        ledger.append(began)
        runner = OrderRunner(journal=Journal(ledger, begin(began)), stop=asyncio.run(stop()))
        runner.take()
        start = time.process_time()
        for _ in range(LOOKS):
            runner.take()
        print(f"a look that finds nothing: {(time.process_time() - start) / LOOKS * 1e6:.1f} us CPU")
        placing = acting = 0.0
        for number in range(APPENDS):
            start = time.process_time()
            place_order(Path(folder), ChangeIdeas(edits=(AddIdea(text=f"idea {number}"),)))
            placing, start = placing + time.process_time() - start, time.process_time()
            runner.take()
            acting += time.process_time() - start
        print(f"placing an order, the ledger opened for it: {placing / APPENDS * 1000:.2f} ms CPU")
        print(f"acting on an order: {acting / APPENDS * 1000:.2f} ms CPU")
        ledger.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    checkouts = [Path(__file__).parents[1], *([arguments.against] if arguments.against else [])]
    for writers in (1, WRITERS):
        for _ in range(ROUNDS):
            found = [appends(checkout, writers) for checkout in checkouts]
            print(f"{writers} writers, per append:", *(f"{wall:.2f} ms, {cpu:.2f} ms CPU;" for wall, cpu in found))
    looks()


if __name__ == "__main__":
    main()
