"""Searches on the newest entry of a chain: a campaign for each, in a process of its own; what it keeps is sent at once.

When the chain moves, the campaign ends in good order, what it had open goes on in the next one, and what it kept is sent on top
of the new entry. A kill loses nothing: the campaign has its ledger, the outbox is on disk, and the next search goes on.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import Process

from overnight.errors import LedgerBusy, UserError
from overnight.files.folders import closing_descriptor
from overnight.files.own import open_own
from overnight.jobs.log import bound_log, last_words
from overnight.jobs.tied import tied
from overnight.ledger.lock import hold, holder
from overnight.pool.work.asked import Taken, program_text
from overnight.pool.work.carrying import carried
from overnight.pool.work.client import HubAway
from overnight.pool.work.idle import Others
from overnight.pool.work.joined import ChainCopy
from overnight.pool.work.outbox import Sending
from overnight.pool.work.place import BRANCH, Place, write_program
from overnight.pool.work.submitting import Sender
from overnight.pool.work.syncing import settle, sync
from overnight.research.places.campaigns import campaign_folder, tags_by_session
from overnight.research.reading import reading
from overnight.research.record.ordering import OWNER, order_stop
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.research.views.session import session_words
from overnight.words.foreign import printable

TAG = "chain-"  # that the tags of its campaigns begin with, before the number of the entry
LOG = "search.log"
HOUR_S = 3600.0
POLL_S = 30.0  # between two looks at the hub
LOOK_S = 2.0  # between two looks at the campaign
BUSY_CORES = 1.0  # that others use
QUIET_LOOKS = 5  # in a row, before a search begins on a machine that was busy
LEFT_OUT = frozenset({"OVERNIGHT_PRINCIPAL", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})  # the starter's alone
_RUN = ("-P", "-m", "overnight", "run", "--tag")  # -P: no module of the folder that it starts in is imported
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


@dataclass(slots=True)
class _Session:
    """A campaign that runs."""

    number: int  # of the entry that it searches on
    process: Process
    log_from: int  # bytes of the log before it
    ended: anyio.Event = field(default_factory=anyio.Event)
    asked: bool = False  # to end

    @property
    def tag(self) -> str:
        """Of the campaign."""
        return f"{TAG}{self.number}"


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
    _session: _Session | None = field(default=None, init=False)
    _exhausted: int = field(default=-1, init=False)  # the entry on which nobody has an idea left
    _carry: tuple[str, Sequence[tuple[str, str]]] = field(default=("", ()), init=False)  # tag; what it had open
    _spent: dict[str, tuple[int, float]] = field(default_factory=dict, init=False)  # tokens and USD of each tag, before us
    _others: Others = field(default_factory=Others, init=False)
    _quiet: int = field(default=QUIET_LOOKS, init=False)
    _away: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Search.

        Raises:
            Forked, BadHub: the hub cannot be trusted; nothing runs any more.
            UserError: the campaign cannot run.
        """
        until = time.monotonic() + self.request.hours * HOUR_S
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
            with suppress(ProcessLookupError):
                self._session.process.send_signal(signal.SIGINT)
                self._session.process.send_signal(signal.SIGTERM)

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
                self.show(f"entry {self.copy.chain.number}: waiting")
                with anyio.move_on_after(self.request.look_s):
                    await self.stop.wait()
                if self._exhausted != self.copy.chain.number and self._is_quiet():
                    return
            elif await self._watch(self._session):
                return

    async def _watch(self, session: _Session) -> bool:
        """Look at a running campaign; whether there is something to do at once."""
        with anyio.move_on_after(self.request.look_s):
            await session.ended.wait()
        kept = self._collect(session.tag)
        if session.ended.is_set():
            await self._end_session()
            return True
        if not self._is_quiet():
            self.say("others need this machine: the search waits")
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
                what = "block" if entry.kind == "block" else "withdrawal"
                self.say(f"entry {entry.number} of the chain: a {what}")
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
        self._require_head()
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
        write_program(self.place, program_text(self.taken, self.copy.chain.genesis, researchers, self._budget(tag)))
        log = self.place.work / LOG
        bound_log(log)
        with closing_descriptor(open_own(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)) as file:
            size = os.fstat(file).st_size
            process = await anyio.open_process(
                tied(sys.executable, *_RUN, tag, *self._options(left_s)),
                cwd=self.place.top,
                env={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C in this terminal is for us to pass on
            )
        self._session = _Session(number, process, size)
        self.say(f"searching on entry {number} (campaign {tag})")
        start(_wait, self._session)

    def _options(self, left_s: float) -> Sequence[str]:
        options = ["--plain", "--no-report", "--hours", f"{max(left_s, 1.0) / HOUR_S:.6f}"]
        if self.request.cpus:
            options += ["--slots", str(max(1, self.request.cpus // max(1, self.taken.program.limits.cpus)))]
        return options

    def _budget(self, tag: str) -> Mapping[str, float]:
        """What is left of tokens and money, as a budget of this campaign, which counts what it used in earlier searches."""
        used = {each: self._used(each) for each in {*self._spent, tag}}
        self._spent.setdefault(tag, used[tag])
        now = [sum(used[each][at] - self._spent[each][at] for each in self._spent) for at in (0, 1)]
        budget: dict[str, float] = {}
        if self.request.tokens is not None:
            budget["tokens"] = used[tag][0] + max(0, int(self.request.tokens - now[0]))
        if self.request.cost_usd is not None:
            budget["cost_usd"] = used[tag][1] + max(0.0, self.request.cost_usd - now[1])
        return budget

    def _used(self, tag: str) -> tuple[int, float]:
        state = self._state(tag)
        return (state.tally.tokens, state.tally.cost_usd) if state else (0, 0.0)

    def _state(self, tag: str) -> State | None:
        """The state of a campaign; None if it has none yet."""
        with suppress(UserError), reading(tag, self.place.top) as reader:
            return reader.state()
        return None

    async def _end_session(self) -> None:
        """End the campaign in good order, and see how it ended."""
        session, self._session = self._session, None
        if session is None:
            return
        asked = session.asked
        if not session.ended.is_set():
            asked = True
            with suppress(ProcessLookupError):
                session.process.send_signal(signal.SIGTERM)
            await session.ended.wait()
        self._collect(session.tag)
        state = self._state(session.tag)
        if state:
            self._carry = (session.tag, _open_in(state))
        if asked or self.stop.is_set():
            return
        if session.process.returncode in {0, 1} and state is not None:
            self._exhausted = session.number
            why = state.stopped.ending.detail if state.stopped else "it ended"
            self.say(f"{session.tag} ended: {printable(why, SHOWN)}; the next entry of the chain begins a new one")
            return
        said = last_words(self.place.work / LOG, session.log_from) or "it said nothing"
        raise UserError(f"the search on entry {session.number} ended: {said}", fix=f"see {self.place.work / LOG}")

    def _collect_all(self) -> None:
        for tag in tags_by_session(self.place.top / ".overnight"):
            if tag.startswith(TAG):
                self._collect(tag)

    def _collect(self, tag: str) -> bool:
        """Put what a campaign kept into the outbox; whether that is new."""
        state = self._state(tag)
        if state is None:
            return False
        self.show(f"entry {self.copy.chain.number}: {session_words(state)}")
        return sum(self._put(kept.number, base, kept.commit, kept.hypothesis, tag) for kept, base in _with_bases(state)) > 0

    def _put(self, number: int, base: str, commit: str, hypothesis: str, tag: str) -> bool:
        name = f"{tag}-{number}"
        if self.sender.outbox.get(name) is not None:
            return False
        self.sender.outbox.put(Sending(name=name, at=time.time(), base=base, commit=commit, hypothesis=hypothesis))
        self.say(f"kept: {printable(hypothesis, SHOWN)}")
        return True

    # --- The machine ---

    def _is_quiet(self) -> bool:
        """Whether others leave enough of it, if that was asked for."""
        if not self.request.when_idle:
            return True
        cores = self._others.cores(time.monotonic())
        if cores is not None:
            self._quiet = self._quiet + 1 if cores < BUSY_CORES else 0
        return self._quiet > 0 if self._session is not None else self._quiet >= QUIET_LOOKS

    def _require_head(self) -> None:
        from overnight.git.plumbing import call

        done = call(self.place.git, "symbolic-ref", "--quiet", "HEAD")
        if done.stdout.decode().strip() != BRANCH:
            fix = f"git -C {self.place.top} checkout chain"
            raise UserError(f"the branch `chain` is not checked out in {self.place.top}", fix=fix)

    async def _take_up(self) -> None:
        """Take up what an earlier search left: a campaign that still runs after a kill ends; what it had open is carried."""
        repository = self.place.repository()
        tags = [tag for tag in tags_by_session(repository.overnight) if tag.startswith(TAG)]
        for tag in tags:
            folder = campaign_folder(repository, tag)
            if order_stop(folder, OWNER) is not None:
                self.say(f"the campaign {tag} still runs after a kill: it ends now")
                while holder(folder) is not None:  # noqa: ASYNC110  # another process, which tells nobody
                    await anyio.sleep(self.request.look_s)
        if tags and (state := self._state(tags[0])) is not None:
            self._carry = (tags[0], _open_in(state))


async def _wait(session: _Session) -> None:
    await session.process.wait()
    session.ended.set()


def _open_in(state: State) -> Sequence[tuple[str, str]]:
    """Base and commit of each proposal without a verdict."""
    return [(each.base, each.commit) for each in state.open if each.conclusion is None]


def _with_bases(state: State) -> Iterator[tuple[Kept, str]]:
    """Each kept change with the commit that it was made on."""
    base = state.start
    for kept in state.kept:
        yield kept, base
        base = kept.commit


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Be the only search in a folder.

    Raises:
        UserError: another one runs.
    """
    try:
        with hold(place.work):
            yield
    except LedgerBusy as busy:
        raise UserError(f"a search runs in {place.top} already (process {busy.process or '?'})", fix="stop it first") from busy


def sending_words(sending: Sending) -> str:
    """A change on its way, in a line."""
    number = f"submission {sending.submission}" if sending.submission else sending.name
    block = f" as block {sending.block}" if sending.block is not None else ""
    why = f": {printable(sending.why, SHOWN)}" if sending.why else ""
    code = f" ({printable(sending.code, SHOWN)})" if sending.code else ""
    return f"{number} {sending.state}{block}{code}{why}: {printable(sending.hypothesis, SHOWN)}"
