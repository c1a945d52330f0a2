"""A hub made of the frame's pieces, over HTTP on the loopback; a test may replace its answers by hostile ones."""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from loop_threads import loop_thread
from targets import TRAIN

from overnight.gate.error_budget import level_of
from overnight.gate.stats import log_label_swap
from overnight.gate.trial import Arm
from overnight.git.port import FileChange
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Chain, Genesis, entry_digest, entry_json, signed
from overnight.pool.changes import ChangedFile, FileState, apply, changes_digest, content_digest, received, stated, tree_digest
from overnight.pool.events import Committed, EntryAdded, HubOpened, Judged, Refused, Revealed
from overnight.pool.keys import SecretKey
from overnight.pool.messages import (
    PREFIX,
    Answer,
    Card,
    Commit,
    NonceAnswer,
    Refusal,
    Reveal,
    Signed,
    commitment,
    dump,
    is_genuine,
    read,
    sign_card,
)
from overnight.pool.record.record import HubRecord
from overnight.program.program import Direction
from overnight.research.changes.scope import MAX_TOTAL_BYTES
from overnight.research.receipts.proof import write_receipt
from overnight.research.receipts.receipt import RawPair, Receipt

T = TypeVar("T")
ZERO = "0" * 64
FRONT: dict[str, Any] = {
    "metric": {"name": "loss", "direction": "minimize"},
    "measure": "python train.py {seed}",
    "editable": ["train.py"],
    "limits": {"wall": "10s", "memory": "500MB", "cpus": 1, "disk": "100MB"},
}
FILES = {"train.py": TRAIN.replace("NOISE", "0.0").encode(), "README.md": b"A small loss\n"}
Handler = Callable[[web.Request], Coroutine[None, None, web.StreamResponse]]


def genesis_of(key: SecretKey, front: dict[str, Any], files: dict[str, bytes], *, body: str = "") -> Genesis:
    """A signed genesis."""
    states = tuple(
        FileState(path=path, size=len(content), digest=content_digest(content)) for path, content in sorted(files.items())
    )
    made = signed(Genesis(hub=key.public, project="a small loss", at=1e9, front=front, body=body, files=states, full=ZERO), key)
    assert isinstance(made, Genesis)
    return made


def claimed(values: Sequence[tuple[float, float]]) -> Receipt:
    """A receipt with these values of parent and block, whose arithmetic is right, whether they were measured or not."""
    gains = [before - after for before, after in values]
    return Receipt(
        version="0",
        campaign="pool",
        experiment=1,
        sandbox="jail",
        start=ZERO[:40],
        base=ZERO[:40],
        commit=ZERO[:40],
        tree=ZERO,
        program=ZERO,
        metric="loss",
        direction=Direction.MINIMIZE,
        min_effect=None,
        error_rate=0.05,
        keeps=0,
        test=1,
        level=level_of(0.05, test=1, keeps=0, expensive=False),
        pairs=tuple(
            RawPair(index=at, seed=at, first=Arm.BASELINE, baseline=before, candidate=after)
            for at, (before, after) in enumerate(values)
        ),
        log_e=log_label_swap(gains),
        gain=sum(gains) / len(gains),
        confidence=0.95,
        holdout_gain=None,
        verdict_hash=ZERO,
    )


