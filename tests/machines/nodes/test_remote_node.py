"""Calls to a node over a network that fails."""

import asyncio
from collections.abc import Sequence

import pytest

from overnight import __version__
from overnight.machines.nodes import remote_node
from overnight.machines.nodes.calls import Answer, Joined, State, Wait
from overnight.machines.nodes.facts import NodeFacts
from overnight.machines.nodes.lost import NodeLost, Unreachable
from overnight.machines.nodes.remote_node import RemoteNode

WAIT = Wait(session="s", job_id="j", wait_s=0.0)
FACTS = NodeFacts(
    version=__version__,
    python="3.11",
    executable="/usr/bin/python3",
    host="gpu1",
    kernel="Linux 6",
    cpu="a processor",
    cores=2,
    gpus="",
    memory_bytes=1,
    free_bytes=1,
    folder="/tmp",
    unix_s=0.0,
)
RUNNING = Answer(state=State.RUNNING).model_dump_json().encode()


class Scripted:
    """A way that gives these answers, one a call; the last one for ever."""

    def __init__(self, *answers: bytes | Unreachable | None) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def call(self, name: str, body: bytes, contents: Sequence[bytes], within_s: float) -> tuple[bytes, Sequence[bytes]]:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.Event().wait()
        if not isinstance(answer, bytes):
            assert answer
            raise answer
        return answer, ()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_node, "RETRY_S", 0.0)


def node(way: Scripted, clock: list[float] | None = None) -> RemoteNode:
    """A node whose clock goes on by 50 s with each look at it."""
    clock = clock if clock is not None else [0.0]

    def now() -> float:
        clock[0] += 50.0
        return clock[0]

    return RemoteNode("n1", way, Joined(facts=FACTS, slots=1, cpus=((0,),)), clock=now)


def test_a_network_that_is_away_for_a_while_loses_nothing() -> None:
    """A call is repeated until there is an answer."""
    way = Scripted(Unreachable("no route"), Unreachable("no route"), RUNNING)
    answer, _ = asyncio.run(node(way).ask(WAIT))
    assert (answer.state, way.calls) == (State.RUNNING, 3)


def test_a_node_is_lost_when_its_lease_is_over() -> None:
    """After 120 s without an answer its jobs have ended, whatever they found; the last reason is said."""
    way = Scripted(Unreachable("no route to host"))
    with pytest.raises(NodeLost, match="node n1: no route to host"):
        asyncio.run(node(way).ask(WAIT))
    assert way.calls == 3


def test_a_node_that_has_ended_is_not_waited_for() -> None:
    """Who waits for an answer of it learns at once that it is lost; who asks it later, too."""
    lost = node(Scripted(None))

    async def run() -> None:
        asked = asyncio.create_task(lost.ask(WAIT))
        await asyncio.sleep(0)
        lost.lose("its worker has ended")
        with pytest.raises(NodeLost, match="its worker has ended"):
            await asked
        with pytest.raises(NodeLost, match="its worker has ended"):
            await lost.ask(WAIT)

    asyncio.run(run())


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b'{"state": "running", "more": "?"}', b'{"state": "running", "x": 1}'])
def test_what_is_no_answer_is_no_result(answer: bytes) -> None:
    """A node that answers otherwise than a node does is lost; nothing of it is taken for a result."""
    with pytest.raises(NodeLost, match="it does not answer as a node does"):
        asyncio.run(node(Scripted(answer)).ask(WAIT))
