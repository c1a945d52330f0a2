"""The hub's server under load: 1,000 connected workers, each submission committed and revealed, on disk before each answer.

The server is a process of its own with a real record; the workers are another (`senders.py`). In place of a verifier, whose
pace is minutes, a third gives every submission its verdict, so that the queue never fills. Submissions come at times that were
fixed before, whatever the server does, and each is counted from its time.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from pool_desks import make_known, make_record, open_desk, secret

import overnight.gate
from overnight.pool.events import Judged
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.application import application
from overnight.pool.serving.desk import Rules
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

HERE = Path(__file__).parent
VERDICTS_EVERY_S = 0.25
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def source(size: int) -> bytes:
    """Real Python of about so many bytes."""
    modules = sorted(Path(overnight.gate.__file__).parent.glob("*.py"))
    text = "\n\n".join(each.read_text() for each in modules)
    return text[: text[:size].rindex("\n\n\n")].encode() if size > 1000 else b"SCALE = 1.0\n"


# --- The server's process ---


async def serve(folder: Path, connections: int, bits: int) -> None:
    """Serve until standard input ends; its first line is the port."""
    sockets = listening(0)
    desk = lambda: open_desk(folder, rules=Rules(work_bits=bits), clock=time.time)  # noqa: E731
    async with serving(application(desk), sockets, bounds=Bounds(connections=connections)):
        print(sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)


def give_verdicts(folder: Path) -> None:
    """A verdict for each that waits, some times a second, until this process is ended."""
    with HubRecord(folder) as record:
        while True:
            time.sleep(VERDICTS_EVERY_S)
            with record.together():
                for each in record.waiting():
                    record.append(Judged(submission=each.submission, accepted=False, seconds=1.0))


# --- What is measured ---


def cpu_s(pid: int) -> float:
    """CPU that a process and its children took until now."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_cpu_s(each) for each in (pid, *map(int, children)))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measure(given: argparse.Namespace) -> Mapping[str, Any]:
    """One run: latencies in ms, CPU in ms a submission."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "hub"
        make_record(folder, time.time, files={"train.py": source(given.file_bytes)}).store.close()
        desk = open_desk(folder, clock=time.time)
        with desk.record:
            if not given.bits:
                make_known(desk, *(secret(100 + each) for each in range(given.workers)))
            parent = desk.chain.head
        command = [sys.executable, __file__, "--serve", str(folder), "--bits", str(given.bits)]
        command += ["--connections", str(given.workers + 100)]
        judge = subprocess.Popen([sys.executable, __file__, "--judge", str(folder)])
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin and server.stdout
            port = int(server.stdout.readline())
            load = {
                "port": port,
                "parent": parent,
                "workers": given.workers,
                "rate": given.rate,
                "seconds": given.seconds,
                "bits": given.bits,
                "source": source(given.file_bytes).decode(),
            }
            sender = [sys.executable, str(HERE / "senders.py"), json.dumps(load)]
            with subprocess.Popen(sender, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as senders:
                assert senders.stdin and senders.stdout
                senders.stdout.readline()  # all are connected
                before, began = cpu_s(server.pid), time.monotonic()
                found = json.loads(senders.communicate("go\n")[0])
                took_s, used_s = time.monotonic() - began, cpu_s(server.pid) - before
            resident = Path(f"/proc/{server.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
            server.stdin.close()
        judge.terminate()
        judge.wait()
    done = len(found["submission"])
    return {
        "submissions": done,
        "a second": round(done / took_s, 1),
        "refused": found["refused"],
        "cpu ms a submission": round(1000 * used_s / max(done, 1), 2),
        "server cpu share": round(used_s / took_s, 2),
        "resident MB": int(resident) // 1024,
        **{
            f"{name} ms": {f"p{p}": round(1000 * quantiles(found[name], n=1000)[10 * p - 1], 1) for p in (50, 90, 99)}
            for name in ("commit", "reveal", "submission")
            if len(found[name]) > 1
        },
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--connections", type=int, default=1100, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=200.0, help="submissions a second; 0: as fast as they are answered")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--bits", type=int, default=0, help="of hashcash, by keys that are new; 0: keys that are known")
    parser.add_argument("--file-bytes", type=int, default=10_000, help="of the Python file that each submission changes")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.serve, given.connections, given.bits))
    elif given.judge:
        give_verdicts(given.judge)
    else:
        print(json.dumps(measure(given), indent=2))


if __name__ == "__main__":
    main()
