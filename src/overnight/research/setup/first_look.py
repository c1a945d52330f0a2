"""What `overnight init` proposes for a repository: a front matter that parses and fits what is committed."""

import os
import shlex
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.machines.gpus.found import has_gpu
from overnight.machines.share import search_path
from overnight.program.detection.candidates import is_told_by_name
from overnight.program.detection.detect import OUTSIDE, PRINTED, Detected, detect, wants
from overnight.program.detection.loops import LOOP_FILES
from overnight.program.fit import check_fit
from overnight.program.judge.proposing import without_judges
from overnight.program.judge.rules import check_judge, way_of
from overnight.program.judge.tree import Read
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.program.writer import FrontMatterEntry, render_front_matter
from overnight.research.loop.committed import committed_text
from overnight.research.setup.below import as_from_top, committed_below, is_enough, wishes_from_top
from overnight.research.setup.causes.node import installed
from overnight.research.setup.interpreter import other_interpreter
from overnight.research.setup.packages import as_inside, runs_node, with_readable
from overnight.research.setup.program_file import read_body
from overnight.research.setup.wishes import BY_HAND, Wishes, with_wishes
from overnight.words.quantities import listed

LISTED = 4  # files in a note
PACKAGES = "installed packages, which git ignores; jobs may read them"
MAX_READ_BYTES = 1_000_000  # of a file that is read
MOST_READ = 200  # files, those nearest to the top


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A front matter for this repository, before anything is run or written."""

    program: Program
    front: str
    detected: Detected
    body: bytes | None  # of the existing program.md; None if there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A repository that is looked at."""

    repository: Repository
    committed: Sequence[str]
    read: Read
    without: Collection[str]  # commands that measure nothing


def propose(repository: Repository, wishes: Wishes, *, without: Collection[str] = ()) -> Proposal:
    """The front matter that fits what is committed and what the user wishes; `without` are commands that measure nothing.

    Raises:
        UserError: there is a front matter already, or something is missing that only the user knows.
    """
    body = read_body(repository.toplevel / PROGRAM)
    history = GitHistory(repository)
    try:
        start = history.resolve_start()
        committed = [file.path for file in history.files(start)]
        looked = _Looked(repository=repository, committed=committed, read=committed_text(history, start), without=without)
        return _proposed(looked, wishes, body)
    finally:
        history.close()


def _proposed(looked: _Looked, wishes: Wishes, body: bytes | None) -> Proposal:
    repository, committed, read = looked.repository, looked.committed, looked.read
    named = tuple(dict.fromkeys(as_inside(repository.toplevel, path) for path in wishes.readable))
    detected, below = _detected(looked, replace(wishes, readable=named))
    detected = replace(detected, notes=(*detected.notes, *filter(None, [other_interpreter(repository.toplevel / below)])))
    _check_committed(detected, committed, below)
    detected = _measured_somehow(detected)
    _check_complete(detected)
    proposal = _with_packages(rendered(detected, body), repository.toplevel, committed, read)
    return fitted(proposal, committed, read) if entry_of(proposal, "editable") else proposal


def _with_packages(proposal: Proposal, toplevel: Path, committed: Sequence[str], read: Read) -> Proposal:
    """The proposal with the packages of Node that are installed in the checkout, if its commands run Node."""
    found = installed(toplevel, committed)
    if not found or not runs_node(proposal.program, committed, read):
        return proposal
    return rendered(with_readable(proposal.detected, found, PACKAGES), proposal.body)


def fitted(proposal: Proposal, committed: Sequence[str], read: Read) -> Proposal:
    """A proposal that says what may be edited, without what its own commands run, unless the user named that by hand.

    Raises:
        UserError, ProgramError: it does not fit the committed files, or a file that judges could be edited.
    """
    entry = entry_of(proposal, "editable")
    if entry is None or entry.reason != BY_HAND:
        proposal = _without_judges(proposal, committed, read)
    check_fit(proposal.program, committed)
    check_judge(proposal.program, committed, read)
    return proposal


def entry_of(proposal: Proposal, key: str) -> FrontMatterEntry | None:
    """What a proposal says about a key; None if it leaves it out."""
    return next((entry for entry in proposal.detected.entries if entry.key == key), None)


def _without_judges(proposal: Proposal, committed: Sequence[str], read: Read) -> Proposal:
    """The proposal without what its own commands run in `editable`, and with a note that says so.

    Raises:
        UserError: nothing else is left.
    """
    narrow = without_judges(proposal.program, committed, read, also=LOOP_FILES)
    if narrow.editable == proposal.program.editable:
        return proposal
    ways = listed(map(way_of, narrow.left_out), LISTED, noun="file") or "what belongs to the session"
    if not narrow.editable:
        fix = "name the files that are to be improved, each with --editable FILE"
        raise UserError(f"nothing is left that may change: {ways}, and a proposal must not change what judges it", fix=fix)
    note = f"left out of `editable`: {ways}; a proposal must not change what judges it"
    entries = [
        replace(entry, value=list(narrow.editable)) if entry.key == "editable" else entry for entry in proposal.detected.entries
    ]
    return rendered(replace(proposal.detected, entries=entries, notes=(*proposal.detected.notes, note)), proposal.body)


