"""A model that attacks the editor: names, links, sizes and shapes of its edits."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_run import Answer, FakeModels, FakeRun

from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.editor.applying import apply
from overnight.agents.editor.edit import DoesNotApply
from overnight.agents.editor.editor import editor_agent
from overnight.agents.editor.form import EditForm
from overnight.agents.editor.own_edits import OwnEdits
from overnight.agents.editor.reading import read_answer
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.asking.bounds import WORDS
from overnight.program.program import Direction, Metric, Program
from overnight.research.researchers.agent_researcher import AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed

PROGRAM = Program(
    path="program.md",
    metric=Metric(name="loss", direction=Direction.MINIMIZE),
    editable=("src/", "train.py"),
    hidden=("src/secret.py",),
    measure="python train.py",
)
FILES = {"train.py": "LR = 1\n", "score.py": "print(1)\n", "src/model.py": "DEPTH = 3\n", "src/secret.py": "ANSWER = 42\n"}


def tree(folder: Path) -> Mapping[str, str]:
    """Every file and link below a folder, with its text or its target."""
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_text() for path in found}


def attack(
    tmp_path: Path, *answers: Answer, form: EditForm = EditForm.SEARCH_REPLACE
) -> tuple[FakeRun, Mapping[str, str], str]:
    """What a proposal leaves in its workspace, beside which lies a file of the user's; and why there is none."""
    (tmp_path / "mine.py").write_text("MINE = 1\n")
    folder = tmp_path / "work"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "src/link.py").unlink(missing_ok=True)
    (folder / "src/link.py").symlink_to(tmp_path / "mine.py")
    (folder / "src/up").unlink(missing_ok=True)
    (folder / "src/up").symlink_to(tmp_path)
    before, run = tree(folder), FakeRun(answers=answers)
    executor, spec = ProcessExecutor(slots=1, search_path=""), AgentSpec(use="editor", edit_form=form)
    context = AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=tmp_path, slot=0, models=FakeModels(run=run))
    assignment = Assignment(
        number=1, role="r", program=PROGRAM, workspace=folder, brief="b", head="", changed=lambda: tree(folder) != before
    )
    fault = ""
    try:
        asyncio.run(AgentResearcher(editor_agent(context)).propose(assignment))
    except ProposalFailed as failed:
        fault = str(failed)
    assert (tmp_path / "mine.py").read_text() == "MINE = 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.py", "work"]
    after = tree(folder)
    return run, {path: text for path, text in after.items() if before.get(path) != text}, fault


OUTSIDE = ["../mine.py", "src/../../mine.py", "/etc/passwd", "src/up/mine.py", "src/link.py", "src/up/new.py"]
FROZEN = ["score.py", "src/secret.py", ".git/hooks/post-checkout", "src/.git/config", "src/.gitattributes", "src"]
ODD = ["src/a\u202eb.py", "src/" + "x" * 300]


@pytest.mark.parametrize("path", [*OUTSIDE, *FROZEN, *ODD])
@pytest.mark.parametrize("old", ["", "MINE = 1", "ANSWER = 42", "print(1)"])
def test_no_name_leads_out_of_the_editable_files(tmp_path: Path, path: str, old: str) -> None:
    """Ways up, absolute ones, links, folders, git's own, hidden and frozen files: nothing is changed, and a reason is given."""
    block = f"{path}\n<<<<<<< SEARCH {path}\n{old}\n=======\nOWNED = 1\n>>>>>>> REPLACE\nHYPOTHESIS: mine"
    _, changed, fault = attack(tmp_path, block)
    assert changed == {}
    assert fault.isprintable() and fault


def test_hidden_and_linked_files_are_not_sent(tmp_path: Path) -> None:
    """A model sees the editable files of the folder alone."""
    run, _, _ = attack(tmp_path, "nothing")
    asked = str(run.bodies)
    assert "DEPTH = 3" in asked
    assert not any(word in asked for word in ("ANSWER", "MINE", "print(1)"))


