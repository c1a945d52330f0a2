"""Campaigns of real agents with a provider that fails, and a table of what the user was told: `make fault-table`.

A run is `overnight run --experiments 1` on a repository of one file. With another provider behind the failing one it has
to deliver its edit; alone, the failing one is repaired as soon as the user has been told, and the campaign has to go on.
The gateway waits a tenth as long as it usually does (`quick_command.py`).
"""

import argparse
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
from agent_ways import KEY, KEY_VARIABLE, SEARCHED, WAYS, Asked, Way, write_repo, write_settings
from quick_command import LEFT, QUICK
from scripted_models import ScriptedModels, scripted_models
from targets import git, recorded

from overnight.config import VARIABLE
from overnight.models.asking.ask import FORMS
from overnight.models.breaker import Breaker
from overnight.models.failures import ProviderFailure, ProviderFault
from overnight.models.usage import Wire
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Concluded, Event, ModelCalled, ProposalMissed, Stopped

OWN = Way(entry="use: agent, model: m1", wire=Wire.OPENAI_CHAT, others=tuple(FORMS))
RESEARCHERS = [OWN, *WAYS]
COMMAND = Path(__file__).with_name("quick_command.py")
EDIT = "echo METRIC loss=4.0 >train.txt"
LONGEST_S = 240.0  # of a run; one that goes on is interrupted
ENDING_S = 40.0  # for it to end then
LONGEST_ANSWERS = 100  # requests to a provider that is well
SILENCE_S = 4.0  # of a provider that hangs


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A way in which a provider fails."""

    mode: str  # of the scripted server
    truth: str  # what the user has to be told; an expression
    kind: ProviderFault | None  # as the gateway has to take it; None: the provider is well
    said_s: float | None = None  # how long to wait, by the provider

    @property
    def final(self) -> bool:
        """Whether a person has to fix it, so that the campaign ends."""
        return self.kind is ProviderFault.BROKEN


FAULTS = [
    Fault(mode="e401", truth="scripted.* 401 scripted 401", kind=ProviderFault.BROKEN),
    Fault(mode="e403", truth="scripted.* 403 scripted 403", kind=ProviderFault.BROKEN),
    Fault(mode="f401x99", truth="scripted: 401 scripted 401", kind=ProviderFault.BROKEN),  # but it lists its models
    Fault(mode="e429", truth="scripted: 429 scripted 429", kind=ProviderFault.RATE, said_s=0.05),
    Fault(mode="e429q", truth="scripted: 429 You exceeded your current quota", kind=ProviderFault.QUOTA),
    Fault(mode="e500", truth="scripted: 500 scripted 500", kind=ProviderFault.BUSY),
    Fault(mode="e529", truth="scripted: 529 scripted 529", kind=ProviderFault.BUSY),
    Fault(mode="hang", truth="scripted: no answer in time", kind=ProviderFault.BUSY),
    Fault(mode="cut", truth="scripted: its answer broke off", kind=ProviderFault.BUSY),
    Fault(mode="ask", truth="it ended without a change: Should I edit the file", kind=None),
]
LIES = re.compile(r"no ideas|nothing new|nothing left to try|did nothing for|command exited|command was ended|agent ended")
FREE = 2  # requests beyond what the rests allow: a probe, and one that was under way beside the first


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is run."""

    way: Way
    fault: Fault
    behind: Wire | None = None  # the wire of a living provider behind the failing one

    @property
    def goes_on(self) -> bool:
        """Whether the agent can use the provider behind."""
        return self.behind in self.way.wires

    def __str__(self) -> str:
        behind = f"-then-{self.behind}" if self.behind else ""
        return f"{self.way}-{self.fault.mode}{behind}"


