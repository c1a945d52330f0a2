"""Follows a hub's chain: new entries are fetched, checked and written down; another chain than ours stops everything."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from overnight.errors import UserError
from overnight.pool.chain import (
    BadChain,
    Block,
    Chain,
    Genesis,
    Withdrawal,
    entry_digest,
    fork_between,
    read_entry,
)
from overnight.pool.changes import whole
from overnight.pool.messages import Card
from overnight.pool.work.client import LARGEST_FILE, BadHub, Hub, HubAway
from overnight.pool.work.joined import (
    LARGEST_CHAIN,
    MOST_ENTRIES,
    ChainCopy,
    Joined,
    check_entry,
    keep_entry,
    keep_fork,
)
from overnight.pool.work.place import Place, add_files, check_names, move_branch, write_checkout
from overnight.pool.work.store import Blobs
from overnight.program.program import Program
from overnight.words.foreign import printable

SYNC_S = 1800.0  # for all new entries and files together
LARGEST_TREE = 1024**3  # bytes of all files of a public tree together
SHOWN = 100


class Forked(UserError):  # noqa: N818  # a state
    """The hub shows another chain than it did, or opened anew; nothing goes on by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a look at the hub found."""

    card: Card
    new: Sequence[Block | Withdrawal]
    notes: Sequence[str] = ()  # what a person should know of their checkout


async def fetch_chain(hub: Hub, card: Card) -> Chain:
    """The whole chain of a hub, checked against its card.

    Raises:
        BadHub: it does not hold, or is too large.
        HubAway: the hub does not answer in time.
    """
    chain: Chain | None = None
    with _in_time():
        async for entry in _entries(hub, card, after=-1):
            try:
                if chain is None:
                    if not isinstance(entry, Genesis):
                        raise BadChain("it does not begin with a genesis")
                    chain = Chain.begin(entry)
                elif isinstance(entry, Genesis):
                    raise BadChain("it has a second genesis")
                else:
                    chain.add(entry)
            except (ValueError, RecursionError) as bad:
                raise BadHub(f"the hub's chain does not hold: {bad}") from bad
    if chain is None:
        raise BadHub("the hub shows no chain")
    if (chain.genesis.hub, chain.genesis.project) != (card.hub, card.project) or entry_digest(chain.genesis) != card.genesis:
        raise BadHub("the hub's chain is not that of its card")
    if chain.number == card.length and chain.head != card.head:
        raise BadHub("the hub's chain ends in another entry than its card says")
    check_size(chain.genesis)
    check_names(chain.tree)
    return chain


def check_size(genesis: Genesis) -> None:
    """Check that a public tree fits on this machine.

    Raises:
        BadHub: it does not.
    """
    total = sum(each.size for each in genesis.files)
    if total > LARGEST_TREE:
        raise BadHub(f"the public tree has {total:,} bytes; {LARGEST_TREE:,} are allowed")
    for each in genesis.files:
        if each.size > LARGEST_FILE:
            path = printable(each.path, SHOWN)
            raise BadHub(f"`{path}` of the public tree has {each.size:,} bytes; {LARGEST_FILE:,} are allowed")


async def write_chain(
    hub: Hub, place: Place, chain: Chain, program: Program, *, fetched: Callable[[], None] = lambda: None
) -> ChainCopy:
    """Write a chain that was fetched into an empty place, file by file; raises as `fetch_chain`.

    `fetched` is called for each file that came.
    """
    copy = ChainCopy(Chain.begin(chain.genesis))
    with _in_time(), Blobs(place.git, fetched) as blobs:
        follower = _Follower(hub=hub, place=place, copy=copy, program=program, blobs=blobs)
        await follower.begin()
        for entry in chain.entries:
            await follower.take(entry)
    move_branch(place, copy.head, copy.commits)
    write_checkout(place, copy.chain.tree, copy.chain.tree, copy.digests())
    return copy


async def sync(hub: Hub, place: Place, joined: Joined, copy: ChainCopy, program: Program) -> Synced:
    """Bring our copy to where the hub's chain is.

    Raises:
        Forked: the hub shows another chain.
        BadHub: what it shows is no chain.
        HubAway: it does not answer.
    """
    card = await hub.card()
    if card.project != joined.project or card.genesis != joined.genesis:
        fix = f"to see what would run now, and to agree: overnight work join {joined.url} NEW_DIR"
        raise Forked(f"the hub of {place.top} opened anew, with another program or tree; nothing runs until you agree", fix=fix)
    chain = copy.chain
    if card.length < chain.number or (card.length == chain.number and card.head != chain.head):
        await _differs(hub, place, copy, card)
    new: list[Block | Withdrawal] = []
    if card.length > chain.number:
        with _in_time(), Blobs(place.git) as blobs:
            follower = _Follower(hub=hub, place=place, copy=copy, program=program, blobs=blobs)
            async for entry in _entries(hub, card, after=chain.number):
                if isinstance(entry, Genesis) or entry.previous != chain.head:
                    await _differs(hub, place, copy, card)
                    raise BadHub("the hub's chain does not follow from the one that it showed before")
                await follower.take(entry)
                new.append(entry)
    return Synced(card=card, new=new, notes=settle(place, copy, new) if new else ())


def settle(place: Place, copy: ChainCopy, new: Sequence[Block | Withdrawal] | None = None) -> Sequence[str]:
    """Bring branch and checkout to the newest entry; what a person should know. None: whatever a kill may have left."""
    tree, known = copy.chain.tree, copy.digests()
    kept = move_branch(place, copy.head, copy.commits)
    paths = known if new is None else {each.path for entry in new for each in entry.changes}
    left = write_checkout(place, paths, tree, known)
    notes = [f"your commits on the branch `chain` are in the branch `{kept}` now"] if kept else []
    return [*notes, *(f"`{printable(path, SHOWN)}` in {place.top} is as you changed it" for path in left[:3])]


@dataclass(slots=True, kw_only=True)
class _Follower:
    """Takes entries into a copy, one by one."""

    hub: Hub
    place: Place
    copy: ChainCopy
    program: Program
    blobs: Blobs

    async def begin(self) -> None:
        """Write the public tree down."""
        genesis = self.copy.chain.genesis
        changes = whole(genesis.files)
        oids = await self.blobs.of(self.hub.file, changes)
        subject = f"{genesis.project}: the public tree"
        self._keep(genesis, add_files(self.place, "", changes, oids, number=0, message=subject))

    async def take(self, entry: Block | Withdrawal) -> None:
        """Check an entry, fetch what it brings, and keep it; the copy stays as it was if it does not hold."""
        chain = self.copy.chain
        before = chain.tree
        try:
            chain.add(entry)
        except (ValueError, RecursionError) as bad:
            raise BadHub(f"the hub's chain does not hold: {bad}") from bad
        try:
            check_entry(chain, entry, self.program)
            oids = await self.blobs.of(self.hub.file, entry.changes)
            commit = add_files(self.place, self.copy.head, entry.changes, oids, number=entry.number, message=_subject(entry))
            self._keep(entry, commit)
        except BaseException:
            chain.entries.pop()
            chain.tree, chain.head = before, entry.previous
            raise

    def _keep(self, entry: Genesis | Block | Withdrawal, commit: str) -> None:
        keep_entry(self.place, entry, commit)
        self.copy.commits.append(commit)


def _subject(entry: Block | Withdrawal) -> str:
    if isinstance(entry, Block):
        return f"block {entry.number}: {entry.hypothesis}"
    return f"withdrawal of block {entry.block}"


async def _differs(hub: Hub, place: Place, copy: ChainCopy, card: Card) -> None:
    """Find how the hub's chain differs from ours, and say so."""
    theirs = await fetch_chain(hub, card)
    entries = [theirs.genesis, *theirs.entries]
    at = fork_between(copy.entries(), entries)
    if at is not None:
        path = keep_fork(place, entries)
        what = f"the hub shows two chains: both have an entry {at} with its signature, and they differ"
        raise Forked(what, fix=f"tell others, and show them both: {place.work / 'chain.jsonl'} and {path}")
    if theirs.number < copy.chain.number:
        what = f"the hub's chain went back from entry {copy.chain.number} to {theirs.number}"
        raise Forked(what, fix=f"ask its founder; what it had published is in {place.work / 'chain.jsonl'}")