def test_a_huge_answer_ends_with_a_reason(tmp_path: Path) -> None:
    """Megabytes of markers, lines or names, and nests that no parser takes, are refused and not repeated in full."""
    block = "train.py\n<<<<<<< SEARCH\nLR = 1\n=======\n{}\n>>>>>>> REPLACE\n"
    nests = [block.format("LR = " + "(" * 20_000), block.format("LR = " + "-" * 50_000 + "1"), block.format("LR = 1\0")]
    floods = [
        "<<<<<<< SEARCH\n" * 300_000,
        "--- a/train.py\n" * 300_000,
        "```\n" * 500_000,
        "-a\n+b\n" * 300_000,
        " " * 3_000_000,
    ]
    for answer in (*nests, *floods):
        run, changed, fault = attack(tmp_path, answer)
        assert (changed, bool(fault)) == ({}, True)
        assert len(str(run.bodies[-1])) < 200_000


def block(old: str, new: str = "z", path: str = "a.txt") -> str:
    """An edit of some lines."""
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


SAME = "x\n" * 190_000
OWN = "".join(f"line{at}\n" for at in range(30_000))
LIKE = {f"{name}.txt": "".join(f"{'ab' * 60}{name}{at}{'ba' * 60}\n" for at in range(100)) for name in range(200)}
NEAR = [f"{'ab' * 60}c{at}{'ba' * 50}" for at in range(50)]
SQUARES = {
    "fences": ("```a\n" * 12_000 + "<<<<<<< SEARCH\n", {}),
    "a block that is nearly everywhere": (block("x\n" * 30_000 + "y"), {"a.txt": SAME}),
    "a block that is everywhere": (block("x\n" * 15_000 + "x"), {"a.txt": SAME}),
    "an indented block that is everywhere": (block(" x\n" * 10_000 + " x"), {"a.txt": SAME}),
    "a part of a long line": (block("a" * 20_000 + "b"), {"a.txt": "a" * 400_000}),
    "a part of a long line that is there": (block("a" * 20_000), {"a.txt": "b" + "a" * 390_000}),
    "hunks": ("a.txt\n```diff\n" + "".join(f"@@\n-line{at}\n+{at}\n" for at in range(3000)) + "```\n", {"a.txt": OWN}),
    "similar lines of many files": ("".join(block(each, path="") for each in NEAR), LIKE),
    "similar lines of one file": ("".join(block(each) for each in NEAR), {"a.txt": "".join(LIKE.values())[:390_000]}),
    "parts of a key": (f"a.toml\n```\n{'a.' * 30_000}a = 1\n```\n", {}),
}


@pytest.mark.parametrize("case", SQUARES)
def test_no_answer_takes_the_square_of_its_length(case: str) -> None:
    """A short answer is refused, also if another one made its file to fit; each held up a campaign for minutes."""
    answer, texts = SQUARES[case]
    form = EditForm.FILE if case == "parts of a key" else EditForm.SEARCH_REPLACE
    assert len(answer) <= WORDS
    with pytest.raises(DoesNotApply):
        apply(read_answer(answer, form, texts).edits, texts, lambda _: True)


def test_a_large_edit_is_remembered_without_being_compared_with_the_file() -> None:
    """What changes in a file whose lines all come again and again is found in one pass."""
    before, after = ("".join(f"{at * step % 120}\n" for at in range(60_000)) for step in (1, 7))
    own = OwnEdits()
    own.add({"a": before}, {"a": after})
    assert not own.is_new({"a": before}, {"a": after})
    assert own.is_new({"a": after}, {"a": before})


MARKS = ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "@@ @@", "--- /dev/null", "+++ b/src/up/x.py"]
NAMES = ["train.py", "../mine.py", "src/link.py", "src/new.py", "src/up/x.py"]
PIECES = st.sampled_from([*MARKS, *NAMES, "-LR = 1", "+LR = 2", " LR = 1", "LR = 1", "DEPTH = 3", "OWNED = 1", ""])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(lines=st.lists(PIECES, max_size=25), form=st.sampled_from(EditForm))
def test_whatever_it_answers_only_editable_files_change(tmp_path: Path, lines: list[str], form: EditForm) -> None:
    """Any mixture of names and edits changes editable files, or nothing."""
    for path in (tmp_path / "work/src").glob("n*"):
        path.unlink()
    _, changed, _ = attack(tmp_path, "\n".join(lines), form=form)
    assert changed.keys() <= {"train.py", "src/model.py", "src/new.py"}
