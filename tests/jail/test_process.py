"""The executor without a jail, and that one which breaks a promise is found."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import holds

from overnight.jail.job import Job, JobResult
from overnight.jail.port import Link, OutputMonitor
from overnight.jail.process import ProcessExecutor
from overnight.testing import ExecutorConformance


class TestProcess(ExecutorConformance):
    """Plain processes keep what every executor promises."""

    kind = ProcessExecutor

    def make(self) -> ProcessExecutor:
        return self.kind(slots=2, search_path=os.environ["PATH"])

    def test_own_folder_may_be_deleted(self, tmp_path: Path) -> None:
        """A job that deletes its current folder does us no harm."""
        result, _ = self.run(tmp_path, 'rmdir "$PWD"')
        assert (result.exit_code, result.detail) == (0, "")


class PassesOurEnvironment(ProcessExecutor):
    """Gives a job what we have."""

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        return await super().run(replace(job, environment={**os.environ, **job.environment}), link, monitor)


class ForgetsTheInput(ProcessExecutor):
    """Leaves standard input empty."""

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        return await super().run(replace(job, stdin=b""), link, monitor)


class TakesEveryEndForGood(ProcessExecutor):
    """Reports success."""

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        return replace(await super().run(job, link, monitor), exit_code=0)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (PassesOurEnvironment, "test_environment_is_the_jobs_own"),
        (ForgetsTheInput, "test_stdin_is_the_jobs_own"),
        (TakesEveryEndForGood, "test_signal_is_a_negative_exit_code"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[ProcessExecutor], promise: str) -> None:
    """The suite fails for an executor that breaks one of its promises."""
    suite = TestProcess()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)
