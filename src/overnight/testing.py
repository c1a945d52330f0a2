"""Conformance suites, one for each port: subclass one in your tests, name the class `Test...`, and say how to make yours."""

# ruff: noqa: S101  # a suite is made of assertions

import asyncio
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import anyio

from overnight.errors import LedgerBusy, LedgerCorrupt, OvernightError, UserError
from overnight.gate.verdict import Conclusion, Verdict
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.port import Executor, Link
from overnight.ledger.chain import GENESIS, chain_hash
from overnight.ledger.port import E, EventStore
from overnight.program.scope import matches
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, Researcher

LONGEST_HYPOTHESIS = 300  # characters


# --- Researcher ---


class ResearcherConformance:
    """What every researcher promises, checked on proposals that it can make."""

    def make(self, folder: Path) -> Researcher:
        """A new researcher; `folder` is its own, empty, outside every workspace."""
        raise NotImplementedError

    def assign(self, workspace: Path, number: int) -> Assignment:
        """Fill the empty folder `workspace` with a tree, the same for each number, in which there is something to propose."""
        raise NotImplementedError

    def test_name_is_one_word(self, tmp_path: Path) -> None:
        """The ledger calls a researcher by one printable word."""
        name = self.make(tmp_path).name
        assert name.split() == [name]
        assert name.isprintable()

    def test_hypothesis_is_one_printable_line(self, tmp_path: Path) -> None:
        """A draft says in one line what it is about."""
        draft, _ = self._propose(self.make(_folder(tmp_path, "own")), tmp_path / "workspace", 1)
        assert draft.hypothesis.strip()
        assert draft.hypothesis.isprintable()
        assert len(draft.hypothesis) <= LONGEST_HYPOTHESIS

    def test_notes_survive_the_ledger(self, tmp_path: Path) -> None:
        """Notes are scalars that JSON gives back as they were."""
        draft, _ = self._propose(self.make(_folder(tmp_path, "own")), tmp_path / "workspace", 1)
        assert json.loads(json.dumps(dict(draft.notes), allow_nan=False)) == dict(draft.notes)

    def test_only_editable_files_differ(self, tmp_path: Path) -> None:
        """A proposal changes something, and nothing out of scope; no file of the researcher's own stays behind."""
        assignment = self.assign(_folder(tmp_path, "workspace"), 1)
        before = _contents(assignment.workspace)
        asyncio.run(self.make(_folder(tmp_path, "own")).propose(assignment))
        after = _contents(assignment.workspace)
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        assert changed
        assert [path for path in changed if not matches(path, assignment.program.editable)] == []

    def test_each_proposal_is_in_its_own_workspace(self, tmp_path: Path) -> None:
        """A later proposal leaves the workspace of an earlier one alone."""
        researcher = self.make(_folder(tmp_path, "own"))
        _, first = self._propose(researcher, tmp_path / "first", 1)
        self._propose(researcher, tmp_path / "second", 2)
        assert _contents(tmp_path / "first") == first

    def test_learns_from_anybody(self, tmp_path: Path) -> None:
        """Every verdict on an experiment of any researcher can be learned, and a proposal follows."""
        researcher = self.make(_folder(tmp_path, "own"))
        draft, _ = self._propose(researcher, tmp_path / "first", 1)
        researcher.learn(ended(1, researcher.name, draft, Verdict.DISCARD, gain=-1.0))
        for number, verdict in enumerate(Verdict, start=2):
            researcher.learn(ended(number, "somebody", Draft(hypothesis="?", notes={"a": None, "b": True}), verdict, gain=None))
        after, _ = self._propose(researcher, tmp_path / "second", 9)
        assert after.hypothesis

    def test_same_past_leads_to_a_proposal_after_a_restart(self, tmp_path: Path) -> None:
        """A new researcher that is told of the past goes on from there."""
        draft, first = self._propose(self.make(_folder(tmp_path, "own")), tmp_path / "first", 1)
        restarted = self.make(_folder(tmp_path, "again"))
        restarted.learn(ended(1, restarted.name, draft, Verdict.DISCARD, gain=-1.0))
        _, second = self._propose(restarted, tmp_path / "second", 2)
        assert first != self._untouched(tmp_path)
        assert second != self._untouched(tmp_path)

    def _propose(self, researcher: Researcher, workspace: Path, number: int) -> tuple[Draft, Mapping[str, bytes]]:
        workspace.mkdir()
        draft = asyncio.run(researcher.propose(self.assign(workspace, number)))
        return draft, _contents(workspace)

    def _untouched(self, tmp_path: Path) -> Mapping[str, bytes]:
        workspace = tmp_path / "untouched"
        workspace.mkdir(exist_ok=True)
        self.assign(workspace, 1)
        return _contents(workspace)


