"""The tuner of organisations: each change once on a head, and what was tried decides what comes next."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from overnight.gate.verdict import Conclusion, Verdict
from overnight.meta.parsing import parse_charter
from overnight.meta.researcher import OrganisationTuner
from overnight.program.parser import parse_program
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, NoIdeas

ALLOWED = (
    "[{role: tuner, use: tuner}, {role: reader, use: command, command: read}, {role: blind, use: command, command: guess}]"
)
CHARTER = parse_charter(f"---\ntargets: [lab:plant]\ninner: {{trials: 100}}\nallowed_researchers: {ALLOWED}\n---\n", "meta.md")
FRONT = "---\nmetric: loss\nmeasure: x\nresearchers: [{role: reader, use: command, command: read}]\n---\n"
TEXT = f"{FRONT}# Risk\n\n30 % bold.\n\n# Ideas\n\n- [ ] one (bold)\n- [ ] two (safe)\n- [ ] three (safe)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.md").write_text(TEXT)
    return tmp_path


def proposals(folder: Path, tuner: OrganisationTuner, *, head: str = "h1", first: int = 1) -> Iterator[tuple[Draft, str]]:
    """What it proposes for one head until it has no ideas, with the text."""
    number = first
    while True:
        (folder / "program.md").write_text(TEXT)
        program = parse_program(TEXT, "program.md")
        asked = Assignment(number=number, role="tuner", program=program, workspace=folder, brief="", head=head)
        try:
            draft = anyio.run(tuner.propose, asked)
        except NoIdeas:
            return
        yield draft, (folder / "program.md").read_text()
        number += 1


def ended(draft: Draft, verdict: Verdict, gain: float, *, head: str = "h1", pairs: int = 10) -> Experiment:
    conclusion = Conclusion(verdict=verdict, reason="", gain=gain, pairs=pairs)
    return Experiment(
        number=1, role="tuner", researcher="tuner", hypothesis=draft.hypothesis, base=head, commit="c", tree="t",
        notes=draft.notes, conclusion=conclusion,
    )  # fmt: skip


def test_each_change_is_proposed_once_on_a_head(folder: Path) -> None:
    """In the same order each time, until every one was tried; on another head all of them again."""
    tuner = OrganisationTuner(CHARTER)
    found = list(proposals(folder, tuner))
    texts = [text for _, text in found]
    assert len(set(texts)) == len(texts) > 12 and TEXT not in texts
    assert found == list(proposals(folder, OrganisationTuner(CHARTER)))
    assert {text for _, text in proposals(folder, tuner, head="h2")} == set(texts)


def test_it_opens_with_each_researcher_alone(folder: Path) -> None:
    """Those of the charter, in its order, before anything else; the one that works alone already is not among them."""
    first = [draft.hypothesis for draft, _ in list(proposals(folder, OrganisationTuner(CHARTER)))[:2]]
    assert first == ["Let tuner work alone", "Let blind work alone"]


def test_what_was_tried_before_a_restart_is_not_proposed_again(folder: Path) -> None:
    """It learns what it did from the record."""
    before = [draft for draft, _ in list(proposals(folder, OrganisationTuner(CHARTER)))[:7]]
    tuner = OrganisationTuner(CHARTER)
    for draft in before:
        tuner.learn(ended(draft, Verdict.DISCARD, -1.0))
    after = [draft.hypothesis for draft, _ in proposals(folder, tuner, first=8)]
    assert after and not {draft.hypothesis for draft in before} & set(after)


def first_kinds(folder: Path, kind: str, verdict: Verdict, gain: float) -> Counter[object]:
    """The kinds of first proposals on many heads, after changes of one kind ended in the same way."""
    found = {draft.notes["kind"]: draft for draft, _ in proposals(folder, OrganisationTuner(CHARTER))}
    known = found[kind]
    counted: Counter[object] = Counter()
    tuner = OrganisationTuner(CHARTER)
    tuner.learn(ended(found["count"], Verdict.KEEP, 1.0))  # the opening is over
    for _ in range(4):
        tuner.learn(ended(known, verdict, gain))
    for head in range(30):
        counted[next(proposals(folder, tuner, head=f"h{head + 2}"))[0].notes["kind"]] += 1
    return counted


@pytest.mark.parametrize("kind", ["risk", "add"])
def test_kinds_that_were_kept_come_sooner(folder: Path, kind: str) -> None:
    """And those that were worse come later."""
    kept, worse = (
        first_kinds(folder, kind, verdict, gain)[kind] for verdict, gain in ((Verdict.KEEP, 1.0), (Verdict.DISCARD, -1.0))
    )
    assert kept > 2 * worse


def test_two_near_misses_are_tried_as_one(folder: Path) -> None:
    """Once, before anything else; if they exclude each other they are not."""
    found = {str(draft.notes["kind"]): draft for draft, _ in proposals(folder, OrganisationTuner(CHARTER))}
    tuner = OrganisationTuner(CHARTER)
    for kind in ("add", "risk"):
        tuner.learn(ended(found[kind], Verdict.DISCARD, 0.5))
    (both, text), (other, _), *_ = list(proposals(folder, tuner))
    assert both.notes["kind"] == "add and risk" and " and " not in str(other.notes["kind"])
    one, two = parse_program(TEXT, "program.md"), parse_program(text, "program.md")
    assert len(two.researchers) == len(one.researchers) + 1 and two.body != one.body
    tuner = OrganisationTuner(CHARTER)
    for kind in ("only", "only"):
        tuner.learn(ended(found[kind], Verdict.DISCARD, 0.5))
    assert " and " not in str(next(proposals(folder, tuner))[0].notes["kind"])
