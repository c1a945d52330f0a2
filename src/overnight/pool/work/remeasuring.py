"""Measures a block of a chain again, on this machine: its parent against it, in interleaved pairs of fresh trials in the jail.

A hub is a stranger: what its program may run here is what `work/asked.py` takes of it, within the owner's limits. The two trees
are written into a folder that is deleted afterwards, whatever happens.

Does not cover: code that behaves well only where it recognises who runs it, such as by the place of its folder.
"""

from collections.abc import Callable
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.files.own import make_folder
from overnight.files.private_folder import private_folder
from overnight.files.state_folder import state_folder
from overnight.gate.audit import PAIRS, PAIRS_EXACT
from overnight.pool.chain import Block, Chain, Withdrawal
from overnight.pool.changes import Tree, whole
from overnight.pool.keys import SHORT
from overnight.pool.work.asked import Taken, take
from overnight.pool.work.claims import Agreement, Claim, Remeasured, is_exact, judge
from overnight.pool.work.client import BadHub
from overnight.pool.work.contents import contents_of
from overnight.pool.work.copies import Copy
from overnight.pool.work.joined import FOLDER, check_entry
from overnight.pool.work.joining import command_lines
from overnight.pool.work.place import Place, add_files, check_names, make_place, move_branch
from overnight.pool.work.settings import Caps
from overnight.pool.work.store import Blobs
from overnight.pool.work.syncing import LARGEST_TREE
from overnight.research.findings import RerunPair
from overnight.research.loop.recheck import FreshPair, Recheck
from overnight.research.wiring import SessionRequest, remeasuring
from overnight.words.foreign import printable
from overnight.words.quantities import size_text

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A block that is to be measured again, and what that would run."""

    copy: Copy
    block: Block
    before: Tree  # its parent's
    taken: Taken

    def offer(self) -> str:
        """What would run, for a person who decides."""
        block = self.block
        return "\n".join(
            [
                f"block     {block.number} by {block.submitter[:SHORT]}: {printable(block.hypothesis, SHOWN)}",
                f"metric    {printable(self.taken.program.metric.name, SHOWN)}, {self.taken.program.metric.direction}",
                "",
                *command_lines(self.taken),
            ]
        )


def find_subject(copy: Copy, number: int | None, caps: Caps) -> Subject:
    """The block of a number, by default the newest one that counts.

    Raises:
        BadHub: an entry up to it changes what decides what runs, or is too large.
        HubRefused: the program asks for what no worker gives.
        UserError: there is no such block, or nothing of it is public.
    """
    block = _chosen(copy.chain, number)
    taken = take(copy.chain.genesis, caps)
    chain = Chain.begin(copy.chain.genesis)
    check_names(chain.tree)
    before = chain.tree
    for entry in copy.chain.entries[: block.number]:
        before = chain.tree
        chain.add(entry)
        check_entry(chain, entry, taken.program)
    if not block.changes:
        raise UserError(f"block {block.number} changes no public file", fix="choose another: nothing of it can run here")
    total = sum(each.size for each in (*before.values(), *chain.tree.values()))
    if total > 2 * LARGEST_TREE:
        raise BadHub(f"the trees have {size_text(total)}; {size_text(2 * LARGEST_TREE)} are allowed")
    return Subject(copy=copy, block=block, before=before, taken=taken)


def _chosen(chain: Chain, number: int | None) -> Block:
    gone = {each.block for each in chain.entries if isinstance(each, Withdrawal)}
    blocks = [each for each in chain.entries if isinstance(each, Block)]
    if number is None:
        blocks = [each for each in blocks if each.number not in gone][-1:]
    found = next((each for each in blocks if number in (None, each.number)), None)
    if found is None:
        what = "there is no block that counts" if number is None else f"entry {number} is no block of this chain"
        raise UserError(what, fix="see the entries: overnight hub verify-chain SOURCE")
    return found


async def remeasure(subject: Subject, pairs: int | None, seen: Callable[[int, int], None]) -> Remeasured:
    """Measure a block again; `seen` hears how many of how many pairs there are. Nothing is left of it, however it ends.

    `pairs`: by default what an interval needs, or few where no seed changes a value.

    Raises:
        BadHub, HubAway: a content is not that of its digest, or does not come.
        UserError: this machine cannot run it.
    """
    block, program = subject.block, subject.taken.program
    parent = state_folder() / FOLDER
    make_folder(parent)
    with private_folder(parent, "work") as folder:  # a name that a job sees, as in any search
        place = make_place(folder / "project")
        before, after = await _written(subject, place)
        with remeasuring(place.repository(), program, before, SessionRequest()) as recheck:
            refused = await _checks(recheck, before=before, after=after)
            found = [] if refused else await _pairs(recheck, subject, (before, after), pairs, seen)
    claim = Claim.of(block, program)
    estimate, agreement, reason = (None, *refused) if refused else judge(claim, program, found, cut=bool(subject.taken.notes))
    return Remeasured(
        block=block.number,
        submitter=block.submitter,
        claimed=claim.gain,
        claimed_low=claim.low,
        claimed_high=claim.high,
        estimate=estimate,
        agreement=agreement,
        reason=printable(reason, SHOWN),
        pairs=tuple(RerunPair(seed=each.seed, before=each.before.value, after=each.after.value) for each in found),
        not_covered=_not_covered(subject),
    )


async def _written(subject: Subject, place: Place) -> tuple[str, str]:
    """The commits of the block's parent and of the block, in a place of their own."""
    block = subject.block
    files = whole(subject.before.values())
    async with contents_of(subject.copy) as fetch:
        with Blobs(place.git) as blobs:
            await blobs.of(fetch, files)
            oids = await blobs.of(fetch, block.changes)
    before = add_files(place, "", files, oids, number=block.number - 1, message="the parent")
    after = add_files(place, before, block.changes, oids, number=block.number, message="the block")
    move_branch(place, after, ())
    return before, after


async def _checks(recheck: Recheck, *, before: str, after: str) -> tuple[Agreement, str] | None:
    """What a check that fails says; None: all hold."""
    async with recheck.slots.lease() as place:
        failed = await recheck.trials.checks(after, place.slot)
        if failed is None:
            return None
        if await recheck.trials.checks(before, place.slot) is not None:
            return Agreement.UNKNOWN, f"{failed}; so does its parent here"
    return Agreement.DIFFERS, str(failed)


async def _pairs(
    recheck: Recheck, subject: Subject, commits: tuple[str, str], pairs: int | None, seen: Callable[[int, int], None]
) -> list[FreshPair]:
    """As many as were asked for; fewer if one fails, or if they are equal whatever the seed."""
    found: list[FreshPair] = []
    total = pairs or PAIRS
    seen(0, total)
    for index in range(total):
        pair = await recheck.pair(subject.block.number, index, before=commits[0], after=commits[1])
        found.append(pair)
        seen(len(found), total)
        if pair.before.value is None or pair.after.value is None:
            break
        if pairs is None and len(found) == PAIRS_EXACT and is_exact(found):
            break
    return found


def _not_covered(subject: Subject) -> tuple[str, ...]:
    genesis, program = subject.copy.chain.genesis, subject.taken.program
    lines = ["the hub's own measure, if it reads hidden files: these are the public commands"]
    if genesis.holdouts:
        lines.append("the holdout, whose answers are never published")
    if program.measures_time:
        lines.append(f"time on the hub's machine ({printable(genesis.machine, SHOWN) or 'not named'}): it is another one")
    return (*lines, *(f"trials as large as the hub's: {note}" for note in subject.taken.notes))
