"""The researcher of fixed edits."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import holds

from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, Metric, Program, ResearcherSpec
from overnight.research.experiment import Draft
from overnight.research.researchers.port import Assignment, NoIdeas, ProposalFailed
from overnight.research.researchers.scripted import ScriptedResearcher
from overnight.testing import ResearcherConformance, ended

EDITS = (("train.py", "LR = 1", "LR = 2"), ("train.py", "LR = 1", "LR = 3"), ("train.py", "LR = 1", "LR = 4"))


def scripted(*edits: tuple[str, str, str]) -> ScriptedResearcher:
    """A researcher with these edits."""
    return ScriptedResearcher(ResearcherSpec(role="scripted", use="scripted", edits=edits))


def assign(workspace: Path, number: int) -> Assignment:
    """A tree of one file."""
    (workspace / "train.py").write_text("LR = 1\nLR = 1\n")
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("train.py",))
    return Assignment(number=number, role="scripted", program=program, workspace=workspace, brief="", head="c0")


def propose(researcher: ScriptedResearcher, workspace: Path, number: int = 1) -> Draft:
    """One proposal on the tree."""
    return asyncio.run(researcher.propose(assign(workspace, number)))


class TestScriptedResearcher(ResearcherConformance):
    """Scripted edits keep what every researcher promises."""

    kind = ScriptedResearcher

    def make(self, folder: Path) -> ScriptedResearcher:
        """One with three edits."""
        return self.kind(ResearcherSpec(role="scripted", use="scripted", edits=EDITS))

    def assign(self, workspace: Path, number: int) -> Assignment:
        """The tree that they fit."""
        return assign(workspace, number)


class LeavesAFile(ScriptedResearcher):
    """Puts a note beside the files that it may edit."""

    async def propose(self, assignment: Assignment) -> Draft:
        (assignment.workspace / "note.txt").write_text("mine")
        return await super().propose(assignment)


class TalksOnTwoLines(ScriptedResearcher):
    """Says more than a line."""

    async def propose(self, assignment: Assignment) -> Draft:
        draft = await super().propose(assignment)
        return replace(draft, hypothesis=f"{draft.hypothesis}\nand more")


class ChangesNothing(ScriptedResearcher):
    """Has an idea and does not carry it out."""

    async def propose(self, assignment: Assignment) -> Draft:
        return Draft(hypothesis="a good one")


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (LeavesAFile, "test_only_editable_files_differ"),
        (TalksOnTwoLines, "test_hypothesis_is_one_printable_line"),
        (ChangesNothing, "test_same_past_leads_to_a_proposal_after_a_restart"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[ScriptedResearcher], promise: str) -> None:
    """The suite fails for a researcher that breaks one of its promises."""
    suite = TestScriptedResearcher()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)


def test_edits_come_in_order_and_end(tmp_path: Path) -> None:
    """Each proposal is the next edit, at the first place of its old text, and behind the last there are no ideas."""
    researcher, texts = scripted(*EDITS), []
    for _ in EDITS:
        propose(researcher, tmp_path)
        texts.append((tmp_path / "train.py").read_text())
    assert texts == ["LR = 2\nLR = 1\n", "LR = 3\nLR = 1\n", "LR = 4\nLR = 1\n"]
    with pytest.raises(NoIdeas, match="all 3 edits"):
        propose(researcher, tmp_path)


def test_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A new one goes on behind the edits that it is told of, whatever else happened between."""
    before, after = scripted(*EDITS), scripted(*EDITS)
    for number in (1, 2):
        draft = propose(before, tmp_path, number)
        after.learn(ended(number, "scripted", draft, Verdict.DISCARD, gain=0.0))
        after.learn(ended(number + 10, "tuner", Draft(hypothesis="h", notes={"edit": 7}), Verdict.DISCARD, gain=0.0))
    propose(after, tmp_path)
    assert "LR = 4" in (tmp_path / "train.py").read_text()


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (("train.py", "missing\n", "x"), r"edit 1: train.py has no text 'missing\\n'"),
        (("none.py", "a", "b"), "edit 1: none.py is not there"),
        (("../train.py", "LR", "b"), "edit 1: ../train.py is not there"),
    ],
)
def test_an_edit_that_does_not_fit_fails_and_the_next_one_follows(
    tmp_path: Path, edit: tuple[str, str, str], reason: str
) -> None:
    """A missing file or text is named, and does not end the script."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "train.py").write_text("LR")
    researcher = scripted(edit, EDITS[0])
    with pytest.raises(ProposalFailed, match=reason):
        propose(researcher, workspace)
    assert propose(researcher, workspace).notes == {"edit": 1}


def from_file(workspace: Path, text: str) -> ScriptedResearcher:
    """One that reads its edits from a file with this text."""
    (workspace / "edits.jsonl").write_text(text)
    return ScriptedResearcher(ResearcherSpec(role="scripted", use="scripted", edits_file="edits.jsonl"))


def test_edits_of_a_file_come_in_order_and_end(tmp_path: Path) -> None:
    """Each line is an edit, as a list or an object; also the last one without a line end."""
    researcher = from_file(tmp_path, '["train.py", "LR = 1", "LR = 2"]\n{"path": "train.py", "old": "LR = 1", "new": "LR = 3"}')
    assert "LR = 1 -> LR = 2" in propose(researcher, tmp_path).hypothesis
    assert "LR = 1 -> LR = 3" in propose(researcher, tmp_path).hypothesis
    with pytest.raises(NoIdeas, match="all 2 edits"):
        propose(researcher, tmp_path)


def test_goes_on_in_a_file_after_a_restart(tmp_path: Path) -> None:
    """The edits before the one that it is told of are passed over."""
    line = '["train.py", "LR = 1", "LR = {}"]\n'
    researcher = from_file(tmp_path, "".join(line.format(n) for n in range(2, 3000)))
    done = Draft(hypothesis="h", notes={"edit": 1999})
    researcher.learn(ended(1, "scripted", done, Verdict.DISCARD, gain=0.0))
    assert "LR = 2002" in propose(researcher, tmp_path).hypothesis


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("LR = 1", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('["train.py", "LR = 1"]', "is not a list of path, old text and new text"),
        ('["train.py", "LR = 1", 2]', "is not a list of path, old text and new text"),
        ('["train.py", "", "LR"]', "its old text is empty"),
        ('"' + "x" * 5_000_000 + '"', "too long"),
    ],
    ids=["text", "blank", "deep", "two", "number", "empty", "long"],
)
def test_a_line_that_is_no_edit_is_named_and_passed_over(tmp_path: Path, line: str, why: str) -> None:
    """The message has the file and the line; the next line is the next edit."""
    researcher = from_file(tmp_path, f'{line}\n["train.py", "LR = 1", "LR = 2"]\n')
    with pytest.raises(ProposalFailed, match=f"edits.jsonl, line 1: .*{why}"):
        propose(researcher, tmp_path)
    assert "LR = 2" in propose(researcher, tmp_path).hypothesis


def test_a_file_that_is_not_there_ends_the_script(tmp_path: Path) -> None:
    """Nothing is proposed, and the reason names the file."""
    researcher = ScriptedResearcher(ResearcherSpec(role="scripted", use="scripted", edits_file="edits.jsonl"))
    with pytest.raises(NoIdeas, match=r"edits.jsonl cannot be read: No such file"):
        propose(researcher, tmp_path)
