"""A claw's record of many messages: CPU of an append, start and idle memory of the process, the whole check."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from overnight.claw.events import Answered, Received, Send, SendChanged, SendState
from overnight.claw.folders import claw_folder
from overnight.claw.record.checking import check_record
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.making import Wishes, make_claw
from overnight.ledger.sealed import seal
from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind, Origin

SINGLE = 500  # messages that are appended one by one, as they come
BATCH = 500
IDLE_S = 3.0
WORDS = ("parser", "slow", "line", "cache", "second", "stage", "cold", "restart", "each", "seems", "long", "often")


def messages(first: int, count: int) -> tuple[list[object], list[object]]:
    """Events and texts of messages with answers that were sent."""
    events: list[object] = []
    texts: list[object] = []
    for number in range(first, first + count):
        said, answer = (seal(" ".join(WORDS[(number * k) % len(WORDS)] for k in range(3, 3 + 20))) for _ in range(2))
        texts += [said, answer]
        turn = 4 * number + 1
        events += [
            Received(
                channel="telegram",
                id=str(number),
                sender="7",
                person="owner",
                role=Kind.OWNER,
                origin=Origin.OWNER,
                text=said.ref,
                written=float(number),
            ),
            Answered(turn=turn, sends=(Send(key=f"{turn}.0", to=Address("telegram", "7"), text=answer.ref),)),
            SendChanged(key=f"{turn}.0", state=SendState.SENDING),
            SendChanged(key=f"{turn}.0", state=SendState.SENT),
        ]
    return events, texts


START = """
import json, os, sys, time, threading
from pathlib import Path
began, cpu = time.perf_counter(), time.process_time()
import anyio
from overnight.claw.record.record import ClawRecord
from overnight.claw.wiring import make_runner
folder = Path(sys.argv[1])
with ClawRecord(folder) as record, record.store.lock():
    runner = make_runner(folder, record, {}, say=lambda _: None)
    async def main():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            while record.next_cause() is not None:
                await anyio.sleep(0.001)
            answered, used = time.perf_counter() - began, time.process_time() - cpu
            idle = time.process_time()
            await anyio.sleep(float(sys.argv[2]))
            idle = time.process_time() - idle
            pss = next(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Pss:"))
            found = {"start_s": answered, "start_cpu_s": used, "idle_cpu": idle / float(sys.argv[2]), "pss_mb": pss / 1024}
            print(json.dumps(found))
            tasks.cancel_scope.cancel()
    anyio.run(main)
"""


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="overnight-bench-") as place:
        os.environ["XDG_STATE_HOME"] = place
        folder = claw_folder("claw")
        make_claw(folder, Wishes(name="claw", zone="UTC"))
        with ClawRecord(folder) as record:
            for first in range(0, count, BATCH):
                events, texts = messages(first, min(BATCH, count - first))
                record.append(*events, texts=texts)  # type: ignore[arg-type]
            from overnight.claw.running.reception import Reception

            reception = Reception(record, news=lambda: None, stop=lambda: None)
            began = time.process_time()
            for number in range(SINGLE):
                message = Message(id=f"s{number}", sender="owner", text="help", at=0.0)
                reception.take("terminal", message)
            received = (time.process_time() - began) / SINGLE
            for cause in record.open_causes(["received"])[1:]:
                record.append(Answered(turn=cause.seq))
        size = (folder / "memory" / "ledger.db").stat().st_size / 1e6
        print(f"{count:,} messages with their answers, {size:.0f} MB on disk; one message on disk {received * 1000:.2f} ms CPU")
        for _ in range(3):
            done = subprocess.run([sys.executable, "-c", START, folder, str(IDLE_S)], check=True, stdout=subprocess.PIPE)
            print(json.loads(done.stdout))
        with ClawRecord(folder) as record:
            began = time.process_time()
            found = check_record(record)
            print(f"audit: {time.process_time() - began:.1f} s CPU, {found.events:,} events, findings {found.findings}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    main(parser.parse_args().messages)
