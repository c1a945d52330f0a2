"""The node's side: what a node answers to the calls of heads, whatever brings them.

Each session has a folder of its own; one that its head forgot is closed when its lease ends.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from overnight import __version__
from overnight.errors import UserError
from overnight.files.own import make_folder
from overnight.jail.doctor import probe
from overnight.machines.nodes.calls import (
    CALLS,
    Acknowledge,
    Answer,
    Call,
    End,
    Examine,
    Join,
    Joined,
    Lacks,
    Leave,
    More,
    Put,
    Start,
    State,
    Wait,
)
from overnight.machines.nodes.facts import look_around
from overnight.machines.nodes.leases import LEASE_S, Leases
from overnight.machines.nodes.session import Session, SessionBusy, sweep

TICK_S = 1.0
_DIGITS = 16  # of a session's folder
Reply = tuple[Answer, Sequence[bytes]]
_UNKNOWN = Answer(state=State.UNKNOWN, reason="it does not have the session any more")


class Node:
    """What a worker process is to the heads that use it; entered before it is called."""

    def __init__(
        self,
        root: Path,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`root` is a folder for this node alone; `clock` is monotonic, `now` Unix time, both in seconds."""
        self._root = root
        self._now = now
        self._leases = Leases(clock, lease_s)
        self._sessions: dict[str, Session] = {}
        self._joining = anyio.Lock()
        self._tasks = anyio.create_task_group()

    async def __aenter__(self) -> "Node":
        make_folder(self._root)
        await to_thread.run_sync(sweep, self._root, self._now())
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._watch)
        return self

    async def __aexit__(self, *raised: object) -> None:
        with anyio.CancelScope(shield=True):
            for each in list(self._sessions):
                await self._close(each)
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)

    async def call(self, name: str, body: bytes, contents: Sequence[bytes]) -> tuple[bytes, Sequence[bytes]]:
        """Answer a call by its name, as JSON and with what travels beside it."""
        try:
            answer, beside = await self._answered(name, body, contents)
        except OSError as error:
            answer, beside = Answer(state=State.FAILED, reason=f"its disk fails: {error}"), ()
        except ValueError as error:
            answer, beside = Answer(state=State.FAILED, reason=str(error)), ()
        return answer.model_dump_json().encode(), beside

    async def lapse(self) -> None:
        """End the jobs and close the sessions that no head has asked for in time."""
        lapsed = self._leases.lapsed()
        for session in list(self._sessions.values()):
            await session.lapse(lapsed)
        for each in lapsed:
            self._leases.release(each)
            await self._close(each)

    async def _answered(self, name: str, body: bytes, contents: Sequence[bytes]) -> Reply:
        if name == Join.__name__ and (theirs := json.loads(body).get("version")) != __version__:
            return _other_version(theirs), ()
        call = CALLS[name].model_validate_json(body)
        if isinstance(call, Join):
            return await self._join(call), ()
        session = self._sessions.get(call.session)
        if session is None:
            return _UNKNOWN, ()
        self._leases.renew(call.session)
        return await self._in_session(session, call, contents)

    async def _in_session(self, session: Session, call: Call, contents: Sequence[bytes]) -> Reply:
        match call:
            case Put():
                return await session.put(call, contents), ()
            case Lacks():
                return session.lacks(call.digests), ()
            case Start():
                return await session.start(call, contents)
            case Wait():
                return await session.wait(call)
            case More():
                return await session.pieces(call.job_id, call.after)
            case End():
                await session.end([call.job_id])
            case Acknowledge():
                await session.acknowledge(call.job_ids)
            case Examine():
                return Answer(state=State.RUNNING, probes=await probe()), ()
            case Leave():
                await self._close(call.session)
        return Answer(state=State.UNKNOWN), ()

    async def _join(self, terms: Join) -> Answer:
        async with self._joining:
            session = self._sessions.get(terms.session)
            if session and session.terms != terms:
                await self._close(terms.session)
                session = None
            if session is None:
                folder = self._root / hashlib.sha256(terms.session.encode()).hexdigest()[:_DIGITS]
                make = partial(Session, folder, terms, leases=self._leases, tasks=self._tasks, now=self._now)
                try:
                    session = await to_thread.run_sync(make)
                except UserError as error:
                    return Answer(state=State.REFUSED, reason=str(error.args[0]), fix=error.fix)
                except SessionBusy as busy:
                    return Answer(state=State.FAILED, reason=str(busy))
                self._sessions[terms.session] = session
            self._leases.renew(terms.session)
        facts = await to_thread.run_sync(look_around, self._root)
        devices = tuple(place.devices for place in session.share.places)
        joined = Joined(facts=facts, slots=session.share.slots, cpus=session.cpus, devices=devices, held=session.held)
        return Answer(state=State.RUNNING, joined=joined)

    async def _close(self, name: str) -> None:
        self._leases.release(name)
        if session := self._sessions.pop(name, None):
            await session.close()

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(TICK_S)
            await self.lapse()


def _other_version(theirs: object) -> Answer:
    return Answer(
        state=State.REFUSED,
        reason=f"it has overnight {__version__}, and the head has {theirs}",
        fix=f"install the head's version there: pip install 'overnight[machines]=={theirs}'",
    )
