"""What a worker agreed to, and its copy of the chain, in its folder; and the list of all such folders of this machine."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from overnight.errors import UserError
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import claim_folder, make_folder, open_own, read_own
from overnight.files.state_folder import state_folder
from overnight.pool.canonical import canonical, digest_of
from overnight.pool.chain import BadChain, Block, Chain, Genesis, Withdrawal, entry_json, read_entry
from overnight.pool.changes import STRICT
from overnight.pool.keys import SecretKey, own_key
from overnight.pool.work.client import BadHub, HubAddress
from overnight.pool.work.place import Place, append_own, check_names, read_lines, write_own
from overnight.pool.work.settings import Caps
from overnight.program.program import PROGRAM, Program
from overnight.program.scope import matches
from overnight.words.foreign import printable

JOINED, CHAIN, FORK = "joined.json", "chain.jsonl", "fork.jsonl"
LARGEST_JOINED = 100_000  # bytes
LARGEST_CHAIN = 512 * 1024**2  # bytes of a whole chain
MOST_ENTRIES = 20_000
FOLDER, KEY, PLACES = "pool", "worker.key", "joined.json"  # in the state folder
MOST_PLACES = 1000
SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a person agreed to."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    url: str
    hub: str  # its key
    project: str
    genesis: str  # digest of what it opened with
    caps: Caps = field(default_factory=Caps)  # they stay as they were: old and new trials must be comparable
    agreed: str  # digest of what would run, see `agreement`
    invitation: str = ""

    @property
    def address(self) -> HubAddress:
        """Where the hub is, and the key that it must have."""
        return HubAddress(url=self.url, key=self.hub)


_JOINED: TypeAdapter[Joined] = TypeAdapter(Joined)
_PLACES: TypeAdapter[list[str]] = TypeAdapter(list[str])


def worker_key(*, make: bool = True) -> SecretKey:
    """The key of this machine's worker.

    Raises:
        UserError: there is none and none may be made, or it is none.
    """
    folder = state_folder() / FOLDER
    make_folder(folder)
    return own_key(folder / KEY, make=make)


def agreement(front: Mapping[str, object], genesis: str) -> str:
    """The digest of what a person agrees to: what would run, on which chain."""
    return digest_of({"front": front, "genesis": genesis})


def write_joined(place: Place, joined: Joined) -> None:
    """Keep what a person agreed to, and list the folder."""
    write_own(place.work / JOINED, _JOINED.dump_json(joined))
    folder = state_folder() / FOLDER
    make_folder(folder)
    with closing_descriptor(open_own(folder / f"{PLACES}.lock", os.O_RDWR | os.O_CREAT)) as lock:
        take_lock(lock, within_s=10.0)
        known = [str(each) for each in joined_folders()]
        write_own(folder / PLACES, json.dumps(list(dict.fromkeys([*known, str(place.top)]))[-MOST_PLACES:]).encode())


def joined_folders() -> Sequence[Path]:
    """The folders that this machine joined hubs in, those that are still there."""
    try:
        listed = _PLACES.validate_json(read_own(state_folder() / FOLDER / PLACES, MOST_PLACES * 5000))
    except (FileNotFoundError, ValidationError):
        return ()
    return [Path(each) for each in listed if is_joined(Path(each))]


def is_joined(folder: Path) -> bool:
    """Whether a hub was joined in a folder."""
    return (folder / ".overnight" / "work" / JOINED).is_file()


def read_joined(place: Place) -> Joined:
    """What a person agreed to in a folder.

    Raises:
        UserError: it is no folder of a worker.
        NotOurs: something in it belongs to somebody else.
    """
    claim_folder(place.work.parent)
    claim_folder(place.work)
    try:
        return _JOINED.validate_json(read_own(place.work / JOINED, LARGEST_JOINED))
    except FileNotFoundError as error:
        raise UserError(f"no hub is joined in {place.top}", fix="overnight work join URL DIR") from error
    except ValidationError as error:
        raise UserError(f"{place.work / JOINED} cannot be read", fix="join again in a new folder") from error


@dataclass(slots=True)
class ChainCopy:
    """The chain as far as this machine has it, with the commit of each entry."""

    chain: Chain
    commits: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The commit of the newest entry."""
        return self.commits[-1]

    def entries(self) -> Sequence[Genesis | Block | Withdrawal]:
        """All of them."""
        return [self.chain.genesis, *self.chain.entries]

    def digests(self) -> Mapping[str, set[str]]:
        """The digests that each path ever had."""
        known: dict[str, set[str]] = {}
        for each in self.chain.genesis.files:
            known.setdefault(each.path, set()).add(each.digest)
        for entry in self.chain.entries:
            for changed in entry.changes:
                known.setdefault(changed.path, set()).update({changed.digest} if changed.digest else ())
        return known


def read_copy(place: Place) -> ChainCopy:
    """The copy in a folder, checked again.

    Raises:
        UserError: it does not hold.
    """
    lines = read_lines(place.work / CHAIN, LARGEST_CHAIN)
    try:
        copy: ChainCopy | None = None
        for line in lines:
            row = json.loads(line)
            entry = read_entry(canonical(row["entry"]))
            if copy is None:
                if not isinstance(entry, Genesis):
                    raise BadChain("it does not begin with a genesis")
                copy = ChainCopy(Chain.begin(entry))
            elif isinstance(entry, Genesis):
                raise BadChain("it has a second genesis")
            else:
                copy.chain.add(entry)
            copy.commits.append(str(row["commit"]))
    except (ValueError, KeyError, TypeError) as error:
        what = f"the copy of the chain in {place.work} does not hold: {error}"
        raise UserError(what, fix="join again in a new folder") from error
    if copy is None:
        raise UserError(f"there is no chain in {place.top}", fix="join again in a new folder")
    return copy


def keep_entry(place: Place, entry: Genesis | Block | Withdrawal, commit: str) -> None:
    """Add an entry to the copy on disk."""
    append_own(place.work / CHAIN, canonical({"commit": commit, "entry": entry_json(entry)}) + b"\n")


def keep_fork(place: Place, entries: Sequence[Genesis | Block | Withdrawal]) -> Path:
    """Keep the other chain that a hub shows, beside ours."""
    path = place.work / FORK
    write_own(path, b"".join(canonical(entry_json(each)) + b"\n" for each in entries))
    return path


def check_entry(chain: Chain, entry: Block | Withdrawal, program: Program) -> None:
    """Check what the chain itself does not: that an entry changes nothing but what its program lets change.

    Raises:
        BadHub: it does. Frozen files are what a person agreed to run.
    """
    for each in entry.changes:
        if each.path == PROGRAM or not matches(each.path, program.editable):
            path = printable(each.path, SHOWN)
            raise BadHub(
                f"entry {entry.number} of the chain changes `{path}`, which is frozen: other code would run than you agreed to"
            )
    check_names({each.path: chain.tree[each.path] for each in entry.changes if each.path in chain.tree})
