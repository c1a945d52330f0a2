"""What must be so on this machine before a meta-campaign begins, beyond what the text of `meta.md` shows."""

import os
from pathlib import Path

from overnight.errors import ProgramError, UserError
from overnight.files.own import read_unlinked
from overnight.git.repository import Repository, open_repository
from overnight.git.uncommitted import is_committed
from overnight.meta.charter import Charter, Target
from overnight.meta.organisation import not_allowed, objections_to
from overnight.program.front_matter import Place, dotted
from overnight.program.mistakes import error_in
from overnight.program.parser import error_at, parse_program
from overnight.program.program import PROGRAM, ResearcherSpec
from overnight.research.places.orders import LARGEST

TUNER = ResearcherSpec(role="tuner", use="tuner")  # of a program that names nobody


def read_organisation(charter: Charter, repository: Repository) -> str:
    """The text of the organisation as it is in the user's checkout.

    Raises:
        UserError: there is none, it has mistakes, or it is not one that the charter allows.
    """
    path = repository.toplevel / charter.organisation
    try:
        text = read_unlinked(path, LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"{path} cannot be read: {error.strerror if isinstance(error, OSError) else error}"
        fix = "name the program.md to improve; `overnight init` writes one"
        raise error_in(charter.source, charter.path, ("organisation",), what, fix=fix) from None
    check_organisation(charter, text)
    return text


def check_organisation(charter: Charter, text: str) -> None:
    """Check that the organisation to begin with is one that the charter allows.

    Raises:
        ProgramError: it has mistakes, or is none; the message has its line.
    """
    program = parse_program(text, charter.organisation)
    for index, spec in enumerate(program.researchers):
        if problem := not_allowed(charter, spec):
            entry = "the same entry" if spec != TUNER else "`{role: tuner, use: tuner}`, the default,"
            fix = f"write {entry} into `allowed_researchers` of {charter.path}"
            raise error_at(program, ("researchers", index), problem, fix=fix)
    if problem := next(iter(objections_to(charter, program)), ""):
        raise ProgramError(problem, path=charter.organisation)


def check_targets(charter: Charter, repository: Repository) -> None:
    """Check that each target that is no lab is a repository with a program.

    Raises:
        ProgramError: one is not; the message has its line in `meta.md`.
    """
    seen: dict[str, str] = {}
    for key, targets in (("targets", charter.targets), ("holdout", charter.holdout)):
        for index, target in enumerate(targets):
            if not target.folder:
                continue
            folder, place = folder_of(target, repository), (key, index)
            _check(charter, target, folder, place)
            first = seen.setdefault(os.path.realpath(folder), dotted(place))
            if first != dotted(place):
                what = f"is also {first}" + (", so it would not be sealed" if key == "holdout" else "")
                raise error_in(charter.source, charter.path, place, what, fix="name another one")


def folder_of(target: Target, repository: Repository) -> Path:
    """Where the repository of a target is."""
    return Path(os.path.normpath(repository.toplevel / target.folder))


def _check(charter: Charter, target: Target, folder: Path, place: Place) -> None:
    def wrong(what: str, fix: str) -> ProgramError:
        return error_in(charter.source, charter.path, place, what, fix=fix)

    try:
        there = open_repository(folder)
    except UserError as error:
        raise wrong(str(error.args[0]), error.fix or "name the folder of a repository") from error
    if not is_committed(there, PROGRAM):
        fix = "commit one there: `overnight init` writes it, `overnight check` tries it"
        raise wrong(f"`{target.folder}` has no committed {PROGRAM}", fix)
    try:
        parse_program(read_unlinked(there.toplevel / PROGRAM, LARGEST).decode("utf-8"), str(there.toplevel / PROGRAM))
    except (OSError, UnicodeDecodeError) as error:
        missing = isinstance(error, FileNotFoundError)  # it is committed, and was moved or deleted since
        what = f"`{target.folder}` has no {PROGRAM} " + ("in its checkout" if missing else f"that can be read: {error}")
        fix = f"`git checkout {PROGRAM}` there" if missing else "put a plain text file in its place"
        raise wrong(what, fix) from None
    except UserError as error:
        raise wrong(f"the program of {target.name} has a mistake: {str(error).splitlines()[0]}", "correct it there") from None