@dataclass(frozen=True, kw_only=True)
class FaultRun:
    """What came of it."""

    case: Case
    lines: Sequence[tuple[float, str]]  # that the user saw, with seconds since the start
    code: int
    told_s: float | None  # from the first request until the truth was told
    asked: Sequence[float]  # requests that the failing provider saw before it was repaired: seconds since the first
    events: Sequence[Event]
    left: Sequence[str]  # processes that outlived it
    unfinished: int  # refs with what was not delivered
    wall_s: float

    @property
    def ending(self) -> Ending | None:
        """How its session ended; None if none began."""
        return next((event.ending for event in reversed(self.events) if isinstance(event, Stopped)), None)

    @property
    def missed(self) -> Sequence[str]:
        """Why there was no proposal, each time."""
        return [event.reason for event in self.events if isinstance(event, ProposalMissed)]

    @property
    def verdicts(self) -> Sequence[str]:
        """What came of its experiments."""
        return [str(event.conclusion.verdict) for event in self.events if isinstance(event, Concluded)]

    @property
    def tokens(self) -> int:
        """What the gateway counted for the failing provider."""
        used = [event.usage for event in self.events if isinstance(event, ModelCalled) and event.provider == "scripted"]
        return sum(usage.tokens for usage in used)


def run_case(case: Case, folder: Path, *, command: Path = COMMAND) -> FaultRun:
    """One campaign, from the start of the command to its end."""
    with scripted_models() as server:
        server.command = EDIT
        running = _Running(case, folder, server, command)
        try:
            return running.follow()
        finally:
            running.end()


