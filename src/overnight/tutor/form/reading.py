"""Reads a curriculum from its folder; mistakes name file, line, key and fix, all of a file together."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from overnight.errors import ProgramError, UserError
from overnight.program.front_matter import FIRST_LINE, Place, dotted, load_front_matter, split_front_matter
from overnight.program.mistakes import Wording, checked, error_in
from overnight.tutor.form.check_file import require_checks
from overnight.tutor.form.curriculum import SECTIONS, Curriculum, Faded, Misconception, Prediction, Step
from overnight.tutor.form.schema import CURRICULUM_WORDING, STEP_WORDING, CurriculumKeys, StepKeys

HEAD = "curriculum.yaml"
LARGEST = 256 * 1024  # bytes of a file
LEAST_MISCONCEPTIONS = 3
LABS = Path(__file__).parents[2] / "labs"
M = TypeVar("M", bound=BaseModel)


def read_curriculum(folder: Path, name: str) -> Curriculum:
    """The curriculum in a folder.

    Raises:
        ProgramError: a file of it has mistakes.
        UserError: a file is missing.
    """
    text = _text(folder / HEAD)
    keys = _validated(text, folder / HEAD, CurriculumKeys, CURRICULUM_WORDING, first_line=1)
    for place, path in _named(folder, keys):
        if not path.exists():
            where = str(folder / HEAD)
            line = load_front_matter(text, where, first_line=1).line(place)
            raise ProgramError(
                f"there is no `{path}`", path=where, line=line, key=dotted(place), fix="make it, or correct the name"
            )
    files = {file: _bytes(_place(folder, path)) for file, path in keys.files.items()}
    length = len(files[keys.taught].splitlines()) if keys.taught else 0
    steps: list[Step] = []
    for each in keys.steps:
        steps.append(_step(folder / each, each, [step.id for step in steps], length))
    return Curriculum(name=name, title=keys.title, about=keys.about, taught=keys.taught or "", steps=tuple(steps), files=files)


def _named(folder: Path, keys: CurriculumKeys) -> Iterator[tuple[Place, Path]]:
    """What `curriculum.yaml` says is there."""
    yield from ((("steps", number), folder / step) for number, step in enumerate(keys.steps))
    yield from ((("files", name), _place(folder, path)) for name, path in keys.files.items())


def _place(folder: Path, path: str) -> Path:
    return LABS / path.removeprefix("lab:") if path.startswith("lab:") else folder / path


def _step(folder: Path, name: str, earlier: Sequence[str], taught: int) -> Step:
    """`taught`: lines of the taught file."""
    path = folder / "step.md"
    text = _text(path)
    head, body = split_front_matter(text, str(path), written_by="a copy of another step")
    keys = _validated(head, path, StepKeys, STEP_WORDING)
    for number, needed in enumerate(keys.needs):
        if needed not in earlier:
            what, fix = f"`{needed}` is no earlier step", "name steps before this one"
            raise error_in(text, str(path), ("needs", number), what, fix=fix)
    for number, (_, last) in enumerate(map(_pair, keys.lines)):
        if last > taught:
            what = f"the taught file has {taught} lines" if taught else "no file is taught"
            fix = "name lines that are there" if taught else f"write `taught: FILE` in {HEAD}, or delete `lines`"
            raise error_in(text, str(path), ("lines", number), what, fix=fix)
    check, misconceptions = _source(folder / "check.py"), _misconceptions(folder / "misconceptions")
    require_checks(check, str(folder / "check.py"), {each.name for each in misconceptions})
    campaign = folder / "campaign.json"
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
        start=_source(folder / "start.py"),
        solution=_source(folder / "solution.py"),
        check=check,
        misconceptions=misconceptions,
        campaign=_json(campaign) if keys.kind == "campaign" else "",
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
        if not fenced and (heading := re.fullmatch(r"## +(.+?)\s*", line)):
            found.append((heading[1], number, []))
        elif found:
            found[-1][2].append(line)
    in_order = "write " + ", ".join(f"`## {each}`" for each in SECTIONS)
    if [name for name, _, _ in found] != [*SECTIONS]:
        there = next((n for (name, n, _), want in zip(found, (*SECTIONS, ""), strict=False) if name != want), None)
        there = there or before + len(body.splitlines())
        raise ProgramError("the sections are not those of a step", path=str(path), line=there, fix=f"{in_order}, in order")
    for name, number, lines in found:
        if not "".join(lines).strip():
            raise ProgramError("has no text", path=str(path), line=number, key=f"## {name}", fix="write it")
    return {name: "\n".join(lines).strip() for name, _, lines in found}


def _misconceptions(folder: Path) -> Sequence[Misconception]:
    found = []
    for path in sorted(folder.glob("*.py")):
        source = _source(path)
        said = ast.get_docstring(ast.parse(source)) or ""
        belief, _, rest = said.partition("\n")
        if not belief.strip():
            raise ProgramError("does not say the belief", path=str(path), line=1, fix="write it in a docstring at the top")
        found.append(Misconception(name=path.stem, belief=belief.strip(), counter_example=rest.strip(), source=source))
    if len(found) < LEAST_MISCONCEPTIONS:
        what = f"has {len(found)} misconceptions, {LEAST_MISCONCEPTIONS} are needed"
        raise ProgramError(what, path=str(folder), fix="write a program for each wrong belief: NAME.py")
    return tuple(found)


def _validated(text: str, path: Path, model: type[M], wording: Wording, *, first_line: int = FIRST_LINE) -> M:
    return checked(model, load_front_matter(text, str(path), first_line=first_line), wording, str(path))


def _source(path: Path) -> str:
    text = _text(path)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ProgramError("is not Python", path=str(path), line=line, fix="correct it; `python FILE` says more") from None
    return text


def _json(path: Path) -> str:
    text = _text(path)
    try:
        is_mapping = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_mapping = False
    if not is_mapping:
        raise ProgramError("is no JSON object", path=str(path), fix="write what a campaign of this step looks like")
    return text


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError:
        raise ProgramError("is not UTF-8", path=str(path), fix="save it as UTF-8") from None


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}", fix="a curriculum needs it; see docs/curriculum.md") from error
    if len(content) > LARGEST:
        raise ProgramError(f"has more than {LARGEST:,} bytes", path=str(path), fix="make it shorter")
    return content