def _detected(looked: _Looked, wishes: Wishes) -> tuple[Detected, str]:
    """What is found and wished, and the folder below the top that it is about; empty for the top itself."""
    repository, committed, without = looked.repository, looked.committed, looked.without
    home, uv = os.path.expanduser("~"), shutil.which("uv", path=search_path()) is not None  # noqa: PTH111
    name = repository.toplevel.name
    look = partial(detect, home=home, name=name, uv=uv, gpu=has_gpu(), without=without)
    if wishes.below:
        inside = committed_below(committed, wishes.below)
        found = look(_look(repository.toplevel / wishes.below, inside))
        here = wishes_from_top(wishes, wishes.below, committed)
        if is_enough(found, wishes):
            return with_wishes(as_from_top(found, wishes.below, committed), here), wishes.below
        wishes = here
    return with_wishes(look(_look(repository.toplevel, committed)), wishes), ""


def with_note(proposal: Proposal, note: str) -> Proposal:
    """The proposal with something more that the user should know."""
    return replace(proposal, detected=replace(proposal.detected, notes=(*proposal.detected.notes, note)))


def without_checks(proposal: Proposal, failed: str) -> Proposal:
    """The proposal with its checks as a comment that says why they are left out."""
    entries = [replace(entry, fails=failed) if entry.key == "checks" else entry for entry in proposal.detected.entries]
    return rendered(replace(proposal.detected, entries=entries), proposal.body)


def rendered(detected: Detected, body: bytes | None) -> Proposal:
    """The proposal that these keys make."""
    front = render_front_matter(detected.entries)
    program = parse_program(front + (body or b"").decode(), PROGRAM)
    return Proposal(program=program, front=front, detected=detected, body=body)


def describe(proposal: Proposal) -> str:
    """The proposal for people."""
    place = f"above the text of your {PROGRAM}, which stays as it is" if proposal.body is not None else f"as a new {PROGRAM}"
    notes = [f"note: {note}" for note in proposal.detected.notes]
    return "\n".join([*notes, f"This would go {place}:", "", proposal.front])


def _look(toplevel: Path, committed: Sequence[str]) -> Mapping[str, str | None]:
    """All committed files, and what other loop tools left uncommitted, each with its text if that is wanted."""
    names = {*committed, *(name for name in (*LOOP_FILES, PROGRAM) if (toplevel / name).is_file())}
    order = sorted(
        filter(wants, names), key=lambda name: (name not in LOOP_FILES, not is_told_by_name(name), name.count("/"), name)
    )
    wanted = set(order[:MOST_READ])
    return {name: _text(toplevel / name) if name in wanted else None for name in sorted(names)}


def _text(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(MAX_READ_BYTES).decode(errors="replace")
    except OSError:
        return None


def _measured_somehow(detected: Detected) -> Detected:
    """With the time that is measured from outside, if the user names a command and nothing says what it prints."""
    by_hand = any(entry.key == "measure" and entry.reason == BY_HAND for entry in detected.entries)
    if not by_hand or any(entry.key == "metric" for entry in detected.entries):
        return detected
    entry = FrontMatterEntry(key="metric", value=OUTSIDE, reason="the command's CPU time, measured from outside")
    return replace(detected, entries=(entry, *detected.entries), notes=(*detected.notes, PRINTED), on_metric=(PRINTED,))


def _check_complete(detected: Detected) -> None:
    found = {entry.key: entry.value for entry in detected.entries}
    if "measure" not in found and detected.choices:
        named = listed((f"`{command}`" for command in detected.choices), LISTED)
        fix = f"name the one to improve, such as: overnight init --measure {shlex.quote(detected.choices[0])}"
        raise UserError(f"several scripts train, and only you know which of them is meant: {named}", fix=fix)
    if "measure" not in found:
        scripts, said = detected.asked, "".join(f" ({note})" for note in detected.notes)
        command = scripts[0] if scripts else "COMMAND"
        others = f"; or {listed((f'`{script}`' for script in scripts[1:]), LISTED)}" if scripts[1:] else ""
        fix = f"name the command that measures: overnight init --measure {shlex.quote(command)}{others}"
        raise UserError(f"found nothing here that shows how to measure{said}", fix=fix)
    if "metric" not in found:
        fix = "set it: overnight init --metric NAME:minimize, or :maximize"
        raise UserError("found nothing here that shows the metric", fix=fix)
    metric = found["metric"]
    if isinstance(metric, dict) and "direction" not in metric:
        fix = f"set it: overnight init --metric {metric['name']}:minimize, or :maximize"
        raise UserError(f"found the metric {metric['name']}, but not which way is better", fix=fix)


def _check_committed(detected: Detected, committed: Sequence[str], below: str) -> None:
    commands = " ".join(str(entry.value) for entry in detected.entries if entry.key in {"measure", "checks"})
    for name in sorted(LOOP_FILES):
        if name in commands and (f"{below}/{name}" if below else name) not in committed:
            fix = f"git add -f {name}, and commit it"
            raise UserError(f"{name} is not committed, and trials see only what is committed", fix=fix)
