"""Joining a hub: its card and chain are fetched and checked, a person sees what would run, and only then is a folder made."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.pool.chain import Block, Chain, entry_digest
from overnight.pool.evidence import check_receipts
from overnight.pool.keys import SHORT
from overnight.pool.messages import Card
from overnight.pool.work.asked import Taken, program_text, take
from overnight.pool.work.client import Hub, HubAddress
from overnight.pool.work.joined import ChainCopy, Joined, agreement, write_joined
from overnight.pool.work.place import Place, make_place, remove_place, write_program
from overnight.pool.work.settings import WorkSettings
from overnight.pool.work.syncing import fetch_chain, write_chain
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration, size_text

COMMAND = 500  # characters of a command that are shown
SHOWN = 200
FINDINGS = 5  # receipts that do not hold, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a hub asks this machine to run."""

    address: HubAddress
    card: Card
    chain: Chain
    taken: Taken
    settings: WorkSettings

    @property
    def folder_name(self) -> str:
        """Of a folder for it."""
        name = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "-" for each in self.card.project)
        return name.strip("-")[:40] or "project"


async def look(address: HubAddress, settings: WorkSettings) -> Offer:
    """Fetch and check all that a person has to see; nothing is written.

    Raises:
        BadHub, HubAway: the hub is none, or does not answer.
        HubRefused: it asks for what no worker does.
    """
    async with Hub(address) as hub:
        card = await hub.card()
        chain = await fetch_chain(hub, card)
    return Offer(address=address, card=card, chain=chain, taken=take(chain.genesis, settings.caps), settings=settings)


def offer_words(offer: Offer) -> str:
    """What would run, and what not, for a person who decides."""
    chain, program = offer.chain, offer.taken.program
    blocks = sum(isinstance(each, Block) for each in chain.entries)
    size = sum(each.size for each in chain.tree.values())
    lines = [
        f"hub       {offer.address.url}",
        f"its key   {offer.card.hub}",
        f"project   {printable(offer.card.project, SHOWN)}: {printable(program.metric.name, SHOWN)},"
        f" {program.metric.direction}",
        f"chain     {counted(blocks, 'block')}, all signed by that key; {counted(len(chain.tree), 'file')}, {size_text(size)}",
        *_receipt_lines(chain),
        "",
        *command_lines(offer.taken),
        f"It would change   {printable(', '.join(program.editable), SHOWN)}",
        "It sends the hub  what your own gate keeps: the changed files, one line about them, your worker's key",
    ]
    if offer.card.paused:
        lines.append(f"The hub accepts nothing now: {printable(offer.card.paused, SHOWN)}")
    return "\n".join(lines)


def command_lines(taken: Taken) -> Sequence[str]:
    """What would run, and within which limits."""
    program, limits = taken.program, taken.program.limits
    commands = [
        *((name, command) for name in ("measure", "prepare", "produce", "score") if (command := getattr(program, name))),
        *(("check", command) for command in program.checks),
    ]
    return [
        "It would run these commands here, in a jail: no network, no file of yours, nothing of your environment.",
        *(f"  {name:8} {printable(command, COMMAND)}" for name, command in commands),
        f"  limits   {duration(limits.wall_s)} a trial, {size_text(limits.memory_bytes)} of memory,"
        f" {counted(limits.cpus, 'core')}, {size_text(limits.disk_bytes)} of disk",
        *(f"  note     {note}" for note in taken.notes),
    ]


def _receipt_lines(chain: Chain) -> Sequence[str]:
    """What is wrong with the receipts of the chain: a hub that invents values can write better ones."""
    try:
        wrong = [each for each in check_receipts(chain) if each.holds is False]
    except (ValueError, ArithmeticError) as error:
        return [f"warning   a receipt cannot be checked: {printable(str(error), SHOWN)}"]
    return [f"warning   {printable(f'{each.what}: {each.detail}', SHOWN)}" for each in wrong[:FINDINGS]]


async def join(offer: Offer, top: Path, *, invitation: str = "", fetched: Callable[[], None] = lambda: None) -> Place:
    """Make the folder, with everything fetched and checked; nothing is left of it if that fails.

    `fetched` is called for each file that came.

    Raises:
        BadHub, HubAway: a file is not what the chain says, or does not come.
        UserError: something is in the place of the folder.
    """
    place = make_place(top)
    try:
        async with Hub(HubAddress(url=offer.address.url, key=offer.card.hub)) as hub:
            await write_chain(hub, place, offer.chain, offer.taken.program, fetched=fetched)
        genesis = offer.chain.genesis
        write_program(place, program_text(offer.taken, genesis, offer.settings.researchers, {}))
        digest = entry_digest(genesis)
        write_joined(
            place,
            Joined(
                url=offer.address.url,
                hub=offer.card.hub,
                project=offer.card.project,
                genesis=digest,
                caps=offer.settings.caps,
                agreed=agreement(genesis.front, digest),
                invitation=invitation,
            ),
        )
    except BaseException:
        with suppress(OSError):
            remove_place(top)
        raise
    return place


def agreed(joined: Joined, copy: ChainCopy) -> Taken:
    """What a person agreed to run.

    Raises:
        UserError: what is in the folder is something else.
    """
    genesis = copy.chain.genesis
    digest = entry_digest(genesis)
    if digest != joined.genesis or genesis.hub != joined.hub or agreement(genesis.front, digest) != joined.agreed:
        what = f"the program of {printable(joined.project, SHOWN)} is not the one that you agreed to"
        raise UserError(what, fix=f"look at it and agree: overnight work join {joined.url} NEW_DIR")
    return take(genesis, joined.caps)


def short(key: str) -> str:
    """A key as people are shown it."""
    return key[:SHORT]
