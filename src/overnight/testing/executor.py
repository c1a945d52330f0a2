"""What every executor promises of one job."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
import hashlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio

from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.port import Executor, Link
from overnight.testing.failures import failure

LIMITS = Limits(wall_s=20.0, memory_bytes=200 * 1000**2, disk_bytes=20 * 1000**2, files=500, output_bytes=100_000)


class ExecutorConformance:
    """What every executor promises of one job; a jail's further promises are in its own tests."""

    def make(self) -> Executor:
        """An executor with two slots."""
        raise NotImplementedError

    def run(
        self, tmp_path: Path, command: str, *, limits: Limits = LIMITS, **more: Any
    ) -> tuple[JobResult, bytes]:  # Any: fields of Job
        """Run a command in `tmp_path/job`, created if needed; its result and the captured output."""
        job = _job(tmp_path, command, limits=limits, **more)
        result = asyncio.run(self.make().run(job))
        return result, Path(job.output).read_bytes()

    def test_exit_code_is_the_commands(self, tmp_path: Path) -> None:
        """A job that ends by itself has its own exit code."""
        result, _ = self.run(tmp_path, "exit 3")
        assert (result.ending, result.exit_code, result.detail) == (JobEnding.EXITED, 3, "")

    def test_missing_command_is_an_exit_code(self, tmp_path: Path) -> None:
        """A command that does not exist is the job's fault, reported by its exit code."""
        result, output = self.run(tmp_path, "no-such-command-anywhere")
        assert (result.ending, result.exit_code) == (JobEnding.EXITED, 127)
        assert b"no-such-command-anywhere" in output

    def test_signal_is_a_negative_exit_code(self, tmp_path: Path) -> None:
        """A job that a signal ends has the negative signal number as its exit code."""
        result, _ = self.run(tmp_path, "kill -SEGV $$")
        assert (result.ending, result.exit_code) == (JobEnding.EXITED, -signal.SIGSEGV)

    def test_output_holds_both_streams(self, tmp_path: Path) -> None:
        """Standard output and standard error are captured in the order in which they are printed."""
        result, output = self.run(tmp_path, "echo one; echo two >&2; echo three")
        assert output == b"one\ntwo\nthree\n"
        assert result.output_bytes == len(output)

    def test_folder_is_the_current_one_and_stays(self, tmp_path: Path) -> None:
        """A job reads, changes and creates files in its folder, and we read them afterwards."""
        folder = tmp_path / "job"
        folder.mkdir()
        (folder / "given").write_text("old")
        result, _ = self.run(tmp_path, "cat given > made && echo new > given && mkdir -p a/b && touch a/b/c")
        assert result.exit_code == 0
        assert [(folder / name).read_text() for name in ("made", "given", "a/b/c")] == ["old", "new\n", ""]

    def test_locked_folders_can_be_deleted(self, tmp_path: Path) -> None:
        """Whatever modes a job sets, the folder's owner can read and delete what is in it."""
        self.run(tmp_path, "mkdir -p a/b && echo x > a/b/c && chmod 0 a/b/c a/b a .")
        assert (tmp_path / "job/a/b/c").read_text() == "x\n"
        shutil.rmtree(tmp_path / "job")

    def test_environment_is_the_jobs_own(self, tmp_path: Path) -> None:
        """Nothing of our environment is passed on; a PATH is added if the job has none."""
        _, output = self.run(tmp_path, "env -0", environment={"GIVEN": "a b=c\nd"})
        found = dict(variable.split("=", 1) for variable in output.decode().split("\0")[:-1])
        assert found["GIVEN"] == "a b=c\nd"
        assert found["PATH"].startswith("/")
        assert found.keys() <= {"GIVEN", "PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}

    def test_stdin_is_the_jobs_own(self, tmp_path: Path) -> None:
        """A job reads exactly the input it was given, even if it is more than a pipe holds."""
        given = b"first line\n" + bytes(range(256)) * 1000
        _, output = self.run(tmp_path, "sha256sum", stdin=given)
        assert output.split()[0].decode() == hashlib.sha256(given).hexdigest()

    def test_stdin_is_empty_by_default(self, tmp_path: Path) -> None:
        """A job without input reads end-of-file at once."""
        result, output = self.run(tmp_path, "cat")
        assert (result.exit_code, output) == (0, b"")

    def test_wall_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that takes too long is ended, and the detail says how long it took."""
        result, _ = self.run(tmp_path, "sleep 60", limits=replace(LIMITS, wall_s=0.3))
        assert (result.ending, result.exit_code) == (JobEnding.WALL, None)
        assert result.detail.startswith("ended after 0.") and result.detail.endswith("s of 0.3 s")

    def test_memory_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that uses too much memory is ended, and the detail says how much it used."""
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
        """Files that together exceed the disk limit end the job while it runs."""
        result, _ = self.run(tmp_path, "for i in 1 2 3; do head -c 9000000 /dev/zero > $i; done; sleep 60")
        assert (result.ending, result.exit_code) == (JobEnding.DISK, None)
        assert result.detail.endswith(" MB on disk of 20 MB")

    def test_too_many_files_end_it(self, tmp_path: Path) -> None:
        """More files than allowed end the job while it runs."""
        result, _ = self.run(tmp_path, "i=0; while [ $i -lt 700 ]; do : > $i; i=$((i + 1)); done; sleep 60")
        assert (result.ending, result.detail) == (JobEnding.DISK, "ended with more than 500 files")

    def test_output_limit_ends_it(self, tmp_path: Path) -> None:
        """A job that prints endlessly is ended, and the captured file is cut at the limit."""
        result, output = self.run(tmp_path, "yes")
        assert (result.ending, result.exit_code) == (JobEnding.OUTPUT, None)
        assert len(output) == LIMITS.output_bytes < result.output_bytes
        assert "100 kB" in result.detail

    def test_a_monitor_can_end_it(self, tmp_path: Path) -> None:
        """The monitor gets output as it comes; a reason ends the job, whose output up to then is captured."""
        seen: list[bytes] = []

        def monitor(output: bytes) -> str:
            seen.append(output)
            return "enough" if b"two" in b"".join(seen) else ""

        job = _job(tmp_path, "echo one; echo two; sleep 60; echo three", limits=LIMITS)
        result = asyncio.run(self.make().run(job, monitor=monitor))
        assert (result.ending, result.exit_code, result.detail) == (JobEnding.MONITOR, None, "enough")
        assert b"".join(seen) == Path(job.output).read_bytes() == b"one\ntwo\n"

    def test_a_monitor_without_a_reason_ends_nothing(self, tmp_path: Path) -> None:
        """The monitor gets all of the output, and the job ends by itself."""
        seen: list[bytes] = []

        def monitor(output: bytes) -> str:
            seen.append(output)
            return ""

        job = _job(tmp_path, "echo one; exit 3", limits=LIMITS)
        result = asyncio.run(self.make().run(job, monitor=monitor))
        assert (result.ending, result.exit_code, b"".join(seen)) == (JobEnding.EXITED, 3, b"one\n")

    def test_use_is_measured(self, tmp_path: Path) -> None:
        """Wall-clock time, processor time of all processes and peak memory are measured from outside."""
        result, _ = self.run(
            tmp_path, "for i in 1 2; do (sleep 0.2; i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done) & done; wait"
        )
        assert result.wall_s >= 0.2  # noqa: PLR2004  # it sleeps that long
        assert result.cpu_s > 0.05  # noqa: PLR2004  # far less than the loops take
        assert 0 < result.peak_memory_bytes < LIMITS.memory_bytes

    def test_nothing_is_left_running(self, tmp_path: Path) -> None:
        """A process that the job left in the background is gone when the run ends."""
        with _lifeline(tmp_path) as alive:
            result, _ = self.run(tmp_path, "exec 9> alive; sleep 60 &")
            assert result.exit_code == 0
            assert os.read(alive, 1) == b""

    def test_cancellation_ends_it(self, tmp_path: Path) -> None:
        """When a cancelled run returns, no process of it is left."""
        with _lifeline(tmp_path) as alive:
            job = _job(tmp_path, "exec 9> alive; echo >&9; sleep 60 & sleep 60", limits=LIMITS)
            asyncio.run(_cancelled(self.make(), job, alive))
            assert os.read(alive, 2) == b"\n"
            assert os.read(alive, 1) == b""

    def test_slots_run_side_by_side(self, tmp_path: Path) -> None:
        """Jobs in different slots run at the same time, each with its own folder and output."""
        jobs = [_job(tmp_path / str(slot), f"echo {slot}", limits=LIMITS, slot=slot) for slot in (0, 1)]
        executor = self.make()

        async def both() -> list[JobResult]:
            return await asyncio.gather(*(executor.run(job) for job in jobs))

        assert [result.exit_code for result in asyncio.run(both())] == [0, 0]
        assert [Path(job.output).read_bytes() for job in jobs] == [b"0\n", b"1\n"]

    def test_job_can_be_talked_with(self, tmp_path: Path) -> None:
        """A linked socket is the job's stdin and stdout, stderr is captured, and the socket closes when the job ends."""
        ours, theirs = socket.socketpair()
        job = _job(tmp_path, "read -r word; echo got $word; echo aside >&2", limits=LIMITS)
        with ours:
            ours.sendall(b"it\n")
            result = asyncio.run(self.make().run(job, Link(talk=theirs)))
            assert ours.makefile("rb").read() == b"got it\n"
        assert (result.exit_code, Path(job.output).read_bytes()) == (0, b"aside\n")

    def test_unknown_slot_is_refused(self, tmp_path: Path) -> None:
        """A slot that the executor does not have is the caller's mistake."""
        failure(ValueError, lambda: self.run(tmp_path, "true", slot=2))

    def test_folder_is_where_it_is_said_to_be(self, tmp_path: Path) -> None:
        """A job runs in the folder whose path `folder_of` returns, so a command may be given paths below it."""
        executor = self.make()
        job = _job(tmp_path, 'echo it > made && cat "$(pwd -P)/made" && pwd -P', limits=LIMITS)
        result = asyncio.run(executor.run(job))
        assert result.exit_code == 0
        assert Path(job.output).read_text() == f"it\n{executor.folder_of(tmp_path / 'job')}\n"


def _job(place: Path, command: str, *, limits: Limits, **more: Any) -> Job:  # Any: fields of Job
    folder = place / "job"
    folder.mkdir(parents=True, exist_ok=True)
    return Job(command=command, folder=folder, output=place / "output", limits=limits, **more)


@contextmanager
def _lifeline(place: Path) -> Iterator[int]:
    """The reading end of the pipe `job/alive`: at end-of-file if no process has it open for writing, else it would block."""
    (place / "job").mkdir()
    os.mkfifo(place / "job/alive")
    reader = os.open(place / "job/alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield reader
    finally:
        os.close(reader)


async def _cancelled(executor: Executor, job: Job, signal_end: int) -> None:
    """Run a job and cancel it as soon as there is something to read at `signal_end`."""
    running = asyncio.create_task(executor.run(job))
    seen = asyncio.ensure_future(anyio.wait_readable(signal_end))
    await asyncio.wait((running, seen), return_when=asyncio.FIRST_COMPLETED)
    assert seen.done(), f"the job ended before it signalled: {running.result()}"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
