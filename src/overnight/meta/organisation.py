"""What an organisation is, and what may change of it.

A proposal changes the text below the front matter, `researchers` and `gate.max_pairs`; every other byte of the file stays. A
researcher is one of `allowed_researchers`, which a person wrote, with another role or count: no model writes a command line.

Does not cover: what the text makes a model do, which is the jail's job and the gate's; an answer in it, see docs/trust.md.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from overnight.errors import ProgramError
from overnight.git.port import FileChange
from overnight.meta.charter import USUAL_RESEARCHERS, Charter
from overnight.program.front_matter import QUOTED, Value, load_front_matter, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.program import ADVISERS, Program, ResearcherSpec
from overnight.research.charter import parse_charter as parse_body
from overnight.research.idea import PERSONS
from overnight.words.foreign import printable

MOST_MEMBERS = 16  # researchers of an organisation, counted with `count`
LONGEST_BODY = 200_000  # characters of its text
MOST_IDEAS = 100
FREE = frozenset({"researchers", "gate", "body", "source", "digest"})  # fields of a program that are looked at one by one
ALONE = "an organisation changes its text, `researchers` and `gate.max_pairs` alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What differs from one organisation to another."""

    researchers: Sequence[Value]  # plain values, as they are written
    max_pairs: int
    program: Program  # the whole of it

    @property
    def body(self) -> str:
        """Its text."""
        return self.program.body


def organisation_of(text: str, path: str) -> Organisation:
    """The organisation that a program describes.

    Raises:
        ProgramError: it has mistakes.
    """
    program = parse_program(text, path)
    front = load_front_matter(split_front_matter(text, path)[0], path)
    raw = front.values.get("researchers", USUAL_RESEARCHERS)
    return Organisation(researchers=raw if isinstance(raw, list) else [], max_pairs=program.gate.max_pairs, program=program)


def objections(charter: Charter, changes: Sequence[FileChange], before: Mapping[str, bytes]) -> Sequence[str]:
    """Why a proposal may not be tried, one line each; nothing if it may."""
    path = charter.organisation
    if other := [change.path for change in changes if change.path != path]:
        return (f"`{printable(other[0], QUOTED)}` is not `{path}`, the organisation",)
    change = next(iter(changes), None)
    if change is None or change.content is None:
        return (f"`{path}` is removed",) if change else ()
    try:
        was, now = before[path].decode(), change.content.decode()
        old, new = parse_program(was, path), parse_program(now, path)
    except (ProgramError, UnicodeDecodeError) as error:
        return (str(error).splitlines()[0],)
    wrong = list(_wrong(charter, old, new))
    return tuple(wrong or _wrong_lines(was, now, path))


def frozen_differences(old: Program, new: Program, *, besides: Collection[str] = FREE) -> Iterator[str]:
    """The keys that differ between two programs and that no organisation may change."""
    for field in fields(Program):
        if field.name not in besides and getattr(old, field.name) != getattr(new, field.name):
            yield field.name
    for field in fields(old.gate):
        if field.name != "max_pairs" and getattr(old.gate, field.name) != getattr(new.gate, field.name):
            yield f"gate.{field.name}"


def not_allowed(charter: Charter, spec: ResearcherSpec) -> str:
    """Why a researcher is none that a person allowed; empty if it is one."""
    if any(_same(spec, one) for one in charter.allowed):
        return ""
    who = f"researcher `{spec.role}` is none of `allowed_researchers` of {charter.path}"
    if not (near := [one for one in charter.allowed if one.use == spec.use]):
        return f"{who}: none of those has `use: {spec.use}`"
    closest = min(near, key=lambda one: len(_others(spec, one)))
    if differing := _others(spec, closest):
        return f"{who}: `{'`, `'.join(differing)}` is not that of `{closest.role}`; only its role and count are free"
    return f"{who}: the role `{spec.role}` is not that of `{closest.role}`; director and critic are not exchanged for others"


def _wrong(charter: Charter, old: Program, new: Program) -> Iterator[str]:
    for key in frozen_differences(old, new):
        yield f"`{key}` is frozen: {ALONE}"
    yield from objections_to(charter, new)


def objections_to(charter: Charter, new: Program) -> Iterator[str]:
    """What is wrong with an organisation by itself, one line each."""
    for spec in new.researchers:
        if problem := not_allowed(charter, spec):
            yield problem
        if spec.role.casefold() in PERSONS:
            yield f"the role `{spec.role}` is what ideas of persons are signed with; choose another name"
    roles = Counter(unicodedata.normalize("NFKC", spec.role).casefold() for spec in new.researchers)
    for role in (role for role, times in roles.items() if times > 1):
        yield f"the role `{role}` is there twice, in another spelling"
    if all(spec.role in ADVISERS for spec in new.researchers):
        yield "no researcher proposes changes"
    if sum(spec.count for spec in new.researchers) > MOST_MEMBERS:
        yield f"more than {MOST_MEMBERS} researchers"
    if len(new.body) > LONGEST_BODY:
        yield f"the text has more than {LONGEST_BODY:,} characters"
    if len(parse_body(new.body).ideas) > MOST_IDEAS:
        yield f"more than {MOST_IDEAS} ideas"


def _wrong_lines(was: str, now: str, path: str) -> Iterator[str]:
    """What else differs in the front matter, such as a comment, whose words may be what a command of ours goes by."""
    old, new = _frozen_lines(was, path), _frozen_lines(now, path)
    if old != new:
        line = next((new for old, new in zip(old, new, strict=False) if old != new), "")
        where = f" at `{printable(line.strip(), QUOTED)}`" if line.strip() else ""
        yield f"the front matter differs{where} in lines that are frozen, comments and line ends too: {ALONE}"


def _frozen_lines(text: str, path: str) -> Sequence[str]:
    """All of a program above its Markdown without what is free: the lines of `researchers` and of `gate`, and empty ones."""
    front, body = split_front_matter(text, path)
    above = text[: len(text) - len(body)].splitlines(keepends=True)
    lines = load_front_matter(front, path).lines
    starts = sorted(line for place, line in lines.items() if len(place) == 1)
    free: set[int] = set()
    for key in ("researchers", "gate"):
        start = lines.get((key,))
        if start is None:
            continue
        end = next((line for line in starts if line > start), len(above))  # 1-based: that of the next key, or of the `---`
        while end - 1 > start and (not above[end - 2].strip() or above[end - 2].startswith("#")):
            end -= 1  # what is above the next key belongs to it
        free.update(range(start, end))
    return [line for number, line in enumerate(above, 1) if number not in free and line.strip()]


def _same(spec: ResearcherSpec, allowed: ResearcherSpec) -> bool:
    advises = {spec.role, allowed.role} & set(ADVISERS)
    return not _others(spec, allowed) and (spec.role == allowed.role or not advises)


def _others(spec: ResearcherSpec, allowed: ResearcherSpec) -> Sequence[str]:
    """The keys in which two researchers differ, besides role and count."""
    plain = replace(spec, role=allowed.role, count=allowed.count)
    differing = (field.name for field in fields(spec) if getattr(plain, field.name) != getattr(allowed, field.name))
    return ["patience" if name == "patience_s" else name for name in differing]
