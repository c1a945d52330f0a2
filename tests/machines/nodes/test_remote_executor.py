"""Jobs on a node, over all calls, but in this process."""

import asyncio
import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest
from processes import appeared, gone
from remote_nodes import Here, job, joined, one_node, place, terms, using

from overnight.errors import SandboxError
from overnight.gate.early_stopping import CurveMonitor
from overnight.jail.job import Job, JobEnding, JobResult
from overnight.jail.port import Door, Link, OutputMonitor
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.manifest import read_manifest
from overnight.machines.nodes.nodes import Nodes
from overnight.testing import LIMITS, ExecutorConformance


class OneNode:
    """An executor with a node of its own in each event loop, as long as there are jobs."""

    name = "jail"

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder_of(self, folder: Path) -> str:
        return Nodes(terms()).executor.folder_of(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        async with one_node(self._root / f"{job.slot}", terms(f"session {job.slot}", limits=job.limits)) as (nodes, _):
            return await nodes.executor.run(job, link, monitor)


class TestRemoteExecutor(ExecutorConformance):
    """A node keeps what every executor promises, but that a job could talk with us while it runs."""

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.root = tmp_path_factory.mktemp("nodes")

    def make(self) -> OneNode:
        return OneNode(self.root)

    def test_nothing_is_left_running(self, tmp_path: Path) -> None:
        """A process that the job left in the background is gone when the run ends."""
        result, _ = self.run(tmp_path, "sleep 54.321 &")
        assert result.exit_code == 0 and gone("sleep 54.321")

    def test_cancellation_ends_it(self, tmp_path: Path) -> None:
        """When a cancelled run returns, no process of it is left."""
        place(tmp_path)

        async def use(nodes: Nodes, way: Here) -> None:
            running = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 54.123 & sleep 54.123")))
            assert await asyncio.to_thread(appeared, "sleep 54.123")
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert gone("sleep 54.123") and way.calls[-1] == "End"

        using(tmp_path, use)

    def test_job_can_be_talked_with(self, tmp_path: Path) -> None:
        """A job that needs a link to us is refused."""
        place(tmp_path)
        link = Link(doors=(Door(port=4000, listen=lambda _: None),))
        with pytest.raises(ValueError, match="a job with a link to us cannot run on a node"):
            using(tmp_path, lambda nodes, _: nodes.executor.run(job(tmp_path, "true"), link))


def test_a_job_without_a_place_is_refused(tmp_path: Path) -> None:
    """There are as many slots as nodes gave; the jobs of one that is lost are lost."""
    place(tmp_path)

    async def use(nodes: Nodes, _: Here) -> None:
        for slot in (-1, 2):
            with pytest.raises(ValueError, match=f"slot {slot} of 2"):
                await nodes.executor.run(job(tmp_path, "true", slot=slot))
        nodes.lose("n1", "its worker has ended")
        with pytest.raises(NodeLost, match="node n1: its worker has ended") as raised:
            await nodes.executor.run(job(tmp_path, "true"))
        assert (raised.value.node, raised.value.reason) == ("n1", "its worker has ended")

    using(tmp_path, use)


def test_contents_travel_once(tmp_path: Path) -> None:
    """A second job with the same files sends their digests alone; one that was changed travels again."""
    folder = place(tmp_path)
    (folder / "data").write_bytes(os.urandom(200_000))
    (folder / "code").write_text("one")

    async def use(nodes: Nodes, way: Here) -> list[int]:
        sizes = []
        for code in ("one", "one", "two"):
            (folder / "code").write_text(code)
            before = sum(map(len, way.sent))
            result = await nodes.executor.run(job(tmp_path, "sha256sum data code"))
            assert result.exit_code == 0
            sizes.append(sum(map(len, way.sent)) - before)
        return sizes

    first, second, third = using(tmp_path, use)
    assert first > 200_000 and 5_000 > third > second


def test_a_large_tree_travels_in_parts(tmp_path: Path) -> None:
    """Files that are larger than one call arrive whole, and come back whole."""
    folder = place(tmp_path)
    (folder / "large").write_bytes(os.urandom(9_500_000))
    (folder / "small").write_text("small")

    async def use(nodes: Nodes, way: Here) -> JobResult:
        ran: JobResult = await nodes.executor.run(job(tmp_path, "cat large small > both"))
        assert way.calls.count("Put") == 3 and max(map(len, way.sent)) <= 4_000_000
        return ran

    assert using(tmp_path, use).exit_code == 0
    assert (folder / "both").read_bytes() == (folder / "large").read_bytes() + b"small"


def test_what_the_node_lost_is_sent_again(tmp_path: Path) -> None:
    """A node whose cache was emptied asks for what it lacks."""
    folder = place(tmp_path)
    (folder / "file").write_text("content")

    async def use(nodes: Nodes, way: Here) -> None:
        await nodes.executor.run(job(tmp_path, "true"))
        await way.node.call("Leave", b'{"session": "campaign"}', ())
        await joined(nodes, "n1", way)
        nodes.joined["n1"].known.add(read_manifest(folder)[0].content)
        result = await nodes.executor.run(job(tmp_path, "cat file"))
        assert (result.exit_code, (tmp_path / "output").read_text()) == (0, "content")

    using(tmp_path, use)


def test_missing_data_is_the_users_to_fix(tmp_path: Path) -> None:
    """A path of `readable` that the node does not have is an error that names both, and no verdict."""
    place(tmp_path)
    with pytest.raises(SandboxError) as raised:
        using(tmp_path, lambda nodes, _: nodes.executor.run(job(tmp_path, "true", readable=("/data/of/mine",))))
    assert str(raised.value) == (
        "node n1: jobs cannot read /data/of/mine: it does not exist there, and data does not travel with a job; "
        "put it at the same path on every node"
    )


def test_nothing_of_us_travels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All bytes that go to a node hold nothing of our environment, our keys, or what lies beside the job's folder."""
    marks = [f"mark-{number}-of-a-secret" for number in range(4)]
    monkeypatch.setenv("OPENAI_API_KEY", marks[0])
    monkeypatch.setenv("HOME", f"/home/{marks[1]}")
    folder = place(tmp_path)
    (folder / "code.py").write_text("print('given')")
    (tmp_path / "secret.key").write_text(marks[2])
    (folder / "data").symlink_to("../secret.key")
    (tmp_path / ".overnight").mkdir()
    (tmp_path / ".overnight/ledger.secret").write_text(marks[3])

    async def use(nodes: Nodes, way: Here) -> bytes:
        for command in ("python3 code.py > made", "sleep 0; exit 3"):
            await nodes.executor.run(job(tmp_path, command, environment={"GIVEN": "1"}), monitor=lambda _: "")
        return b"".join(way.sent)

    sent = using(tmp_path, use)
    seen_as = {each for mark in marks for each in (mark.encode(), *as_base64(mark.encode()))}
    assert b"print('given')" in sent and b"GIVEN" in sent
    assert not [each for each in seen_as if each in sent]


def test_a_node_without_room_runs_nothing(tmp_path: Path) -> None:
    """What a job may write must be free: a full disk of a node is no fault of a job's."""
    place(tmp_path)
    limits = replace(LIMITS, disk_bytes=10**16)

    with pytest.raises(NodeLost, match=r"node n1: its disk is full: .* are free, and a job may write 1e"):
        using(tmp_path, lambda nodes, _: nodes.executor.run(job(tmp_path, "true", limits=limits)))


def test_a_monitor_travels_and_is_told_here_too(tmp_path: Path) -> None:
    """It ends the job there at once; the one here has seen all of the output afterwards."""
    place(tmp_path)
    seen = CurveMonitor("step (?P<step>[0-9]+)/(?P<total>[0-9]+) loss (?P<value>[0-9.]+)", None)

    async def use(nodes: Nodes, _: Here) -> JobResult:
        for_all: JobResult = await nodes.executor.run(
            job(tmp_path, "for i in 1 2 3 4 5 6 7 8 9 10; do echo step $i/10 loss 0.$i; done"), monitor=seen.read
        )
        return for_all

    result = using(tmp_path, use)
    assert result.ending is JobEnding.EXITED and seen.early is not None


def as_base64(mark: bytes) -> list[bytes]:
    """How it looks inside base64, at any offset."""
    return [base64.urlsafe_b64encode(mark[start : start + 12]) for start in range(3)]


def test_a_path_that_cannot_be_named_costs_no_node(tmp_path: Path) -> None:
    """A job leaves folders so deep that no path names them: it has ended as here, and what can be named comes back."""
    folder = place(tmp_path)
    deep = "for _ in 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1; do mkdir $d; cd $d; done; touch made"

    async def use(nodes: Nodes, _: Here) -> None:
        result = await nodes.executor.run(job(tmp_path, f"touch seen; d={'x' * 200}; {deep}"))
        assert (result.ending, result.exit_code) == (JobEnding.EXITED, 0)
        assert (await nodes.executor.run(job(tmp_path, "true"))).exit_code == 0 and nodes.joined

    using(tmp_path, use)
    assert (folder / "seen").exists() and (folder / ("x" * 200)).is_dir()
