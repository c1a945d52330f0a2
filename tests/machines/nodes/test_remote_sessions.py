"""Sessions of a head on a node: results that are kept, leases, and what is left at the end; in this process."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from processes import appeared, gone
from remote_nodes import Here, job, joined, place, terms, using

from overnight import __version__
from overnight.jail.job import JobResult
from overnight.machines.nodes.calls import Answer, State, Wait
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.node import Node
from overnight.machines.nodes.nodes import Nodes


def test_the_result_of_a_named_job_is_collected_not_made_again(tmp_path: Path) -> None:
    """A job whose result was not acknowledged runs once: asked for again, also by another session, its result comes back."""
    folder = place(tmp_path)
    (folder / "given").write_text("1")
    once = "echo ran; date +%N > made; cat given"

    async def first(nodes: Nodes, _: Here) -> JobResult:
        return await nodes.executor.run(job(tmp_path, once, id="trial 7"))

    ran, made = using(tmp_path, first), (folder / "made").read_text()
    (folder / "made").unlink()

    async def again(nodes: Nodes, way: Here) -> JobResult:
        assert nodes.held == {"trial 7": 0}
        collected: JobResult = await nodes.executor.run(job(tmp_path, once, id="trial 7"))
        await nodes.acknowledge(["trial 7"])
        return collected

    assert using(tmp_path, again) == ran
    assert ((folder / "made").read_text(), (tmp_path / "output").read_bytes()) == (made, b"ran\n1")
    assert using(tmp_path, lambda nodes, _: _value(nodes.held)) == {}


@pytest.mark.parametrize("changed", ["command", "tree"])
def test_a_result_is_never_taken_for_that_of_another_job(tmp_path: Path, changed: str) -> None:
    """Under the same id another command, or other files, run anew."""
    folder = place(tmp_path)
    (folder / "given").write_text("1")

    async def use(nodes: Nodes, _: Here) -> None:
        await nodes.executor.run(job(tmp_path, "cat given", id="one"))
        if changed == "tree":
            (folder / "given").write_text("2")
        await nodes.executor.run(job(tmp_path, "cat given" if changed == "tree" else "echo 2", id="one"))
        assert (tmp_path / "output").read_text().strip() == "2"

    using(tmp_path, use)


def test_a_lease_that_nobody_renews_ends_the_job(tmp_path: Path) -> None:
    """After 120 s by the node's clock without a word of its head, the job and the session are gone, with all processes."""
    place(tmp_path)
    now = [0.0]

    async def use(nodes: Nodes, way: Here) -> None:
        running = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 53.21 & sleep 53.21", id="one")))
        assert await asyncio.to_thread(appeared, "sleep 53.21")
        now[0] = 119.0
        await way.node.lapse()
        assert not running.done()
        now[0] = 120.0
        await way.node.lapse()
        with pytest.raises(NodeLost, match="node n1: it does not have the job any more"):
            await running
        assert gone("sleep 53.21") and list((tmp_path / "node").rglob("*")) == []

    using(tmp_path, use, clock=lambda: now[0])


def test_a_call_renews_the_lease(tmp_path: Path) -> None:
    """A head that waits for its job keeps it alive, however long that takes."""
    folder = place(tmp_path)
    now = [0.0]

    async def use(nodes: Nodes, way: Here) -> None:
        running = asyncio.create_task(nodes.executor.run(job(tmp_path, "until [ -e go ]; do sleep 0.05; done", id="one")))
        assert await asyncio.to_thread(appeared, "until [ -e go ]")
        for _ in range(4):
            now[0] += 100.0
            wait = Wait(session="campaign", job_id="one", wait_s=0.0)
            await nodes.joined["n1"].ask(wait)
            await way.node.lapse()
        (tree,) = (tmp_path / "node").rglob("tree")
        (tree / "go").touch()
        assert (await running).exit_code == 0

    using(tmp_path, use, clock=lambda: now[0])
    assert (folder / "go").exists()


def test_a_forgotten_job_makes_room(tmp_path: Path) -> None:
    """Two jobs never share a slot: the one that its head no longer knows is ended when the slot is needed."""
    place(tmp_path)

    async def use(nodes: Nodes, way: Here) -> None:
        forgotten = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 52.1", id="old")))
        assert await asyncio.to_thread(appeared, "sleep 52.1")
        assert (await nodes.executor.run(job(tmp_path, "true", id="new"))).exit_code == 0
        with pytest.raises(NodeLost):
            await forgotten
        assert gone("sleep 52.1")

    using(tmp_path, use)


def test_at_the_end_nothing_is_left_but_results(tmp_path: Path) -> None:
    """When a session ends its jobs end, and its files are deleted, but for the result that nobody acknowledged."""
    folder = place(tmp_path)
    (folder / "code").write_text("code")

    async def use(nodes: Nodes, way: Here) -> None:
        await nodes.executor.run(job(tmp_path, "echo kept", id="kept"))
        await nodes.executor.run(job(tmp_path, "echo acknowledged", id="acknowledged", slot=1))
        await nodes.acknowledge(["acknowledged"])
        await nodes.executor.run(job(tmp_path, "echo nobody's"))
        running = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 51.1", id="running")))
        assert await asyncio.to_thread(appeared, "sleep 51.1")
        await nodes.leave()
        with pytest.raises(NodeLost):
            await running

    using(tmp_path, use)
    assert gone("sleep 51.1")
    (result,) = (tmp_path / "node").rglob("result.json")
    assert [each.name for each in (tmp_path / "node").glob("*/*")] == ["jobs"]
    assert b'"kept"' in result.read_bytes()


def test_another_version_is_refused(tmp_path: Path) -> None:
    """Whatever else is in the call, which a node of another version may not know."""

    async def run() -> Answer:
        async with Node(tmp_path / "node") as node:
            body, _ = await node.call("Join", b'{"version": "9.9.9", "unheard_of": 1}', ())
            return Answer.model_validate_json(body)

    answer = asyncio.run(run())
    assert (answer.state, answer.joined) == (State.REFUSED, None)
    assert answer.reason == f"it has overnight {__version__}, and the head has 9.9.9"
    assert answer.fix == "install the head's version there: pip install 'overnight[machines]==9.9.9'"


def test_other_terms_begin_a_session_anew(tmp_path: Path) -> None:
    """A head that comes back with other limits gets slots by these, and finds its results."""
    place(tmp_path)

    async def run() -> None:
        async with Node(tmp_path / "node") as node:
            nodes = Nodes(terms())
            await joined(nodes, "n1", Here(node))
            await nodes.executor.run(job(tmp_path, "true", id="one"))
            later = Nodes(terms(slots=1))
            await joined(later, "n1", Here(node))
            assert (len(nodes.places), len(later.places), later.held) == (2, 1, {"one": 0})

    asyncio.run(run())


def test_a_session_has_one_process(tmp_path: Path) -> None:
    """A second process of the same node waits until the first has ended, which never loses it a folder."""
    place(tmp_path)

    async def run() -> None:
        async with Node(tmp_path / "node") as first, Node(tmp_path / "node") as second:
            nodes = Nodes(terms())
            await joined(nodes, "n1", Here(first))
            body, _ = await second.call("Join", nodes.terms.model_dump_json().encode(), ())
            answer = Answer.model_validate_json(body)
            assert answer.state is State.FAILED and "another process still has this session" in answer.reason
            assert (await nodes.executor.run(job(tmp_path, "true"))).exit_code == 0
            await nodes.leave()
            await joined(Nodes(terms()), "n1", Here(second))

    asyncio.run(run())


async def _value(value: Any) -> Any:  # Any: whatever it is
    return value
