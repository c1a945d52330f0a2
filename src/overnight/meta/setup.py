"""`overnight meta init`: a `meta.md` beside a program, with what is known of it and of this machine."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.errors import UserError
from overnight.files.own import read_unlinked
from overnight.git.repository import Repository
from overnight.meta.charter import META, USUAL_RESEARCHERS, Charter
from overnight.meta.parsing import charter_notes, parse_charter
from overnight.meta.preconditions import check_organisation, check_targets
from overnight.meta.schema import AUDIT_PAIRS
from overnight.program.front_matter import Value, load_front_matter, mapping_in, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, WITHOUT_MODELS, ResearcherSpec
from overnight.program.schema import ResearcherKeys
from overnight.program.writer import flow
from overnight.research.places.orders import LARGEST
from overnight.research.researchers.way import Way
from overnight.research.setup.labs import lab_names

TRIALS, CAMPAIGNS, HOURS = 300, 200, 10
TOKENS, COST_USD = "200k", 20  # if models are asked
SEALED = "lab:plant"  # a family, cheap to try
_BODY = """\
# A better organisation

Change who works, how many, and what they read. Say in the hypothesis why more of what they propose should be proven.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaProposal:
    """What `meta init --json` prints."""

    path: str  # of meta.md
    text: str
    notes: Sequence[str]  # what to know of it
    written: bool


def propose(repository: Repository, ways: Sequence[Way]) -> MetaProposal:
    """The `meta.md` for the program of a repository; `ways` are those to have a researcher on this machine.

    Raises:
        UserError: there is no program, it has mistakes, or there is a meta.md already.
    """
    path = repository.toplevel / META
    if path.exists() or path.is_symlink():
        raise UserError(f"there is a {META} already", fix="edit it, and check it with `overnight meta check`")
    source = _source(repository)
    text = _text(_entries(source, ways), asks=any(way.name == "agent" and way.ready for way in ways))
    charter = parse_charter(text, META)
    check_targets(charter, repository)
    check_organisation(charter, source)
    return MetaProposal(path=str(path), text=text, notes=tuple(_notes(charter)), written=False)


def _source(repository: Repository) -> str:
    try:
        return read_unlinked(repository.toplevel / PROGRAM, LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "write it first, with `overnight init`"
        raise UserError(f"there is no {PROGRAM} in {repository.toplevel} that can be read", fix=fix) from error


def _entries(source: str, ways: Sequence[Way]) -> Sequence[Mapping[str, Value]]:
    """The researchers of the program, then those that this machine has."""
    program = parse_program(source, PROGRAM)
    raw = load_front_matter(split_front_matter(source, PROGRAM)[0], PROGRAM).values.get("researchers")
    listed: list[Value] = raw if isinstance(raw, list) else USUAL_RESEARCHERS
    found = [{key: value for key, value in mapping_in(one).items() if key != "count"} for one in listed]
    known = {_plain(spec) for spec in program.researchers}
    roles = {spec.role for spec in program.researchers}
    for way in ways:
        if not way.ready or "model: NAME" in way.write:
            continue
        entry = {**_read(way.write), "role": _role(way.name, roles)}
        spec = _spec(entry)
        if _plain(spec) not in known:
            known.add(_plain(spec))
            roles.add(spec.role)
            found.append(entry)
    return found


def _read(entry: str) -> Mapping[str, Value]:
    listed = load_front_matter(f"researchers: [{entry}]\n", PROGRAM).values["researchers"]
    return mapping_in(listed[0] if isinstance(listed, list) else None)


def _spec(entry: Mapping[str, Value]) -> ResearcherSpec:
    return ResearcherKeys.model_validate(entry).record()


def _plain(spec: ResearcherSpec) -> ResearcherSpec:
    return replace(spec, role="", count=1)


def _role(name: str, taken: set[str]) -> str:
    """A role named after a way to have a researcher."""
    stem = re.sub(r"\W+", "-", name).strip("-")[:40] or "researcher"
    return next(
        role for number in range(1, len(taken) + 2) if (role := stem if number == 1 else f"{stem}-{number}") not in taken
    )


def _text(entries: Sequence[Mapping[str, Value]], *, asks: bool) -> str:
    paid = any(entry["use"] not in WITHOUT_MODELS for entry in entries)
    lines = [
        "---",
        "# What `overnight meta` does with the organisation of program.md; every key is explained in its docs, meta.md.",
        f"organisation: {PROGRAM}",
        f"# where organisations are tried: folders of repositories, or labs: {', '.join(lab_names())}",
        "targets: [.]",
        "# sealed: an organisation that is better on the targets alone is not kept",
        f"holdout: [{SEALED}]",
        "# what one inner campaign may spend, the same for every organisation",
        f"inner: {{trials: {TRIALS}{f', tokens: {TOKENS}' if paid else ''}, audit_pairs: {AUDIT_PAIRS}}}",
        "# what an organisation may choose from; it sets role and count alone",
        "allowed_researchers:",
        *(f"  - {flow(dict(entry))}" for entry in entries),
        "# what all of it may spend; `overnight meta check` shows what one inner campaign takes",
        f"budget: {{campaigns: {CAMPAIGNS}, hours: {HOURS}{f', cost_usd: {COST_USD}' if paid or asks else ''}}}",
        "gate: {error_rate: 0.1}",
        "# who proposes organisations",
        "researchers:",
        "  - {role: tuner, use: tuner}",
        *(["  - {role: organiser, use: agent}"] if asks else []),
        "---",
        _BODY,
    ]
    return "\n".join(lines)


def _notes(charter: Charter) -> Iterator[str]:
    yield from charter_notes(charter)
    if len(charter.allowed) == 1:
        yield (
            "one researcher is allowed, so little is left to choose: its count, its text if somebody writes one, and "
            "`gate.max_pairs`; add others to `allowed_researchers`"
        )
