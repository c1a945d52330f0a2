"""The single changes of an organisation that its tuner knows, each as a text that parses as what it is meant to be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.errors import ProgramError
from overnight.git.port import FileChange
from overnight.meta.charter import USUAL_RESEARCHERS, Charter
from overnight.meta.organisation import MOST_MEMBERS, objections
from overnight.meta.rewriting import (
    has_risks,
    with_bold,
    with_idea_first,
    with_max_pairs,
    with_member,
    with_new_member,
    without_idea,
)
from overnight.program.front_matter import Value, load_front_matter, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.program import WITHOUT_MODELS
from overnight.research.charter import Charter as Words
from overnight.research.charter import parse_charter

MAX_PAIRS = (10, 20, 30, 60, 100)
SHARES = (0.1, 0.3, 0.6, 0.9)  # of bold ideas
CLOSE = 0.15  # a share this near to the present one is no change worth a test

Entry = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One change."""

    kind: str
    subject: str  # what it is about: a role, an idea
    what: str  # in words; the same on another organisation if it is the same change there
    text: str  # of the program after it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What a program says, as far as a move may change it, and the rest of it."""

    members: Sequence[tuple[str, int]]  # roles and counts
    uses: Sequence[str]
    max_pairs: int
    words: Words

    @property
    def ideas(self) -> list[str]:
        """Those that are open."""
        return [idea.text for idea in self.words.ideas if not idea.done]


def moves(charter: Charter, text: str) -> Iterator[Move]:
    """Every single change of an organisation that can be made in its text, and may be."""
    path = charter.organisation
    now = _standing(text, path)
    front = load_front_matter(split_front_matter(text, path)[0], path).values.get("researchers")
    written = front if isinstance(front, list) else []
    known = {text}
    for kind, subject, what, made, meant in (
        *_of_members(charter, text, now, [dict(one) for one in written if isinstance(one, dict)]),
        *_of_pairs(text, path, now),
        *_of_ideas(charter, text, now),
    ):
        if made is not None and made not in known and _is_meant(charter, text, made, meant):
            known.add(made)
            yield Move(kind=kind, subject=subject, what=what, text=made)


_Made = tuple[str, str, str, str | None, _Standing]  # kind, subject, words, text, what it is meant to say


def _standing(text: str, path: str) -> _Standing:
    program = parse_program(text, path)
    members = tuple((spec.role, spec.count) for spec in program.researchers)
    uses = tuple(spec.use for spec in program.researchers)
    return _Standing(members=members, uses=uses, max_pairs=program.gate.max_pairs, words=parse_charter(program.body))


def _is_meant(charter: Charter, before: str, made: str, meant: _Standing) -> bool:
    path = charter.organisation
    try:
        found = _standing(made, path)
    except ProgramError:
        return False
    found = replace(found, uses=meant.uses, words=replace(found.words, ideas=(), bold_stated=False))
    ideas = [idea.text for idea in _standing(made, path).words.ideas if not idea.done]
    same = found == replace(meant, words=replace(meant.words, ideas=(), bold_stated=False, risk=found.words.risk))
    change = FileChange(path=path, content=made.encode())
    return same and ideas == meant.ideas and not objections(charter, [change], {path: before.encode()})


def _of_members(charter: Charter, text: str, now: _Standing, members: Sequence[Entry]) -> Iterator[_Made]:
    path, roles = charter.organisation, [role for role, _ in now.members]
    allowed = {str(entry.get("role")): dict(entry) for entry in charter.allowed_raw}
    for role, entry in allowed.items():
        count = int(str(entry.get("count", 1)))
        if roles != [role] and members:
            kept = roles.index(role) if role in roles else None
            made: str | None = text if kept is not None else with_member(text, path, 0, entry)
            for index in [at for at in reversed(range(len(roles))) if at != (kept or 0)]:
                made = with_member(made, path, index, None) if made else None
            alone = (now.members[kept],) if kept is not None else ((role, count),)
            yield "only", role, f"Let {role} work alone", made, replace(now, members=alone)
        if role in roles:
            continue
        more = with_new_member(text, path, entry, [*map(dict, members)] or USUAL_RESEARCHERS)
        yield "add", role, f"Add {role}", more, replace(now, members=(*now.members, (role, count)))
        for index, old in enumerate(roles) if len(roles) > 1 else ():
            others = (*now.members[:index], (role, count), *now.members[index + 1 :])
            other = with_member(text, path, index, entry)
            yield "replace", role, f"Replace {old} by {role}", other, replace(now, members=others)
    for index, member in enumerate(members):
        yield from _of_member(path, text, now, index, member)


def _of_member(path: str, text: str, now: _Standing, index: int, member: Entry) -> Iterator[_Made]:
    role, count = now.members[index]
    before, behind = now.members[:index], now.members[index + 1 :]
    if len(now.members) > 1:
        less = with_member(text, path, index, None)
        yield "remove", role, f"Remove {role}", less, replace(now, members=(*before, *behind))
    for other in (count + 1, count - 1):
        if other and sum(many for _, many in now.members) - count + other <= MOST_MEMBERS:
            entry = {**member, "count": other}
            meant = replace(now, members=(*before, (role, other), *behind))
            yield "count", role, f"Have {other} of {role}, not {count}", with_member(text, path, index, entry), meant


def _of_pairs(text: str, path: str, now: _Standing) -> Iterator[_Made]:
    fewer = [pairs for pairs in MAX_PAIRS if pairs < now.max_pairs][-1:]
    more = [pairs for pairs in MAX_PAIRS if pairs > now.max_pairs][:1]
    for pairs in (*fewer, *more):
        what = f"Give a proof {pairs} pairs at most, not {now.max_pairs}"
        yield "pairs", "pairs", what, with_max_pairs(text, path, pairs), replace(now, max_pairs=pairs)


def _of_ideas(charter: Charter, text: str, now: _Standing) -> Iterator[_Made]:
    if set(now.uses) <= WITHOUT_MODELS:
        return
    body = split_front_matter(text, charter.organisation)[1]
    head = text.removesuffix(body)

    def with_body(made: str | None) -> str | None:
        return None if made is None else head + made

    words = now.words
    if has_risks(words):
        for share in (share for share in SHARES if abs(share - words.bold) >= CLOSE):
            what = f"Take {share * 100:.0f} % bold ideas, not {words.bold * 100:.0f} %"
            yield "risk", "bold", what, with_body(with_bold(body, share)), replace(now, words=replace(words, bold=share))
    if all(target.fixed for target in charter.targets):
        return  # there the queue is the target's own
    for idea in words.ideas:
        if idea.done:
            continue
        others = tuple(one for one in words.ideas if one is not idea)
        if now.ideas[0] != idea.text:
            first = replace(now, words=replace(words, ideas=(idea, *others)))
            yield "first", idea.text, f"Try this idea first: {idea.text}", with_body(with_idea_first(body, idea.text)), first
        without = replace(now, words=replace(words, ideas=others))
        yield "drop", idea.text, f"Drop this idea: {idea.text}", with_body(without_idea(body, idea.text)), without
