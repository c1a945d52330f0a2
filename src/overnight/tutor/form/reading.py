"""Reads a curriculum from its folder; mistakes name file, line, key and fix, all of a file together."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from overnight.errors import ProgramError
from overnight.program.front_matter import (
    FIRST_LINE,
    MAX_FRONT_CHARACTERS,
    Place,
    dotted,
    load_front_matter,
    split_front_matter,
)
from overnight.program.mistakes import Wording, checked, error_in
from overnight.tutor.form.check_file import require_checks
from overnight.tutor.form.curriculum import SECTIONS, Curriculum, Faded, Misconception, Prediction, Step
from overnight.tutor.form.folder import CurriculumFolder, named
from overnight.tutor.form.schema import CURRICULUM_WORDING, STEP_WORDING, CurriculumKeys, StepKeys

HEAD = "curriculum.yaml"
LEAST_MISCONCEPTIONS, MOST_MISCONCEPTIONS = 3, 50  # of a step
MISCONCEPTION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,59}")  # its name
LABS = Path(__file__).parents[2] / "labs"
M = TypeVar("M", bound=BaseModel)


def read_curriculum(folder: Path, name: str) -> Curriculum:
    """The curriculum in a folder.

    Raises:
        ProgramError: a file of it has mistakes.
        UserError: a file is missing.
    """
    files, head = CurriculumFolder(folder), folder / HEAD
    text = files.text(head)
    if len(text) > MAX_FRONT_CHARACTERS:
        raise ProgramError(f"is larger than {MAX_FRONT_CHARACTERS:,} characters", path=named(head), fix="make it shorter")
    keys = _validated(text, head, CurriculumKeys, CURRICULUM_WORDING, first_line=1)
    for place, path, top in _paths(folder, keys):
        if problem := files.problem(path, top):
            line = load_front_matter(text, str(head), first_line=1).line(place)
            fix = "make it, or correct the name"
            raise ProgramError(
                f"`{named(path.relative_to(top))}` {problem}", path=named(head), line=line, key=dotted(place), fix=fix
            )
    beside = {file: files.content(*_place(folder, path)) for file, path in keys.files.items()}
    length = len(beside[keys.taught].splitlines()) if keys.taught else 0
    steps: list[Step] = []
    for each in keys.steps:
        steps.append(_step(files, each, [step.id for step in steps], length))
    return Curriculum(name=name, title=keys.title, about=keys.about, taught=keys.taught or "", steps=tuple(steps), files=beside)


def _paths(folder: Path, keys: CurriculumKeys) -> Iterator[tuple[Place, Path, Path]]:
    """What `curriculum.yaml` says is there, with the folder that it has to be in."""
    yield from ((("steps", number), folder / step, folder) for number, step in enumerate(keys.steps))
    yield from ((("files", name), *_place(folder, path)) for name, path in keys.files.items())


def _place(folder: Path, path: str) -> tuple[Path, Path]:
    """Where a file is, and the folder that it has to be in."""
    return (LABS / path.removeprefix("lab:"), LABS) if path.startswith("lab:") else (folder / path, folder)


def _step(files: CurriculumFolder, name: str, earlier: Sequence[str], taught: int) -> Step:
    """`taught`: lines of the taught file."""
    folder = files.top / name
    path = folder / "step.md"
    text = files.text(path)
    head, body = split_front_matter(text, named(path), written_by="a copy of another step")
    keys = _validated(head, path, StepKeys, STEP_WORDING)
    for number, needed in enumerate(keys.needs):
        if needed not in earlier:
            what, fix = f"`{needed}` is no earlier step", "name steps before this one"
            raise error_in(text, named(path), ("needs", number), what, fix=fix)
    for number, (_, last) in enumerate(map(_pair, keys.lines)):
        if last > taught:
            what = f"the taught file has {taught} lines" if taught else "no file is taught"
            fix = "name lines that are there" if taught else f"write `taught: FILE` in {HEAD}, or delete `lines`"
            raise error_in(text, named(path), ("lines", number), what, fix=fix)
    misconceptions = _misconceptions(files, folder / "misconceptions")
    check, tree = files.source(folder / "check.py")
    require_checks(tree, named(folder / "check.py"), {each.name for each in misconceptions})
    return Step(
        id=name,
        title=keys.title,
        needs=keys.needs,
        lines=tuple(_pair(each) for each in keys.lines),
        is_campaign=keys.kind == "campaign",
        prediction=Prediction(
            choices=keys.predict.choices, answer=keys.predict.answer, because=keys.predict.because, most=keys.predict.most
        ),
        rubric=keys.rubric,
        hints=keys.hints,
        fades=tuple(Faded(code=each.code, answers=each.answers) for each in keys.fade),
        sections=_sections(body, path, head.count("\n") + 2),
        start=files.source(folder / "start.py")[0],
        solution=files.source(folder / "solution.py")[0],
        check=check,
        misconceptions=misconceptions,
        campaign=files.mapping(folder / "campaign.json") if keys.kind == "campaign" else "",
    )


def _pair(lines: object) -> tuple[int, int]:
    first, last = lines if isinstance(lines, tuple) else (0, 0)
    return int(first), int(last)


def _sections(body: str, path: Path, before: int) -> Mapping[str, str]:
    """The text below each heading.

    Raises:
        ProgramError: a heading is missing, unknown, out of order or without text.
    """
    found: list[tuple[str, int, list[str]]] = []
    fenced = False
    for number, line in enumerate(body.splitlines(), before + 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and line.startswith("## ") and line[3:].strip():
            found.append((line[3:].strip(), number, []))
        elif found:
            found[-1][2].append(line)
    in_order = "write " + ", ".join(f"`## {each}`" for each in SECTIONS)
    if [name for name, _, _ in found] != [*SECTIONS]:
        there = next((n for (name, n, _), want in zip(found, (*SECTIONS, ""), strict=False) if name != want), None)
        there = there or before + len(body.splitlines())
        raise ProgramError("the sections are not those of a step", path=named(path), line=there, fix=f"{in_order}, in order")
    for name, number, lines in found:
        if not "".join(lines).strip():
            raise ProgramError("has no text", path=named(path), line=number, key=f"## {name}", fix="write it")
    return {name: "\n".join(lines).strip() for name, _, lines in found}


def _misconceptions(files: CurriculumFolder, folder: Path) -> Sequence[Misconception]:
    found = []
    paths = sorted(islice(folder.glob("*.py"), MOST_MISCONCEPTIONS + 1))
    for path in paths:
        if not MISCONCEPTION.fullmatch(path.stem):
            fix = "rename it: letters, digits, `_` and `-`"
            raise ProgramError("is no name of a misconception", path=named(path), fix=fix)
        source, tree = files.source(path)
        said = ast.get_docstring(tree) or ""
        belief, _, rest = said.partition("\n")
        if not belief.strip():
            raise ProgramError("does not say the belief", path=named(path), line=1, fix="write it in a docstring at the top")
        found.append(Misconception(name=path.stem, belief=belief.strip(), counter_example=rest.strip(), source=source))
    if not LEAST_MISCONCEPTIONS <= len(found) <= MOST_MISCONCEPTIONS:
        what = f"has {len(found)} misconceptions, {LEAST_MISCONCEPTIONS} are needed"
        if len(found) > MOST_MISCONCEPTIONS:
            what = f"has more than {MOST_MISCONCEPTIONS} misconceptions"
        raise ProgramError(what, path=named(folder), fix="write a program for each wrong belief: NAME.py")
    return tuple(found)


def _validated(text: str, path: Path, model: type[M], wording: Wording, *, first_line: int = FIRST_LINE) -> M:
    return checked(model, load_front_matter(text, named(path), first_line=first_line), wording, named(path))