class TestHub:
    """A hub that judges when the test says so."""

    __test__ = False

    def __init__(
        self, folder: Path, *, front: dict[str, Any] | None = None, files: dict[str, bytes] | None = None, body: str = ""
    ) -> None:
        self.key = SecretKey(secrets.token_bytes(32))
        self.files = files or FILES
        self.contents = {content_digest(each): each for each in self.files.values()}
        genesis = genesis_of(self.key, FRONT if front is None else front, self.files, body=body)
        self.chain = Chain.begin(genesis)
        self.folder = folder
        self.record: HubRecord
        self.texts = [canonical(entry_json(genesis)).decode()]
        self.nonces: set[str] = set()
        self.hostile: dict[str, Handler] = {}  # by the first part of the path
        self.asked: list[str] = []
        self.edits_card: Callable[[Card], Card] = lambda card: card
        self.accepts_at_once = False
        self.paused = ""
        self.loop: asyncio.AbstractEventLoop
        self.url = ""

    # --- What it does, each in the thread of the hub ---

    def open(self) -> None:
        """Begin the record."""
        self.record = HubRecord(self.folder, make=True)
        self.record.append(HubOpened(start="0" * 40, entry=self.texts[0], tag="hub", salt=ZERO, secret=ZERO))

    def card(self) -> Card:
        """As it is now."""
        card = Card(
            hub=self.key.public,
            project=self.chain.genesis.project,
            genesis=entry_digest(self.chain.genesis),
            length=self.chain.number,
            head=self.chain.head,
            paused=self.paused,
        )
        return sign_card(self.edits_card(card), self.key)

    def add(
        self,
        changes: Sequence[FileChange],
        *,
        submission: int = 0,
        submitter: str = ZERO,
        claims: Receipt | None = None,
        further: int = 0,
    ) -> Block:
        """A block with these changes, what it claims of them, and how many further pairs it gets."""
        stateds = tuple(map(stated, changes))
        self.contents |= {content_digest(each.content): each.content for each in changes if each.content is not None}
        block = self.block(stateds, submission=submission, submitter=submitter, claims=claims)
        self.chain.add(block)
        self.texts.append(canonical(entry_json(block)).decode())
        entry = self.texts[-1]
        self.record.append(
            EntryAdded(commit="0" * 40, number=block.number, entry=entry, submission=submission, further=further)
        )
        return block

    def block(
        self,
        changes: tuple[ChangedFile, ...],
        *,
        submission: int = 0,
        submitter: str = ZERO,
        at: float = 2e9,
        claims: Receipt | None = None,
    ) -> Block:
        """A signed block on top of the newest entry."""
        made = signed(
            Block(
                number=self.chain.number + 1,
                previous=self.chain.head,
                at=at,
                submission=submission,
                submitter=submitter,
                hypothesis="better",
                changes=changes,
                tree=tree_digest(apply(self.chain.tree, changes)),
                full=ZERO,
                receipt=write_receipt(claims) if claims else "{}",
                holdout=ZERO,
                gain=1.0 if claims is None else claims.gain or 0.0,
                seconds=1.0,
            ),
            self.key,
        )
        assert isinstance(made, Block)
        return made

    def accept(self, number: int) -> Block:
        """Judge a submission, and add it to the chain."""
        found = self.record.submission(number)
        assert found is not None
        self.record.append(Judged(submission=number, accepted=True, seconds=1.0))
        return self.add(self.record.changes(number), submission=number, submitter=found.key)

    def take(self, request: Signed) -> Answer | Refusal:
        """What the desk does, without its quotas."""
        if not is_genuine(request) or request.hub != self.key.public or request.nonce not in self.nonces:
            return Refusal(code="signature", why="not genuine")
        if self.record.is_used(request.nonce):
            return Refusal(code="nonce", why="used")
        body = request.body
        if isinstance(body, Commit):
            return self._commit(request, body)
        return self._reveal(request, body)

    def _commit(self, request: Signed, body: Commit) -> Answer | Refusal:
        if before := self.record.submission_with(body.commitment):  # sent again, as its answer was lost
            return Answer(submission=before.number, state="committed")
        if body.parent != self.chain.head:
            return Refusal(code="stale", why="the chain has moved")
        number = self.record.append(
            Committed(key=request.key, parent=body.parent, commitment=body.commitment, nonce=request.nonce)
        )
        return Answer(submission=number, state="committed")

    def _reveal(self, request: Signed, body: Reveal) -> Answer | Refusal:
        found = self.record.submission(body.submission)
        if found is None or found.state != "committed" or found.key != request.key:
            return Refusal(code="unknown", why="nothing to reveal")
        changes = received(body.files, most_bytes=MAX_TOTAL_BYTES)
        digest = changes_digest(found.parent, [stated(each) for each in changes])
        if commitment(salt=body.salt, digest=digest, key=request.key) != found.commitment:
            return Refusal(code="other", why="this is not what was committed to")
        self.record.append(
            Revealed(
                submission=body.submission,
                digest=digest,
                files=tuple(map(stated, changes)),
                hypothesis=body.hypothesis,
                nonce=request.nonce,
            ),
            contents=[each.content for each in changes if each.content is not None],
        )
        if self.accepts_at_once:
            if found.parent == self.chain.head:
                self.accept(body.submission)
            else:
                self.record.append(Refused(submission=body.submission, code="conflict", why="it conflicts"))
        return self.answer(body.submission) or Refusal(code="unknown", why="gone")

    def answer(self, number: int) -> Answer | None:
        """How a submission stands."""
        found = self.record.submission(number)
        if found is None:
            return None
        if found.state == "judged":
            block = self.record.entry_of(number)
            return Answer(submission=number, state="accepted" if found.accepted else "not accepted", block=block)
        return Answer(
            submission=number,
            state={"committed": "committed", "queued": "queued"}.get(found.state, "refused"),  # type: ignore[arg-type]  # as above
            code=found.code,
            why=found.why,
        )

    # --- Over HTTP ---

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        path = request.path.removeprefix(f"{PREFIX}/")
        self.asked.append(f"{request.method} {path}")
        what, _, rest = path.partition("/")
        if what in self.hostile:
            return await self.hostile[what](request)
        match request.method, what:
            case "GET", "hub":
                return web.json_response(dump(self.card()))
            case "GET", "entries":
                after = int(request.query["after"])
                return web.json_response(self.texts[after + 1 : after + 501])
            case "GET", "files" if rest in self.contents:
                return web.Response(body=self.contents[rest])
            case "POST", "nonces":
                nonce = secrets.token_bytes(16).hex()
                self.nonces.add(nonce)
                return web.json_response(dump(NonceAnswer(nonce=nonce)))
            case "POST", "requests":
                return web.json_response(dump(self.take(read(Signed, await request.read()))))
            case "GET", "submissions" if (found := self.record.submission_with(rest)) is not None:
                return web.json_response(dump(self.answer(found.number)))
        return web.Response(status=404, text="not there")

    def do(self, call: Callable[[], T]) -> T:
        """Call something in the thread of the hub."""
        done: Future[T] = Future()

        def carry_out() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # noqa: BLE001  # it is the caller's
                done.set_exception(error)

        self.loop.call_soon_threadsafe(carry_out)
        return done.result()


@contextmanager
def serving(hub: TestHub) -> Iterator[TestHub]:
    """Serve a hub on a free port."""
    runner: list[web.AppRunner] = []

    async def begin() -> None:
        hub.open()
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_route("*", "/{path:.*}", hub.handle)
        runner.append(web.AppRunner(application, shutdown_timeout=0.1))
        await runner[0].setup()
        site = web.TCPSite(runner[0], "127.0.0.1", 0)
        await site.start()
        hub.url = f"http://127.0.0.1:{runner[0].addresses[0][1]}"

    with loop_thread() as hub.loop:
        asyncio.run_coroutine_threadsafe(begin(), hub.loop).result()
        try:
            yield hub
        finally:
            asyncio.run_coroutine_threadsafe(runner[0].cleanup(), hub.loop).result()
            hub.do(hub.record.store.close)


def changed(**files: str) -> Sequence[FileChange]:
    """New contents of files, whose dots are written as `_dot_`."""
    return [FileChange(path=name.replace("_dot_", "."), content=text.encode()) for name, text in files.items()]


def json_body(value: object) -> Handler:
    """A handler that answers with this JSON."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=json.dumps(value).encode(), content_type="application/json")

    return answer
