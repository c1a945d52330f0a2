"""Searches on the newest entry of a chain: a campaign for each, in a process of its own; what it keeps is sent at once.

When the chain moves, the campaign ends in good order, what it had open goes on in the next one, and what it kept is sent on top
of the new entry. A kill loses nothing: the campaign has its ledger, the outbox is on disk, and the next search goes on.
"""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio

from overnight.errors import UserError
from overnight.ledger.lock import holder
from overnight.pool.chain import Block, Withdrawal
from overnight.pool.keys import SHORT
from overnight.pool.work.asked import Taken, program_text
from overnight.pool.work.carrying import carried
from overnight.pool.work.client import HubAway
from overnight.pool.work.collecting import collect, open_in, search_tags, state_of
from overnight.pool.work.idle import Quiet
from overnight.pool.work.joined import ChainCopy
from overnight.pool.work.outbox import sending_words
from overnight.pool.work.place import Place, require_branch, write_program
from overnight.pool.work.session import TAG, Session, begin_session
from overnight.pool.work.spending import Spending, spent_its_plan
from overnight.pool.work.submitting import Sender
from overnight.pool.work.syncing import settle, sync
from overnight.research.ending import EndReason
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ordering import OWNER, order_stop
from overnight.research.state import State
from overnight.research.views.session import session_words
from overnight.words.foreign import printable

