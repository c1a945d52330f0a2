"""Which researcher a name means: a role of the program here, a built-in one, or an agent program."""

from dataclasses import replace
from pathlib import Path

from overnight.agents.registry import AGENTS
from overnight.agents.templates import TEMPLATES
from overnight.errors import RepositoryError, UserError
from overnight.git.repository import open_repository
from overnight.program.program import PROGRAM, Program, ResearcherSpec
from overnight.research.places.campaigns import read_program
from overnight.words.foreign import printable

OVER_ACP = "acp:"
NAME = 200  # characters of a name in a message


def choose(name: str, model: str, folder: Path) -> tuple[ResearcherSpec, Program | None]:
    """The researcher of a name, and the program around a folder if it declares the name; a program's roles come first.

    Raises:
        UserError: there is no such researcher, or nothing about it can be tested.
    """
    program, problem = program_around(folder)
    declared = next((spec for spec in program.researchers if spec.role == name), None) if program else None
    spec = declared or built_in(name)
    if spec is None:
        roles = f", a role of {PROGRAM}" if program else ""
        shown = printable(name, NAME)
        fix = f"choose agent, editor, tuner, mutator, {', '.join(TEMPLATES)}, acp:COMMAND{roles}"
        raise UserError(f"there is no researcher `{shown}`" + (f" ({problem})" if problem else ""), fix=fix)
    if spec.use == "scripted":
        raise UserError(f"`{spec.role}` plays the fixed edits of {PROGRAM}", fix="choose another: it has nothing to test")
    if model and spec.use not in AGENTS:
        raise UserError(f"`use: {spec.use}` uses no model", fix="leave out --model")
    return replace(spec, model=model or spec.model), program if declared else None


def built_in(name: str) -> ResearcherSpec | None:
    """The researcher of a name that needs no program.md; None if there is none."""
    if name in {"tuner", "mutator", "agent", "editor"}:
        return ResearcherSpec(role=name, use=name)
    if name in TEMPLATES:
        return ResearcherSpec(role=name, use="command", template=name)
    command = name.removeprefix(OVER_ACP).strip()
    return ResearcherSpec(role="acp", use="acp", command=command) if name.startswith(OVER_ACP) and command else None


def program_around(folder: Path) -> tuple[Program | None, str]:
    """The program around a folder, or None and why it cannot be read; the reason is empty if there is no program."""
    try:
        repository = open_repository(folder)
    except RepositoryError:
        return None, ""
    if not (repository.toplevel / PROGRAM).exists():
        return None, ""
    try:
        return read_program(repository), ""
    except UserError as error:
        return None, str(error)


def top_of(folder: Path) -> Path:
    """The top of the repository around a folder, else the folder itself."""
    try:
        return open_repository(folder).toplevel
    except RepositoryError:
        return folder