async def _entries(hub: Hub, card: Card, *, after: int) -> AsyncIterator[Genesis | Block | Withdrawal]:
    """The hub's entries after a number, up to where its card says that the chain ends."""
    if card.length > MOST_ENTRIES:
        raise BadHub(f"the hub's chain has {card.length:,} entries; {MOST_ENTRIES:,} are allowed")
    size = 0
    while after < card.length:
        texts = await hub.entries(after)
        if not texts:
            raise BadHub(f"the hub's chain ends after entry {after}, and its card says {card.length}")
        for text in texts:
            size += len(text)
            if size > LARGEST_CHAIN:
                raise BadHub(f"the hub's chain has more than {LARGEST_CHAIN:,} bytes")
            try:
                entry = read_entry(text)
            except (ValueError, RecursionError) as error:
                raise BadHub(f"what follows entry {after} of the hub's chain is no entry") from error
            if entry.number != after + 1:
                raise BadHub(f"entry {entry.number} follows entry {after} of the hub's chain")
            after = entry.number
            if after > card.length:  # it grew meanwhile: next time
                return
            yield entry


@contextmanager
def _in_time() -> Iterator[None]:
    """A bound on all of it."""
    try:
        with anyio.fail_after(SYNC_S):
            yield
    except TimeoutError as error:
        raise HubAway(f"the hub's chain did not come within {SYNC_S:g} s") from error
