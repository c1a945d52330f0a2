"""Pilots in a Slurm cluster: allocations that we submit, each with one worker that serves many trials.

`sbatch` and `scancel` are asked from here, so this machine must be one that submits jobs. What a job's script has, everyone
who can read the queue may read: so it has no secret but the path of the session's certificates, whose folder is ours alone on
the file system that head and nodes share. Nothing of our environment travels but what a login needs.

Does not cover: administrators of the cluster, who can read that folder.
"""

import math
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.machines.clusters.certificates import Certificates
from overnight.machines.clusters.machine import SlurmJobs
from overnight.machines.clusters.pilot_script import pilot_script
from overnight.words.foreign import printable, printable_lines

POLL_S = 10.0  # between looks at the queue
IDLE_S = 300.0  # without a job, until a pilot is given back
EARLY_S = 60.0  # a pilot that ends sooner has not worked at all
MOST_EARLY = 3  # such ends in a row, until no more pilots are submitted
ASKING_S = 60.0  # for an answer of Slurm
LAST_LINES, SHOWN = 3, 400  # of what a pilot printed; characters
_PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "SLURM_CONF")  # no key of the user's
# Waits for its input to end, as it does with our process, however that ends; then nothing that waits in the queue is left.
_UNDERTAKER = 'cat >/dev/null; exec scancel --name="$1" --user="$2"'


@dataclass(slots=True)
class _Pilot:
    """What was submitted for one lane."""

    job: str  # Slurm's id
    waits: str = ""  # for what, in Slurm's word
    node: str = ""  # the name of its worker, once it runs
    since: float = 0.0  # when it was first seen to run, on the monotonic clock, as the next two
    used: float = 0.0  # when it last had a job
    ends: float = math.inf  # by its walltime


@dataclass(frozen=True, slots=True)
class _Queued:
    """A job as Slurm's queue shows it."""

    state: str
    node: str
    left_s: float
    reason: str  # why it waits, in Slurm's word


class Pilots:
    """As many allocations as are wanted, each in a lane of its own; one that ends early is replaced."""

    def __init__(self, way: SlurmJobs, nodes: int, certificates: Certificates, scheduler: str) -> None:
        """`scheduler`: its address as nodes reach it."""
        self._way, self._nodes, self._certificates, self._scheduler = way, nodes, certificates, scheduler
        self.name = f"overnight-{secrets.token_hex(4)}"  # of all jobs of this session
        self._lanes: dict[int, _Pilot] = {}
        self._given_back: set[int] = set()
        self._busy: frozenset[str] | None = None  # until we are told
        self._early = 0
        self._problem = ""
        self._lock = threading.RLock()

    def in_use(self, nodes: Collection[str]) -> None:
        """These nodes have a job now, and no others."""
        with self._lock:
            for pilot in self._lanes.values():
                if pilot.node in (self._busy or frozenset()) | set(nodes):
                    pilot.used = time.monotonic()
            self._busy = frozenset(nodes)

    def want_all(self) -> None:
        """Submit again what was given back for want of work."""
        with self._lock:
            self._given_back.clear()
            self._early = 0

    def left_s(self, node: str) -> float:
        """Seconds until a node's allocation ends; 0 if it has, infinite if it has no end."""
        with self._lock:
            ends = [pilot.ends for pilot in self._lanes.values() if pilot.node == node]
        return max(0.0, ends[0] - time.monotonic()) if ends else 0.0

    def problems(self) -> Sequence[str]:
        """Why pilots are missing."""
        with self._lock:
            waiting = [pilot for pilot in self._lanes.values() if pilot.waits]
            words = [f"the pilot {pilot.job} waits in the queue of Slurm: {printable(pilot.waits, 80)}" for pilot in waiting]
            return [self._problem, *words] if self._problem else words

    def look(self) -> None:
        """Look at the queue once: note what runs, give back what is idle, replace what has ended.

        Raises:
            UserError: Slurm takes no job, or does not answer.
        """
        queue, now = self._queue(), time.monotonic()
        with self._lock:
            for lane, pilot in list(self._lanes.items()):
                if pilot.job not in queue:
                    self._note_end(lane, pilot, now)
                else:
                    self._note(lane, pilot, queue[pilot.job], now)
            if self._early < MOST_EARLY:
                for lane in range(1, self._nodes + 1):
                    if lane not in self._lanes and lane not in self._given_back:
                        self._lanes[lane] = _Pilot(self._submit(lane))

    def try_to_look(self) -> None:
        """Look, unless Slurm is away for a while, as at an update; that is a problem of which we know."""
        try:
            self.look()
        except UserError as error:
            with self._lock:
                self._problem = str(error)

    def cancel(self) -> None:
        """End all pilots, also those that wait."""
        with suppress(UserError):
            _ask("scancel", f"--name={self.name}", f"--user={os.getuid()}")

    def _note(self, lane: int, pilot: _Pilot, seen: _Queued, now: float) -> None:
        pilot.waits = seen.reason if seen.state == "PENDING" else ""
        if pilot.waits:  # perhaps again: it was preempted
            pilot.node = ""
        if seen.state != "RUNNING":
            return
        pilot.ends = now + seen.left_s
        if not pilot.node:
            pilot.node, pilot.since, pilot.used = f"{seen.node}/{lane}", now, now
        if now - pilot.since >= EARLY_S:
            self._early, self._problem = 0, ""
        if self._busy is not None and pilot.node not in self._busy and now - pilot.used >= IDLE_S:
            self._given_back.add(lane)
            del self._lanes[lane]
            _ask("scancel", pilot.job)

    def _note_end(self, lane: int, pilot: _Pilot, now: float) -> None:
        del self._lanes[lane]
        if pilot.node and now - pilot.since >= EARLY_S:
            self._early, self._problem = 0, ""  # by its walltime, or by somebody's hand
            return
        self._early += 1
        after = f"{now - pilot.since:.0f} s after it began" if pilot.node else "before it began"
        self._problem = f"the pilot {pilot.job} of Slurm ended {after}: {self._printed(pilot.job)}"
        if self._early >= MOST_EARLY:
            self._problem = f"no more pilots are submitted, after {MOST_EARLY} that ended at once; {self._problem}"

    def _printed(self, job: str) -> str:
        with suppress(OSError):
            lines = (self._certificates.folder / f"pilot-{job}.log").read_text(errors="replace").splitlines()
            if said := [line for line in lines if line.strip()][-LAST_LINES:]:
                return printable(" / ".join(said), SHOWN)
        return "it printed nothing"

    def _submit(self, lane: int) -> str:
        script = pilot_script(self._way, lane, self.name, self._certificates, self._scheduler)
        return _ask("sbatch", "--parsable", text=script).strip().partition(";")[0]

    def _queue(self) -> dict[str, _Queued]:
        """Our jobs by their ids; those that have ended are not among them."""
        asked = ("--noheader", f"--name={self.name}", f"--user={os.getuid()}", "--format=%i|%T|%N|%L|%r")
        found = (line.strip().split("|") for line in _ask("squeue", *asked).splitlines())
        jobs = {job: _Queued(state, node, _seconds(left), reason) for job, state, node, left, reason in found}
        return {job: seen for job, seen in jobs.items() if seen.state != "COMPLETED"}


