"""One skill: what it says, what is in it, and what changed since it was trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.claw.operations._claw import Claw, opened
from overnight.claw.skills.form import MAIN
from overnight.claw.skills.shelf import Shelf, Skill, SkillState, kept_texts
from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Kind, Origin
from overnight.words.diff import diff_lines
from overnight.words.foreign import printable, printable_lines

SHOWN = 16_000  # characters of a text at a time
NAME = 200
MOST_LINES = 400  # of a diff
SHORT = 12  # characters of a digest that tell one from another


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillInput:
    """Which one."""

    name: Annotated[str, Argument(about="Its name.")]
    file: Annotated[str, Option(about="Show this file of it instead.", metavar="PATH")] = MAIN
    start: Annotated[int, Ge(0), Option(about="Begin at this character.", metavar="N")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFileLine:
    """A file of a skill."""

    path: str
    size_bytes: int
    runs: bool  # it may be run as a program


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillText:
    """A skill as it is now."""

    name: str
    state: SkillState
    digest: str  # of all that is in it; `claw trust` is given this
    description: str
    file: str  # whose text it is
    text: str  # at most 16,000 characters
    start: int
    length: int  # of the whole text, characters
    files: Sequence[SkillFileLine]
    changed: Sequence[str]  # lines of a diff since it was trusted; empty unless it changed
    why: str  # it is broken
    origin: Origin  # the claw's own if it is trusted, otherwise a stranger's


def run(context: Context, given: SkillInput) -> SkillText:
    """Show it; who is not the owner sees one that is trusted alone."""
    with opened(given.claw) as (folder, record):
        shelf = Shelf(folder, record)
        is_owner = context.principal.kind is Kind.OWNER and context.origin is Origin.OWNER
        skill = shelf.find(given.name) if is_owner else shelf.usable(given.name)
        before = shelf.before(given.name) if skill.state is SkillState.CHANGED else {}
    file = skill.tree.files.get(given.file) if skill.tree else None
    if skill.tree and file is None:
        raise UserError(f"the skill has no file {printable(given.file, NAME)}", fix=f"overnight claw skill {given.name}")
    text = file.text if file else ""
    return SkillText(
        name=skill.name,
        state=skill.state,
        digest=skill.digest,
        description=skill.form.description if skill.form else "",
        file=given.file,
        text=printable_lines(text[given.start : given.start + SHOWN], 4 * SHOWN),
        start=given.start,
        length=len(text),
        files=[
            SkillFileLine(path=path, size_bytes=len(each.content), runs=each.runs)
            for path, each in (skill.tree.files.items() if skill.tree else ())
        ],
        changed=list(_changes(skill, before)) if before else [],
        why=skill.why,
        origin=Origin.CLAW if skill.state is SkillState.TRUSTED else Origin.FOREIGN,
    )


def _changes(skill: Skill, before: Mapping[str, str]) -> Iterator[str]:
    now = kept_texts(skill.tree) if skill.tree else {}
    count = 0
    for path in sorted({*before, *now}):
        if before.get(path) == now.get(path):
            continue
        yield f"{'new' if path not in before else 'gone' if path not in now else 'changed'}: {printable(path, NAME)}"
        for line in diff_lines(before.get(path, "").splitlines(), now.get(path, "").splitlines()):
            count += 1
            if count > MOST_LINES:
                yield "[more lines differ: look at the files]"
                return
            yield printable_lines(line, NAME)


def render(found: SkillText) -> str:
    """Its text; if it is not trusted, what to know before it is."""
    if found.state is SkillState.BROKEN:
        return f"{found.name} is no skill that can be used: {found.why}"
    end = found.start + SHOWN
    text = found.text + (f"\n[{found.length - end} characters more: --start {end}]" if found.length > end else "")
    if found.state is SkillState.TRUSTED:
        return text
    parts = [
        f"{found.name} is {found.state}; it is not used. What is in it:",
        *(f"  {each.path}  {each.size_bytes} bytes{'  can be run' * each.runs}" for each in found.files),
        *(["what changed since you trusted it:", *found.changed] if found.changed else [f"--- {found.file}", text, "---"]),
        f"if you trust all of it: overnight claw trust skill {found.name} {found.digest[:SHORT]}",
    ]
    return "\n".join(parts)


OPERATION = Operation(
    name="claw skill",
    about="Show a skill: its text, its files, and what changed since it was trusted.",
    input=SkillInput,
    output=SkillText,
    tier=Tier.READ,
    of_machine=True,
    words=lambda found: found.origin,
    run=run,
    render=render,
)
