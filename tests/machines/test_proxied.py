"""The executor that gives jobs a proxy: which jobs get one, where, and what is reported of it."""

import asyncio
import resource
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from proxied import HOST, LOOPBACK, Names, get, origin

from overnight.egress.connection import Connection, Outcome
from overnight.egress.dial import Dialer
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.port import Door, Link, OutputMonitor
from overnight.machines import proxied as room
from overnight.machines.proxied import ProxiedExecutor

RESULT = JobResult(ending=JobEnding.EXITED, exit_code=0, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0, output_bytes=0)


class Inner:
    """An executor whose job says some words to the proxy, and then ends or fails."""

    name = "jail"

    def __init__(self, *words: bytes, error: Exception | None = None) -> None:
        self.words, self.error = words, error
        self.job: Job | None = None
        self.link: Link | None = None
        self.answers: list[bytes] = []

    def folder_of(self, folder: Path) -> str:
        return f"in {folder}"

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        self.job, self.link = job, link
        for words in self.words:
            assert link is not None
            listening = socket.create_server(("127.0.0.1", 0))
            port = listening.getsockname()[1]
            link.doors[-1].listen(listening)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(words)
            self.answers.append(await reader.read())
            writer.close()
            await writer.wait_closed()
        if self.error:
            raise self.error
        return RESULT


def job(*hosts: str, environment: dict[str, str] | None = None) -> Job:
    return Job(
        command="x", folder=Path("/f"), output=Path("/o"), limits=Limits(hosts=hosts), environment=environment or {}, number=3
    )


def test_a_job_without_hosts_runs_as_it_is() -> None:
    """Job and link are handed on unchanged, and nothing is reported."""
    inner, link = Inner(), Link(doors=(Door(port=4000, listen=lambda _: None),))
    asyncio.run(ProxiedExecutor(inner, reached=lambda *_: pytest.fail("reported")).run(job(), link))
    assert inner.job == job() and inner.link is link


def test_the_proxy_has_a_port_that_no_other_door_has() -> None:
    """Its door comes beside those of the link, on its usual port unless that is taken, and the variables say where."""
    for taken, port in (((4000,), 3128), ((3128,), 3129), ((3129, 3128), 3130)):
        inner = Inner()
        link = Link(doors=tuple(Door(port=each, listen=lambda _: None) for each in taken))
        asyncio.run(ProxiedExecutor(inner).run(job("a.org"), link))
        assert inner.link and [door.port for door in inner.link.doors] == [*taken, port]
        assert inner.job and inner.job.environment["https_proxy"] == f"http://127.0.0.1:{port}"


def test_a_job_s_own_variables_go_first() -> None:
    """What the caller sets stays; upper and lower case are both there, and the loopback is not proxied."""
    inner = Inner()
    asyncio.run(ProxiedExecutor(inner).run(job("a.org", environment={"HTTP_PROXY": "mine", "X": "y"})))
    assert inner.job
    variables = inner.job.environment
    assert (variables["HTTP_PROXY"], variables["X"]) == ("mine", "y")
    assert {"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"} <= variables.keys()
    assert "127.0.0.1" in variables["NO_PROXY"]


@pytest.mark.parametrize("error", [None, OSError("the job failed")])
def test_what_was_reached_is_reported_however_the_job_ended(error: Exception | None) -> None:
    """The record comes with the job that it is of, before its run returns or raises."""
    reported: list[tuple[int, Sequence[Connection]]] = []

    async def run() -> None:
        async with origin() as host:
            listed = f"{HOST}:{host.port}"
            inner = Inner(get(listed), get("evil.org"), error=error)
            executor = ProxiedExecutor(
                inner,
                reached=lambda of, connections: reported.append((of.number, connections)),
                dialer=lambda: Dialer(Names({HOST: [["127.0.0.1"]]}), also=[LOOPBACK]),
            )
            if error:
                with pytest.raises(OSError, match="the job failed"):
                    await executor.run(job(listed))
            else:
                assert await executor.run(job(listed)) == RESULT
            assert inner.answers[0].endswith(b"hello") and b" 403 " in inner.answers[1]

    asyncio.run(run())
    ((number, connections),) = reported
    assert number == 3
    assert [(one.host, one.outcome) for one in connections] == [(HOST, Outcome.REACHED), ("evil.org", Outcome.REFUSED)]


def test_all_jobs_together_leave_us_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The more jobs run at once, the fewer connections each has at a time."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    for jobs, most in ((1, 32), (4, 32), (16, 8), (1000, 2)):
        assert room._at_once(jobs) == most