def _seconds(left: str) -> float:
    """The time that is left as Slurm writes it: `1-02:03:04`, `03:04`; infinite if it is none."""
    days, _, clock = left.rpartition("-")
    try:
        parts = [int(part) for part in clock.split(":")]
        return int(days or 0) * 86400.0 + sum(part * 60.0**power for power, part in enumerate(reversed(parts)))
    except ValueError:  # UNLIMITED, INVALID
        return math.inf


@contextmanager
def slurm_pilots(way: SlurmJobs, nodes: int, certificates: Certificates, scheduler: str) -> Iterator[Pilots]:
    """Pilots until the context ends; they are in the queue when it begins.

    Raises:
        UserError: there is no Slurm here, or it does not take such jobs.
    """
    if missing := next((name for name in ("sbatch", "squeue", "scancel") if shutil.which(name) is None), None):
        raise UserError(f"there is no program {missing} here", fix="run overnight on a host that submits jobs to Slurm")
    pilots, over = Pilots(way, nodes, certificates, scheduler), threading.Event()
    undertaker = subprocess.Popen(
        ["/bin/sh", "-c", _UNDERTAKER, "sh", pilots.name, str(os.getuid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )
    assert undertaker.stdin  # noqa: S101  # a pipe

    def keep() -> None:
        while not over.wait(POLL_S):
            pilots.try_to_look()

    thread = threading.Thread(target=keep, name="slurm pilots", daemon=True)
    try:
        pilots.look()
        thread.start()
        yield pilots
    finally:
        over.set()
        if thread.ident:
            thread.join()
        pilots.cancel()
        undertaker.stdin.close()
        undertaker.wait()


def _ask(program: str, *arguments: str, text: str = "") -> str:
    """What a command of Slurm prints.

    Raises:
        UserError: it failed; its own words are in the message.
    """
    try:
        done = subprocess.run(
            [program, *arguments], input=text, capture_output=True, text=True, timeout=ASKING_S, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{program} did not answer for {ASKING_S:.0f} s", fix="see whether `sinfo` works") from None
    if done.returncode:
        words = printable_lines(done.stderr, 1000).strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(
            f"{program} says: {words[0]}", fix="correct `slurm` in the settings; `sinfo` shows the queues", excerpt=words[1:]
        )
    return done.stdout


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