def ended(number: int, researcher: str, draft: Draft, verdict: Verdict, *, gain: float | None, base: str = "") -> Experiment:
    """An experiment as a researcher is told of it, from its draft and what came of it."""
    return Experiment(
        number=number,
        role=researcher,
        researcher=researcher,
        hypothesis=draft.hypothesis,
        base=base,
        commit=f"commit-{number}",
        tree=f"tree-{number}",
        notes=draft.notes,
        value=gain,
        trials=0 if gain is None else 1,
        conclusion=Conclusion(verdict=verdict, reason="", gain=gain),
    )


def _folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- Executor ---

LIMITS = Limits(wall_s=20.0, memory_bytes=200 * 1000**2, disk_bytes=20 * 1000**2, files=500, output_bytes=100_000)


class ExecutorConformance:
    """What every executor promises of one job; what else a jail promises, its own tests say."""

    def make(self) -> Executor:
        """An executor with two slots."""
        raise NotImplementedError

    def run(
        self, tmp_path: Path, command: str, *, limits: Limits = LIMITS, **more: Any
    ) -> tuple[JobResult, bytes]:  # Any: fields of Job
        """Run a command in `tmp_path/job`, made if need be; its result and what was captured."""
        job = _job(tmp_path, command, limits=limits, **more)
        result = asyncio.run(self.make().run(job))
        return result, Path(job.output).read_bytes()

    def test_exit_code_is_the_commands(self, tmp_path: Path) -> None:
        """A job that ends by itself has its own exit code."""
        result, _ = self.run(tmp_path, "exit 3")
        assert (result.ending, result.exit_code, result.detail) == (JobEnding.EXITED, 3, "")

    def test_missing_command_is_an_exit_code(self, tmp_path: Path) -> None:
        """A command that is not there is the job's fault, and so is its exit code."""
        result, output = self.run(tmp_path, "no-such-command-anywhere")
        assert (result.ending, result.exit_code) == (JobEnding.EXITED, 127)
        assert b"no-such-command-anywhere" in output

    def test_signal_is_a_negative_exit_code(self, tmp_path: Path) -> None:
        """A job that a signal ends has the signal's number, negative."""
        result, _ = self.run(tmp_path, "kill -SEGV $$")
        assert (result.ending, result.exit_code) == (JobEnding.EXITED, -signal.SIGSEGV)

    def test_output_holds_both_streams(self, tmp_path: Path) -> None:
        """Standard output and standard error are captured in the order of printing."""
        result, output = self.run(tmp_path, "echo one; echo two >&2; echo three")
        assert output == b"one\ntwo\nthree\n"
        assert result.output_bytes == len(output)

    def test_folder_is_the_current_one_and_stays(self, tmp_path: Path) -> None:
        """A job reads, changes and makes files in its folder, and we read them afterwards."""
        folder = tmp_path / "job"
        folder.mkdir()
        (folder / "given").write_text("old")
        result, _ = self.run(tmp_path, "cat given > made && echo new > given && mkdir -p a/b && touch a/b/c")
        assert result.exit_code == 0
        assert [(folder / name).read_text() for name in ("made", "given", "a/b/c")] == ["old", "new\n", ""]

    def test_locked_folders_can_be_deleted(self, tmp_path: Path) -> None:
        """Whatever modes a job sets, whoever made the folder reads and deletes what is in it."""
        self.run(tmp_path, "mkdir -p a/b && echo x > a/b/c && chmod 0 a/b/c a/b a .")
        assert (tmp_path / "job/a/b/c").read_text() == "x\n"
        shutil.rmtree(tmp_path / "job")

    def test_environment_is_the_jobs_own(self, tmp_path: Path) -> None:
        """Nothing of our environment is passed on; a PATH is added where the job has none."""
        _, output = self.run(tmp_path, "env -0", environment={"GIVEN": "a b=c\nd"})
        found = dict(variable.split("=", 1) for variable in output.decode().split("\0")[:-1])
        assert found["GIVEN"] == "a b=c\nd"
        assert found["PATH"].startswith("/")
        assert found.keys() <= {"GIVEN", "PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}

    def test_stdin_is_the_jobs_own(self, tmp_path: Path) -> None:
        """A job reads exactly what it was given, also more than a pipe holds."""
        given = b"first line\n" + bytes(range(256)) * 1000
        _, output = self.run(tmp_path, "sha256sum", stdin=given)
        assert output.split()[0].decode() == hashlib.sha256(given).hexdigest()

    def test_stdin_is_empty_by_default(self, tmp_path: Path) -> None:
        """A job that reads without being given anything sees the end at once."""
        result, output = self.run(tmp_path, "cat")
        assert (result.exit_code, output) == (0, b"")

    def test_wall_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that takes too long is ended, and the detail says how long it was."""
        result, _ = self.run(tmp_path, "sleep 60", limits=replace(LIMITS, wall_s=0.3))
        assert (result.ending, result.exit_code) == (JobEnding.WALL, None)
        assert result.detail.startswith("ended after 0.") and result.detail.endswith("s of 0.3 s")

    def test_memory_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that holds too much memory is ended, and the detail says how much it was."""
        limits = replace(LIMITS, memory_bytes=64 * 1000**2)
        result, _ = self.run(tmp_path, "head -c 200000000 /dev/zero | tail -c 199999999 | sleep 60", limits=limits)
        assert (result.ending, result.exit_code) == (JobEnding.MEMORY, None)
        assert result.detail.startswith("killed at ") and result.detail.endswith(" MB of 64 MB")

    def test_large_file_ends_it(self, tmp_path: Path) -> None:
        """A single file over the disk limit ends the job."""
        result, _ = self.run(tmp_path, "exec head -c 30000000 /dev/zero > big")
        assert (result.ending, result.exit_code) == (JobEnding.DISK, None)
        assert "20 MB" in result.detail

    def test_disk_limit_ends_it(self, tmp_path: Path) -> None:
        """Files that are over the disk limit together end the job while it runs."""
        result, _ = self.run(tmp_path, "for i in 1 2 3; do head -c 9000000 /dev/zero > $i; done; sleep 60")
        assert (result.ending, result.exit_code) == (JobEnding.DISK, None)
        assert result.detail.endswith(" MB on disk of 20 MB")

    def test_too_many_files_end_it(self, tmp_path: Path) -> None:
        """More files than allowed end the job while it runs."""
        result, _ = self.run(tmp_path, "i=0; while [ $i -lt 700 ]; do : > $i; i=$((i + 1)); done; sleep 60")
        assert (result.ending, result.detail) == (JobEnding.DISK, "ended with more than 500 files")

    def test_output_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that prints without end is ended, and the captured file is cut at the limit."""
        result, output = self.run(tmp_path, "yes")
        assert (result.ending, result.exit_code) == (JobEnding.OUTPUT, None)
        assert len(output) == LIMITS.output_bytes < result.output_bytes
        assert "100 kB" in result.detail

    def test_who_hears_it_can_end_it(self, tmp_path: Path) -> None:
        """Output is heard as it comes; a reason ends the job, whose output up to there is captured."""
        heard: list[bytes] = []

        def hear(output: bytes) -> str:
            heard.append(output)
            return "enough" if b"two" in b"".join(heard) else ""

        job = _job(tmp_path, "echo one; echo two; sleep 60; echo three", limits=LIMITS)
        result = asyncio.run(self.make().run(job, monitor=hear))
        assert (result.ending, result.exit_code, result.detail) == (JobEnding.MONITOR, None, "enough")
        assert b"".join(heard) == Path(job.output).read_bytes() == b"one\ntwo\n"

    def test_who_only_hears_ends_nothing(self, tmp_path: Path) -> None:
        """All of the output is heard, and the job has its own end."""
        heard: list[bytes] = []

        def hear(output: bytes) -> str:
            heard.append(output)
            return ""

        job = _job(tmp_path, "echo one; exit 3", limits=LIMITS)
        result = asyncio.run(self.make().run(job, monitor=hear))
        assert (result.ending, result.exit_code, b"".join(heard)) == (JobEnding.EXITED, 3, b"one\n")

    def test_use_is_measured(self, tmp_path: Path) -> None:
        """Wall clock, processor time of all processes and peak memory are measured from outside."""
        result, _ = self.run(
            tmp_path, "for i in 1 2; do (sleep 0.2; i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done) & done; wait"
        )
        assert result.wall_s >= 0.2  # noqa: PLR2004  # it sleeps so long
        assert result.cpu_s > 0.05  # noqa: PLR2004  # far below what the loops take
        assert 0 < result.peak_memory_bytes < LIMITS.memory_bytes

    def test_nothing_is_left_running(self, tmp_path: Path) -> None:
        """A process that the job left in the background is gone when the run is over."""
        with _lifeline(tmp_path) as alive:
            result, _ = self.run(tmp_path, "exec 9> alive; sleep 60 &")
            assert result.exit_code == 0
            assert os.read(alive, 1) == b""

    def test_cancellation_ends_it(self, tmp_path: Path) -> None:
        """A cancelled run has no process left when the cancellation arrives."""
        with _lifeline(tmp_path) as alive:
            job = _job(tmp_path, "exec 9> alive; echo >&9; sleep 60 & sleep 60", limits=LIMITS)
            asyncio.run(_cancelled(self.make(), job, alive))
            assert os.read(alive, 2) == b"\n"
            assert os.read(alive, 1) == b""

    def test_slots_run_side_by_side(self, tmp_path: Path) -> None:
        """Jobs of different slots run at once, each with its own folder and output."""
        jobs = [_job(tmp_path / str(slot), f"echo {slot}", limits=LIMITS, slot=slot) for slot in (0, 1)]
        executor = self.make()

        async def both() -> list[JobResult]:
            return await asyncio.gather(*(executor.run(job) for job in jobs))

        assert [result.exit_code for result in asyncio.run(both())] == [0, 0]
        assert [Path(job.output).read_bytes() for job in jobs] == [b"0\n", b"1\n"]

    def test_job_can_be_talked_with(self, tmp_path: Path) -> None:
        """A linked socket is the job's stdin and stdout, its stderr is captured, and the socket's end is the job's."""
        ours, theirs = socket.socketpair()
        job = _job(tmp_path, "read -r word; echo got $word; echo aside >&2", limits=LIMITS)
        with ours:
            ours.sendall(b"it\n")
            result = asyncio.run(self.make().run(job, Link(talk=theirs)))
            assert ours.makefile("rb").read() == b"got it\n"
        assert (result.exit_code, Path(job.output).read_bytes()) == (0, b"aside\n")

    def test_unknown_slot_is_refused(self, tmp_path: Path) -> None:
        """A slot that the executor does not have is the caller's mistake."""
        refused = False
        try:
            self.run(tmp_path, "true", slot=2)
        except ValueError:
            refused = True
        assert refused


def _job(place: Path, command: str, *, limits: Limits, **more: Any) -> Job:  # Any: fields of Job
    folder = place / "job"
    folder.mkdir(parents=True, exist_ok=True)
    return Job(command=command, folder=folder, output=place / "output", limits=limits, **more)


@contextmanager
def _lifeline(place: Path) -> Iterator[int]:
    """The reading end of the pipe `job/alive`: at its end when no process has it open for writing, else it would block."""
    (place / "job").mkdir()
    os.mkfifo(place / "job/alive")
    reader = os.open(place / "job/alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield reader
    finally:
        os.close(reader)


async def _cancelled(executor: Executor, job: Job, sign: int) -> None:
    """Run a job and cancel it as soon as there is something to read at `sign`."""
    running = asyncio.create_task(executor.run(job))
    seen = asyncio.ensure_future(anyio.wait_readable(sign))
    await asyncio.wait((running, seen), return_when=asyncio.FIRST_COMPLETED)
    assert seen.done(), f"the job ended before it gave a sign: {running.result()}"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


# --- Ledger ---

TAMPERED = (  # with event 3: edited, dated otherwise, removed, forged
    "UPDATE events SET body=body||' ' WHERE seq=3",
    "UPDATE events SET at=at+1 WHERE seq=3",
    "DELETE FROM events WHERE seq=3",
    "UPDATE events SET body='{}', hash='0' WHERE seq=3",
)
_Fault = TypeVar("_Fault", bound=OvernightError)


class LedgerConformance(Generic[E]):
    """What every store of events promises, whatever they are events of; its file is a SQLite database with a table `events`."""

    def open(self, folder: Path) -> EventStore[E]:
        """The store in this folder, made if need be."""
        raise NotImplementedError

    def open_to_read(self, folder: Path) -> EventStore[E]:
        """The store that is in this folder."""
        raise NotImplementedError

    def some(self) -> Sequence[E]:
        """Five different events, in an order in which they can happen."""
        raise NotImplementedError

    def file(self, folder: Path) -> Path:
        """The database of the store in this folder."""
        return folder / "ledger.db"

    def test_events_come_back_as_they_went_in(self, tmp_path: Path) -> None:
        """Whoever opens the ledger reads the same events, in order, from any of them on."""
        first, *rest = self.some()
        with closing(self.open(tmp_path)) as store:
            assert (store.append(first), store.append(*rest)) == (1, 5)
            assert [entry.event for entry in store.events()] == [first, *rest]
        with closing(self.open_to_read(tmp_path)) as reader:
            assert [(entry.seq, entry.event) for entry in reader.events()] == [*enumerate([first, *rest], start=1)]
            assert [entry.seq for entry in reader.events(after=3)] == [4, 5]
            assert list(reader.events(after=5)) == []

    def test_a_reader_sees_what_is_appended_later(self, tmp_path: Path) -> None:
        """Reading begins anew where it ended before."""
        one, two, *_ = self.some()
        with closing(self.open(tmp_path)) as store:
            store.append(one)
            with closing(self.open_to_read(tmp_path)) as reader:
                assert [entry.event for entry in reader.events()] == [one]
                store.append(two)
                assert [entry.event for entry in reader.events(after=1)] == [two]

    def test_append_is_all_or_nothing(self, tmp_path: Path) -> None:
        """When one event of a batch cannot be written, none is, and the ledger goes on."""
        one, two, three, *_ = self.some()
        with closing(self.open(tmp_path)) as store:
            store.append(one)
            no = "BEFORE INSERT ON events WHEN new.seq=3 BEGIN SELECT raise(abort, 'no'); END"
            self._execute(tmp_path, f"CREATE TRIGGER no {no}")
            _raised(OvernightError, lambda: store.append(two, three))
            self._execute(tmp_path, "DROP TRIGGER no")
            store.append(two)
            assert [entry.event for entry in store.events()] == [one, two]

    def test_each_hash_covers_the_one_before(self, tmp_path: Path) -> None:
        """It can be computed by anybody from what the file says, and is what the store says."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some())
            digests = [entry.digest for entry in store.events()]
        with closing(sqlite3.connect(self.file(tmp_path))) as db:
            rows = db.execute("SELECT seq, at, body, prev, hash FROM events ORDER BY seq").fetchall()
        prev = GENESIS
        for (seq, at, body, before, digest), told in zip(rows, digests, strict=True):
            assert before == prev
            assert digest == told == chain_hash(prev, seq, at, body)
            prev = digest

    def test_tampering_shows_and_the_rest_is_read(self, tmp_path: Path) -> None:
        """An event that was changed in any way breaks the chain; those before it come out, and the error counts them."""
        for number, statement in enumerate(TAMPERED):
            folder = _folder(tmp_path, str(number))
            with closing(self.open(folder)) as store:
                store.append(*self.some())
                store.check_chain()
                self._execute(folder, statement)
                assert _raised(LedgerCorrupt, store.check_chain).readable == len(self._readable(store)) == 2  # noqa: PLR2004

    def test_what_is_no_event_is_damage(self, tmp_path: Path) -> None:
        """Also where the chain holds."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some()[:2])
            prev = [entry.digest for entry in store.events()][-1]
            body = "no event"
            added = f"3, 1.0, '', NULL, '{body}', '{prev}', '{chain_hash(prev, 3, 1.0, body)}'"
            self._execute(tmp_path, f"INSERT INTO events VALUES({added})")  # a test's own words
            store.check_chain()
            assert len(self._readable(store)) == 2  # noqa: PLR2004

    def test_a_missing_end_shows(self, tmp_path: Path) -> None:
        """To one who checks, if there was a snapshot; to one who appended it, at once."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some()[:3])
            store.save_snapshot(b"state")
            self._execute(tmp_path, "DELETE FROM events WHERE seq=3")
            assert _raised(LedgerCorrupt, store.check_chain).readable == 2  # noqa: PLR2004
            _raised(LedgerCorrupt, lambda: store.append(self.some()[3]))
            assert [entry.seq for entry in store.events()] == [1, 2]

    def test_a_file_of_garbage_is_one_clear_error(self, tmp_path: Path) -> None:
        """It is said to be corrupted, however it is opened."""
        self.file(tmp_path).write_bytes(b"garbage" * 1000)
        for attempt in (self.open, lambda folder: list(self.open_to_read(folder).events())):
            assert "corrupted" in str(_raised(LedgerCorrupt, lambda: attempt(tmp_path)))  # noqa: B023  # called at once

    def test_two_writers_share_a_chain(self, tmp_path: Path) -> None:
        """Whoever appends does so after what others have appended; nothing is lost, and the chain holds."""
        events = self.some()
        with closing(self.open(tmp_path)) as one, closing(self.open(tmp_path)) as other:
            assert [store.append(event) for store, event in zip((one, other, one, one, other), events, strict=True)] == [
                1, 2, 3, 4, 5,
            ]  # fmt: skip
            for store in (one, other):
                store.check_chain()
                assert [entry.event for entry in store.events()] == list(events)

    def test_a_reader_writes_nothing(self, tmp_path: Path) -> None:
        """What is opened to read cannot be appended to, and is not changed."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some())
        before = self.file(tmp_path).read_bytes()
        with closing(self.open_to_read(tmp_path)) as reader:
            reader.check_chain()
            _raised(UserError, lambda: reader.append(self.some()[0]))
        assert self.file(tmp_path).read_bytes() == before

    def test_the_newest_two_snapshots_are_kept(self, tmp_path: Path) -> None:
        """Each with the seq that it folds up to, by default all that was appended."""
        with closing(self.open(tmp_path)) as store:
            assert store.snapshot() is None
            for event in self.some()[:3]:
                seq = store.append(event)
                store.save_snapshot(b"state %d" % seq)
            assert store.snapshot() == (3, b"state 3")
            assert store.snapshots() == [(2, b"state 2"), (3, b"state 3")]
            store.append(self.some()[3])
            store.save_snapshot(b"again", seq=3)
        with closing(self.open_to_read(tmp_path)) as reader:
            assert reader.snapshot() == (3, b"again")

    def test_no_snapshot_without_what_others_appended(self, tmp_path: Path) -> None:
        """A writer that may not have seen all events keeps a snapshot only if it says what it folds; a lock is a new start."""
        one, two, three, four, five = self.some()
        with closing(self.open(tmp_path)) as store, closing(self.open(tmp_path)) as other:
            store.append(one)
            other.append(two)
            store.append(three)
            store.save_snapshot(b"without two")
            assert store.snapshot() is None
            store.save_snapshot(b"one and two", seq=2)
            assert store.snapshot() == (2, b"one and two")
            with store.lock():
                store.append(four)
                store.save_snapshot(b"all four")
            assert store.snapshot() == (4, b"all four")
            other.append(five)
            other.save_snapshot(b"without three")
            assert store.snapshot() == (4, b"all four")

    def test_one_holds_it(self, tmp_path: Path) -> None:
        """A second one is refused by the id of the process, reads and appends all the same, and holds it afterwards."""
        one, two, *_ = self.some()
        with closing(self.open(tmp_path)) as store, closing(self.open(tmp_path)) as other:
            with store.lock():
                refused = _raised(LedgerBusy, lambda: other.lock().__enter__())
                assert refused.process == os.getpid() and str(os.getpid()) in str(refused)
                store.append(one)
                other.append(two)
                assert [entry.event for entry in other.events()] == [one, two]
            with other.lock():
                _raised(LedgerBusy, lambda: store.lock().__enter__())

    def _readable(self, store: EventStore[E]) -> list[E]:
        """The events that come out before an error that counts them."""
        found: list[E] = []

        def read() -> None:
            for entry in store.events():
                found.append(entry.event)

        assert _raised(LedgerCorrupt, read).readable == len(found)
        assert found == list(self.some()[: len(found)])
        return found

    def _execute(self, folder: Path, statement: str) -> None:
        """Do this to the database from outside."""
        with closing(sqlite3.connect(self.file(folder), isolation_level=None)) as db:
            db.execute(statement)


def _raised(kind: type[_Fault], attempt: Callable[[], object]) -> _Fault:
    """The error of an attempt that has to fail."""
    try:
        attempt()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")
