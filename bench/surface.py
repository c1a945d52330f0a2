"""The pages of `overnight serve`: first paint of a long campaign, 200 live viewers, and a campaign that is viewed.

`surface.py paint`, `surface.py viewers`, `surface.py campaign`, `surface.py start`; without a word all of them.
"""

import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from surface_campaigns import Made, campaign_of, grow, running
from targets import make_repo, program
from turns import median

from overnight.files.state_folder import state_folder
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Concluded, TrialFinished
from overnight.research.record.ledger import SqliteLedger
from overnight.web.token import Role, Use
from overnight.web.token_file import TokenFile

PAGE = "/repos/repo/campaigns/night"
VIEWERS = 200
COMMITS = 40
PAINTS = 30
TRIALS = 60  # of the campaign that is viewed
PAIRS = 3
CONNECTS = 10_000
TICKS = os.sysconf("SC_CLK_TCK")
REFERENCE = re.compile(r'(?:src|href)="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One that runs, as a process."""

    process: int
    port: int
    headers: Sequence[str]

    def get(self, address: str) -> tuple[float, bytes, http.client.HTTPMessage]:
        """A page: seconds until it is here whole, its bytes as they came, and the headers."""
        given = dict(line.split(": ", 1) for line in self.headers)
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", address, headers={**given, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status} {body[:300]!r}")
        return took, body, answer.headers

    @property
    def cpu_s(self) -> float:
        """That it has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory_mb(self) -> float:
        """Resident, at most so far."""
        return self._status("VmHWM")

    @property
    def memory_now_mb(self) -> float:
        """Resident."""
        return self._status("VmRSS")

    def _status(self, name: str) -> float:
        status = Path(f"/proc/{self.process}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


@contextmanager
def serving(repository: Path) -> Iterator[Server]:
    """`overnight serve` over a repository."""
    command = [sys.executable, "-m", "overnight", "serve", "--json", "--port", "0", "--repo", str(repository)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        port = json.loads(process.stdout.readline())["port"]
        _, token = TokenFile(state_folder()).make(Role.OWNER, Use.PROGRAM)
        yield Server(process=process.pid, port=port, headers=(f"Authorization: Bearer {token}",))
    finally:
        process.terminate()
        process.wait(10)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What viewers saw: when, and the newest commit in the bytes."""

    by_viewer: Sequence[Sequence[tuple[float, int]]] = ()
    fetches: int = 0  # of whole pages
    size_bytes: int = 0  # that came


@contextmanager
def viewing(server: Server, page: str, count: int = VIEWERS) -> Iterator[Seen]:
    """Viewers; at the end what they saw."""
    command = [sys.executable, str(Path(__file__).with_name("viewers.py")), str(server.port), page, str(count), *server.headers]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    seen = Seen()
    yield seen
    process.stdin.close()
    found = json.loads(process.stdout.read())
    process.wait(10)
    seen.by_viewer = found["seen"]
    seen.fetches, seen.size_bytes = found["sums"]


def paint(folder: Path) -> None:
    """First paint of campaigns of 3 and of 10,000 experiments, in turn, without viewers."""
    with ExitStack() as stack:
        servers = []
        for size in (3, 10_000):
            made = campaign_of(folder / str(size) / "repo", size)
            servers.append((size, stack.enter_context(serving(made.repository))))
        for _, server in servers:
            server.get(PAGE)
        times = [[server.get(PAGE)[0] * 1000 for _, server in servers] for _ in range(PAINTS)]
        for at, (size, server) in enumerate(servers):
            column = sorted(turn[at] for turn in times)
            _, body, _ = server.get(PAGE)
            text = gzip.decompress(body).decode()
            found = [each for each in REFERENCE.findall(text) if each.startswith("/static/")]
            parts = [len(gzip.compress(unpacked(server, each))) for each in dict.fromkeys(found)]
            elsewhere = [each for each in REFERENCE.findall(text) if each.startswith(("http:", "https:", "//"))]
            print(
                f"{size:>6} experiments: page {median(column):6.1f} ms (p90 {column[int(0.9 * len(column))]:.1f}),"
                f" {len(body) / 1000:.1f} kB, {len(text) / 1000:.1f} kB unpacked, with {len(parts)} files"
                f" {(len(body) + sum(parts)) / 1000:.1f} kB; from elsewhere: {len(elsewhere)}"
            )


def unpacked(server: Server, address: str) -> bytes:
    """A file of the server's."""
    _, body, headers = server.get(address)
    return gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body