class _Running:
    """A campaign that is followed as a user follows it: by the lines that it prints."""

    def __init__(self, case: Case, folder: Path, server: ScriptedModels, command: Path) -> None:
        self._case, self._server = case, server
        providers = [Asked(name="scripted", url=server.url(case.fault.mode), wire=case.way.wire)]
        if case.behind:
            providers.append(Asked(name="living", url=server.url("ok"), wire=case.behind))
        settings = write_settings(folder, providers, silence_s=SILENCE_S)
        self._repo = write_repo(folder / "r", case.way, {"train.txt": "METRIC loss=5.0\n"})
        environment = {
            **{name: value for name, value in os.environ.items() if name not in {"PYTEST_CURRENT_TEST"}},
            "PATH": SEARCHED, VARIABLE: str(settings), KEY_VARIABLE: KEY, "XDG_STATE_HOME": str(folder / "state"),
        }  # fmt: skip
        self._lines: list[tuple[float, str]] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(command), "run", "--tag", "t", "--no-report", "--plain", "--experiments", "1"],
            cwd=self._repo, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._arrived.put(line.rstrip("\n"))
        self._arrived.put(None)

    def end(self) -> None:
        """Leave nothing of it running here, however it was left."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def follow(self) -> FaultRun:
        """Wait for its end; repair the provider as soon as the user knows."""
        told_at: float | None = None
        asked: Sequence[float] | None = None
        interrupted = False
        while True:
            left_s = LONGEST_S + (ENDING_S if interrupted else 0.0) - (time.monotonic() - self._began)
            try:
                line = self._arrived.get(timeout=max(0.1, left_s))
            except queue.Empty:
                if interrupted:
                    self._process.kill()
                    break
                interrupted = True
                self._process.send_signal(signal.SIGINT)
                continue
            if line is None:
                break
            now = time.monotonic()
            self._lines.append((now - self._began, line))
            if told_at is None and re.search(self._case.fault.truth, line):
                told_at = now
                if not self._case.behind and not self._case.fault.final:
                    asked = self._asked()
                    self._server.repaired.set()
        code = self._process.wait()
        first = min((seen.at_s for seen in self._server.seen if seen.method == "POST"), default=self._began)
        return FaultRun(
            case=self._case, lines=self._lines, code=code, told_s=told_at and told_at - first,
            asked=[at_s - first for at_s in (self._asked() if asked is None else asked)],
            events=recorded(self._repo) if (self._repo / ".overnight/t/ledger.db").exists() else [],
            left=[line for _, line in self._lines if line.startswith(LEFT)], wall_s=time.monotonic() - self._began,
            unfinished=len(git(self._repo, "for-each-ref", "refs/overnight/t/unfinished").splitlines()),
        )  # fmt: skip

    def _asked(self) -> Sequence[float]:
        mode = self._case.fault.mode
        return [seen.at_s for seen in self._server.seen if seen.method == "POST" and seen.mode == mode]


def faults_of(run: FaultRun) -> Sequence[str]:
    """What is wrong with a run; empty if nothing is."""
    case, found = run.case, []
    words = [line for _, line in run.lines]
    if run.left:
        found.append(f"processes are left: {run.left}")
    if lies := [line for line in words if case.fault.kind and LIES.search(line)]:
        found.append(f"it says what is not true: {lies}")
    if len(run.asked) > allowed(case.fault, max(run.asked, default=0.0)) + FREE:
        found.append(f"the provider was asked at {[round(at_s, 1) for at_s in run.asked]} s")
    ends = case.fault.final and (case.behind is None or not case.goes_on)
    if run.told_s is None and (ends or not case.behind):
        found.append("the user is not told why")
    if not case.behind and (wrong := [why for why in run.missed if not re.search(case.fault.truth, why)]):
        found.append(f"another reason is recorded: {wrong}")
    if case.behind and case.goes_on and run.missed:
        found.append(f"the other provider is not used: {run.missed}")
    expected = (2, EndReason.MODELS, []) if ends else (0, EndReason.BUDGET, ["keep"])
    reason = run.ending.reason if run.ending else EndReason.MODELS  # it is known before the session
    if (got := (run.code, reason, list(run.verdicts))) != expected:
        found.append(f"it ended with {got}, not with {expected}")
    return found


def allowed(fault: Fault, seconds: float) -> int:
    """How often an account may be asked in so many seconds, the rests being as short as chance can make them."""
    if fault.kind is None:
        return LONGEST_ANSWERS
    breaker, now, asked = Breaker(QUICK, lambda: 0.0), 0.0, 0
    while (permission := breaker.take(now)) is not None and now <= seconds:
        asked += 1
        breaker.fail(permission, ProviderFailure(fault=fault.kind, why="", wait_s=fault.said_s), now)
        now += QUICK.quota_s if fault.final else breaker.wait_s(now) or 0.0
    return asked


def row(run: FaultRun) -> Sequence[str]:
    """A line of the table."""
    case = run.case
    kept = ", ".join(run.verdicts) or (f"{run.unfinished} unfinished" if run.unfinished else "none")
    told = "never" if run.told_s is None else f"{max(run.told_s, 0.0):.1f}"  # 0: before it was asked
    last = run.ending.detail if run.ending else next((line for _, line in reversed(run.lines) if line.strip()), "")
    what = run.missed[0] if run.missed else last
    reason = str(run.ending.reason) if run.ending else "no session"
    return (
        str(case), str(run.code), reason, str(len(run.asked)), str(run.tokens), told,
        f"{run.wall_s:.0f}", kept, str(len(run.left)), what,
    )  # fmt: skip


HEAD = ("researcher, fault", "code", "ended by", "asked", "tokens", "told s", "wall s", "edit", "left", "said")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pattern", nargs="?", default="", help="only cases whose name this expression finds")
    options.add_argument("--at-once", type=int, default=2)
    options.add_argument("--lines", action="store_true", help="all lines that the user saw, too")
    options.add_argument("--command", type=Path, default=COMMAND)
    given = options.parse_args()
    cases = [case for case in every_case() if re.search(given.pattern, str(case))]
    click.echo("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))

    def one(case: Case) -> FaultRun:
        with tempfile.TemporaryDirectory(prefix="overnight-fault-") as folder:
            return run_case(case, Path(folder), command=given.command)

    with ThreadPoolExecutor(given.at_once) as pool:
        for run in pool.map(one, cases):
            click.echo("| " + " | ".join(row(run)) + " |")
            if given.lines:
                click.echo("\n".join(f"      {at_s:6.1f}  {line}" for at_s, line in run.lines))


def every_case() -> Sequence[Case]:
    """Each researcher with each fault: alone, with another provider behind, and with one of another wire only."""
    cases = [Case(way=way, fault=fault) for way in RESEARCHERS for fault in FAULTS]
    cases += [Case(way=way, fault=fault, behind=way.wire) for way in RESEARCHERS for fault in FAULTS if fault.kind]
    others = {way: Wire.OPENAI_CHAT if way.wire is not Wire.OPENAI_CHAT else Wire.ANTHROPIC for way in RESEARCHERS}
    return cases + [Case(way=way, fault=FAULTS[0], behind=others[way]) for way in RESEARCHERS]


if __name__ == "__main__":
    main()
