"""The public pages as HTML, by the templates in `templates/`; all text is escaped and printable."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from overnight.pool.chain import Block, Withdrawal, read_entry
from overnight.pool.keys import SHORT
from overnight.pool.record.record import HubRecord
from overnight.pool.views.joining import join_commands
from overnight.pool.views.progress import progress_of
from overnight.pool.views.public import PublicStanding, diffs_of, evidence_of, objective_of
from overnight.pool.views.standing import shares_among
from overnight.program.writer import plain_front_matter
from overnight.words.templates import SHARED, escaping

if TYPE_CHECKING:
    from jinja2 import Environment

NEWEST, BEST = 5, 10  # entries, and keys, of the first page
OBJECTIVE = 6  # lines of the founder's words on it
OF_LIST = 50  # entries of a page of the chain
ON_BOARD = 200  # keys
MOST_FILES = 100  # of an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the public pages show, as it was at one moment; equal if nothing of it changed."""

    record: HubRecord
    standing: PublicStanding
    length: int  # entries after the genesis
    paused: str
    waiting: Mapping[str, int]  # submissions by lane
    address: str
    invitations: bool


def render_page(name: str, seen: Shown, number: int) -> str | None:
    """A page; None: the chain has no such entry."""
    found = _PAGES[name](seen, number)
    return None if found is None else _environment().get_template(f"{name}.html.j2").render(**_always(seen), **found)


def _always(seen: Shown) -> Mapping[str, object]:
    genesis = seen.standing.genesis
    metric, direction = objective_of(genesis.front)
    return {
        "genesis": genesis,
        "length": seen.length,
        "paused": seen.paused,
        "metric": metric,
        "direction": direction,
        "address": seen.address,
        "short_key": lambda key: str(key)[:SHORT],
    }


def _front(seen: Shown, _: int) -> Mapping[str, object]:
    lines = seen.standing.lines
    shares = shares_among(lines)
    said = [line.strip("# ") for line in seen.standing.genesis.body.splitlines() if line.strip("# ")]
    return {
        "objective": "\n".join(said[:OBJECTIVE]),
        "progress": progress_of(lines),
        "lines": lines[::-1][:NEWEST],
        "shares": shares[:BEST],
        "keys": len(shares),
        "seconds": sum(each.seconds for each in lines),
        "waiting": seen.waiting,
        "commands": join_commands(seen.address, seen.standing.genesis.hub, invitations=seen.invitations),
        "invitations": seen.invitations,
    }


def _chain(seen: Shown, before: int) -> Mapping[str, object]:
    lines = seen.standing.lines
    end = min(before - 1, len(lines)) if before else len(lines)
    shown = lines[max(end - OF_LIST, 0) : max(end, 0)]
    newer = end + OF_LIST + 1 if end < len(lines) else 0
    return {"lines": shown[::-1], "older": shown[0].number if shown and shown[0].number > 1 else 0, "newer": newer}


def _board(seen: Shown, _: int) -> Mapping[str, object]:
    shares = shares_among(seen.standing.lines)
    return {"shares": shares[:ON_BOARD], "keys": len(shares)}


def _program(seen: Shown, _: int) -> Mapping[str, object]:
    genesis = seen.standing.genesis
    return {"front": plain_front_matter(genesis.front).split("\n")[1:-2], "files": len(genesis.files)}


def _block(seen: Shown, number: int) -> Mapping[str, object] | None:
    if not 0 < number <= seen.length:
        return None
    [text] = seen.record.entries(after=number - 1, most=1)
    entry = read_entry(text)
    assert isinstance(entry, Block | Withdrawal)  # noqa: S101  # a later entry
    changed = seen.standing.changed_by(entry)
    return {
        "line": seen.standing.lines[number - 1],
        "withdrawn": seen.standing.withdrawn.get(number, ""),
        "diffs": diffs_of(changed[:MOST_FILES], lambda digest: seen.record.content(digest) or b""),
        "left_out": max(len(changed) - MOST_FILES, 0),
        "evidence": evidence_of(entry, seen.standing.genesis) if isinstance(entry, Block) else None,
    }


_PAGES = {"front": _front, "chain": _chain, "board": _board, "program": _program, "block": _block}


@cache
def _environment() -> "Environment":
    from jinja2 import ChoiceLoader, PackageLoader

    return escaping(ChoiceLoader([PackageLoader("overnight.pool.serving", "templates"), PackageLoader("overnight", SHARED)]))