def viewers(folder: Path) -> None:
    """From the ledger's commit until the new page is at each of 200 viewers."""
    for size in (300, 10_000):
        made = campaign_of(folder / f"viewed {size}" / "repo", size, ended=False)
        with serving(made.repository) as server:
            with viewing(server, PAGE) as seen:
                time.sleep(2)
                began, cpu = time.monotonic(), server.cpu_s
                commits = list(write(made, size))
                time.sleep(2)
                used, passed = server.cpu_s - cpu, time.monotonic() - began
            late = sorted(delays(commits, seen))
            expected = len(commits) * VIEWERS
            print(
                f"{size:>6} experiments, {VIEWERS} viewers, {len(commits)} commits: p50 {quantile_ms(late, 0.5):.0f} ms,"
                f" p99 {quantile_ms(late, 0.99):.0f} ms, most {late[-1] * 1000:.0f} ms;"
                f" {expected - len(late)} of {expected} never came; {seen.fetches} pages fetched,"
                f" {seen.size_bytes / expected / 1000:.1f} kB a viewer and commit; {server.memory_mb:.0f} MB;"
                f" CPU {100 * used / passed:.0f} % of a core, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def quantile_ms(late: Sequence[float], share: float) -> float:
    """A quantile in ms."""
    return late[int(share * len(late))] * 1000


def write(made: Made, size: int) -> Iterator[float]:
    """Propose and conclude, one after another, at uneven times, each with its number; when each was committed."""
    with running(made) as ledger:
        for turn in range(COMMITS // 2):
            number = size + 3 + turn
            grow(ledger, number, start="0" * 40, hypothesis=f"commit {2 * turn + 1:04}")
            yield time.monotonic()
            time.sleep(0.9 + 0.0173 * turn)
            conclusion = Conclusion(verdict=Verdict.DISCARD, reason=f"commit {2 * turn + 2:04}", gain=None)
            ledger.append(Concluded(number=number, conclusion=conclusion, elapsed_s=float(number)))
            yield time.monotonic()
            time.sleep(0.9 + 0.0137 * turn)


def delays(commits: Sequence[float], seen: Seen) -> Iterator[float]:
    """For each commit and viewer, until bytes that show it, or a later one, were there; of those that ever were."""
    for bodies in seen.by_viewer:
        for number, committed in enumerate(commits, 1):
            arrived = next((when for when, newest in bodies if newest >= number), None)
            if arrived is not None:
                yield arrived - committed


def campaign(folder: Path) -> None:
    """Trials an hour of a real campaign with 200 viewers and without any, in turn."""
    edits = [("OFFSET = 5.0", f"OFFSET = {5 + number}.0") for number in range(TRIALS)]
    rates: list[list[float]] = []
    for turn in range(PAIRS):
        pair = []
        for viewed in (False, True) if turn % 2 else (True, False):
            repo = make_repo(
                folder / f"{turn}{viewed}" / "repo", program(*edits, measure="python train.py {seed}; sleep 0.2"), noise=0.1
            )
            pair.append((viewed, trials_an_hour(repo, viewed=viewed)))
        rates.append([rate for _, rate in sorted(pair)])
        print(
            f"  without {rates[-1][0]:,.0f} trials an hour, with {rates[-1][1]:,.0f}: ratio {rates[-1][1] / rates[-1][0]:.3f}",
            flush=True,
        )
    print(f"median ratio {median([with_ / without for without, with_ in rates]):.3f}")


def trials_an_hour(repo: Path, *, viewed: bool) -> float:
    """Of the second half of a session without a jail whose trials sleep for most of their time."""
    command = [sys.executable, "-m", "overnight", "run", "--tag", "night", "--sandbox", "process", "--plain", "--no-report"]
    with ExitStack() as stack:
        session = subprocess.Popen(command, cwd=repo, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if viewed:
            while not (repo / ".overnight/night/ledger.db").exists():
                time.sleep(0.01)
            server = stack.enter_context(serving(repo))
            stack.enter_context(viewing(server, PAGE))
        session.wait(600)
    with closing(SqliteLedger.for_reading(repo / ".overnight/night")) as ledger:
        ended = [entry.at for entry in ledger.events() if isinstance(entry.event, TrialFinished)]
    half = ended[len(ended) // 2 :]  # by then the server has started, and all viewers are there
    return (len(half) - 1) / (half[-1] - half[0]) * 3600


def start(folder: Path) -> None:
    """From the command until the server is ready."""
    repo = make_repo(folder / "started" / "repo", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    took, cpu = [], []
    for _ in range(7):
        began = time.perf_counter()
        with serving(repo) as server:
            took.append(time.perf_counter() - began)
            cpu.append(server.cpu_s)
            memory = server.memory_mb
    print(f"serve is ready after {median(took):.2f} s, {median(cpu):.2f} s of CPU, {memory:.0f} MB")


def flood(folder: Path) -> None:
    """Memory after 10,000 viewers have come and gone."""
    made = campaign_of(folder / "flooded" / "repo", 300)
    with serving(made.repository) as server:
        for _ in range(4):
            connect(server, CONNECTS // 4)
            print(f"{server.memory_now_mb:.1f} MB after {CONNECTS // 4:,} more viewers have come and gone", flush=True)


def connect(server: Server, times: int) -> None:
    """Open a stream, read its first event, and go; again and again."""
    given = dict(line.split(": ", 1) for line in server.headers)
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", f"/events?page={PAGE}", headers=given)
        connection.getresponse().readline()
        connection.close()


PARTS = {"start": start, "paint": paint, "viewers": viewers, "flood": flood, "campaign": campaign}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = f"{place}/state"
        for name in sys.argv[1:] or PARTS:
            print(f"{name}, load {os.getloadavg()[0]:.1f}", flush=True)
            PARTS[name](Path(place))