HOUR_S = 3600.0
POLL_S = 30.0  # between two looks at the hub
LOOK_S = 2.0  # between two looks at the campaign
ENDED_WELL = frozenset({0, 1})  # codes of a campaign
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What a person gives a search."""

    hours: float
    tokens: int | None = None
    cost_usd: float | None = None
    cpus: int | None = None
    when_idle: bool = False
    researchers: Sequence[Mapping[str, Any]] = ()  # as program.md lists them; Any: YAML
    poll_s: float = POLL_S
    look_s: float = LOOK_S


@dataclass(slots=True, kw_only=True)
class Search:
    """A search in one folder, until its hours are over or somebody ends it."""

    place: Place
    taken: Taken
    copy: ChainCopy
    sender: Sender
    request: SearchRequest
    say: Callable[[str], None]
    show: Callable[[str], None] = lambda _line: None  # how it stands, again and again
    stop: anyio.Event = field(default_factory=anyio.Event)
    _session: Session | None = field(default=None, init=False)
    _exhausted: int = field(default=-1, init=False)  # the entry on which nobody has an idea left
    _carry: tuple[str, Sequence[tuple[str, str]]] = field(default=("", ()), init=False)  # tag; what it had open
    _spending: Spending = field(init=False)
    _quiet: Quiet = field(default_factory=Quiet, init=False)
    _away: bool = field(default=False, init=False)
    _said: int = field(default=-1, init=False)  # the entry that it last said it searches on

    def __post_init__(self) -> None:
        request = self.request
        self._spending = Spending(tokens=request.tokens, cost_usd=request.cost_usd, state=partial(state_of, self.place))

    async def run(self) -> None:
        """Search.

        Raises:
            Forked, BadHub: the hub cannot be trusted; nothing runs any more.
            UserError: the campaign cannot run.
        """
        until = time.monotonic() + self.request.hours * HOUR_S
        if self.request.when_idle:
            self.say("searching when others leave this machine alone")
        await self._take_up()
        for note in settle(self.place, self.copy):
            self.say(note)
        async with anyio.create_task_group() as tasks:
            try:
                while (left_s := until - time.monotonic()) > 0 and not self.stop.is_set():
                    await self._turn(tasks.start_soon, left_s)
            finally:
                with anyio.CancelScope(shield=True):
                    await self._end_session()
                    self._collect_all()
            self.say("stopped" if self.stop.is_set() else "the hours are over")
            with suppress(HubAway):
                await self._send()
            tasks.cancel_scope.cancel()

    def end_at_once(self) -> None:
        """Cut the running trials off; they are run again in the next search."""
        if self._session is not None:
            self._session.send(signal.SIGINT, signal.SIGTERM)

    async def _turn(self, start: Callable[..., object], left_s: float) -> None:
        """Look at the hub, then search until the next look."""
        if await self._has_moved():
            await self._end_session()
            self._collect_all()
        if self._session is None and self._exhausted != self.copy.chain.number and self._is_quiet():
            await self._begin(start, left_s)
        until = time.monotonic() + min(self.request.poll_s, left_s)
        while not self.stop.is_set() and time.monotonic() < until:
            if self._session is None:
                self.show(f"entry {self.copy.chain.number}: waiting")  # for a quiet machine, or another entry
                with anyio.move_on_after(self.request.look_s):
                    await self.stop.wait()
                if self._exhausted != self.copy.chain.number and self._is_quiet():
                    return
            elif await self._watch(self._session):
                return

    async def _watch(self, session: Session) -> bool:
        """Look at a running campaign; whether there is something to do at once."""
        with anyio.move_on_after(self.request.look_s):
            await session.ended.wait()
        kept = self._collect(session.tag)
        if session.ended.is_set():
            await self._end_session()
            return True
        if not self._is_quiet():
            self.say("others need this machine: the search waits")
            self._said = -1
            await self._end_session()
            return True
        return kept

    # --- The hub ---

    async def _has_moved(self) -> bool:
        """Follow the chain, and send what waits; whether there are new entries."""
        sender = self.sender
        try:
            synced = await sync(sender.hub, self.place, sender.joined, self.copy, self.taken.program)
            for entry in synced.new:
                self.say(f"entry {entry.number} of the chain: {_entry_words(entry)}")
            for note in synced.notes:
                self.say(note)
            for each in await sender.send_all(synced.card):
                self.say(sending_words(each))
        except HubAway as away:
            if not self._away:
                self.say(f"{away}; the search goes on, and what it finds waits")
            self._away = True
            return False
        if self._away:
            self.say("the hub answers again")
        self._away = False
        return bool(synced.new)

    async def _send(self) -> None:
        for each in await self.sender.send_all(await self.sender.hub.card()):
            self.say(sending_words(each))

    # --- The campaign ---

    async def _begin(self, start: Callable[..., object], left_s: float) -> None:
        """Begin the campaign on the newest entry, or go on with it."""
        number, repository = self.copy.chain.number, self.place.repository()
        require_branch(self.place)
        researchers = list(self.request.researchers)
        tag = f"{TAG}{number}"
        before, opened = self._carry
        if opened and before != tag:
            made, dropped = carried(repository, opened, self.copy.head)
            if dropped:
                self.say(f"dropped of what {before} had open, as it conflicts or is not one edit: {dropped}")
            if made:
                self.say(f"carried over from {before}: {len(opened) - dropped}")
                researchers.insert(0, made)
        budget = self._spending.budget(tag)
        write_program(self.place, program_text(self.taken, self.copy.chain.genesis, researchers, budget))
        self._session = await begin_session(self.place, number, self._options(left_s))
        start(self._session.wait)
        if self._said != number:
            self.say(f"searching on entry {number} (campaign {tag})")
        self._said = number

    def _options(self, left_s: float) -> Sequence[str]:
        options = ["--hours", f"{max(left_s, 1.0) / HOUR_S:.6f}"]
        if self.request.cpus:
            limits = self.taken.program.limits
            fit = 1 if limits.gpus else self.request.cpus // max(1, limits.cpus)  # more than the GPUs there are is an error
            options += ["--slots", str(max(1, fit))]
        return options

    async def _end_session(self) -> None:
        """End the campaign in good order, and see how it ended."""
        session, self._session = self._session, None
        if session is None:
            return
        asked = await session.end()
        self._collect(session.tag)
        state = state_of(self.place, session.tag)
        if state:
            self._carry = (session.tag, open_in(state))
        if asked or self.stop.is_set():
            return
        if session.process.returncode in ENDED_WELL and state is not None:
            if not spent_its_plan(state):
                self._exhausted = session.number
                why = state.stopped.ending.detail if state.stopped else "it ended"
                self.say(f"{session.tag} ended: {printable(why, SHOWN)}{_what_then(state)}")
            return
        what = f"the search on entry {session.number} ended: {session.last_words()}"
        raise UserError(what, fix=f"see {session.log}")

    def _collect_all(self) -> None:
        for tag in search_tags(self.place):
            self._collect(tag)

    def _collect(self, tag: str) -> bool:
        """Put what a campaign kept into the outbox; whether that is new."""
        state = state_of(self.place, tag)
        if state is None:
            return False
        self.show(f"entry {self.copy.chain.number}: {session_words(state)}")
        found = collect(self.sender.outbox, state, tag)
        for each in found:
            self.say(f"kept: {printable(each.hypothesis, SHOWN)}")
        return bool(found)

    # --- The machine ---

    def _is_quiet(self) -> bool:
        """Whether others leave enough of it, if that was asked for."""
        return not self.request.when_idle or self._quiet.lasts(time.monotonic(), searching=self._session is not None)

    async def _take_up(self) -> None:
        """Take up what an earlier search left: a campaign that still runs after a kill ends; what it had open is carried."""
        tags = search_tags(self.place)
        for tag in tags:
            folder = campaign_folder(self.place.repository(), tag)
            if order_stop(folder, OWNER) is not None:
                self.say(f"the campaign {tag} still runs after a kill: it ends now")
                while holder(folder) is not None:  # noqa: ASYNC110  # another process, which tells nobody
                    await anyio.sleep(self.request.look_s)
        if tags and (state := state_of(self.place, tags[0])) is not None:
            self._carry = (tags[0], open_in(state))


def _entry_words(entry: Block | Withdrawal) -> str:
    if isinstance(entry, Block):
        by = f"by {entry.submitter[:SHORT]}: {printable(entry.hypothesis, SHOWN)}"
        return f"a block, better by {entry.gain:.4g}, {by}"
    return f"block {entry.block} is withdrawn: {printable(entry.why, SHOWN)}"


def _what_then(state: State) -> str:
    """What comes after a campaign that ended by itself."""
    reason = state.stopped.ending.reason if state.stopped else None
    if reason is EndReason.BUDGET:
        return "; this run has nothing left to search with, and waits for verdicts: give the next run more"
    return "" if reason is EndReason.SESSION else "; the next entry of the chain begins a new one"
