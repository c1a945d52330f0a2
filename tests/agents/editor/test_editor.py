"""The editor: one request, one edit, one repair; with a scripted `ModelRun`, and through the researcher that campaigns use."""

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scripted_run import Answer, FakeModels, FakeRun

from overnight.agents.agent import Agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.editor.editor import editor_agent
from overnight.agents.editor.form import EditForm
from overnight.agents.editor.prompt import ADVISE, AGAIN, CUT, NO_EDIT
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.agents.together import find_together
from overnight.agents.transcript import Transcript
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.agent_researcher import AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.testing import ResearcherConformance

BRIEF = "# Brief\nMake it better.\n"
FILES = {"train.py": "LR = 1\n\nprint(LR)\n", "eval.py": "print('frozen')\n"}
DONE = "HYPOTHESIS: a larger LR learns faster"
TOO_LONG = RequestRefused("p refuses the request: 400 prompt is too long", status=400, too_long=True)


def answer(old: str = "LR = 1", new: str = "LR = 2", path: str = "train.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n{DONE}"


def context(tmp_path: Path, run: FakeRun, **spec: Any) -> AgentContext:
    """What the editor is given; it starts no process."""
    executor = ProcessExecutor(slots=1, search_path="")
    agent = AgentSpec(use="editor", **spec)
    return AgentContext(
        spec=agent,
        executor=executor,
        limits=Limits(),
        scratch=tmp_path,
        slot=0,
        models=FakeModels(run=run),
        keep_transcript=keep,
    )


kept: list[Transcript] = []


def keep(_task: Task, transcript: Transcript) -> None:
    kept[:] = [transcript]


def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def fits() -> str:
    """Nothing speaks against what was edited."""
    return ""


def turn(agent: Agent, folder: Path, brief: str = BRIEF, *, advises: bool = False, objection: Callable[[], str] = fits) -> Turn:
    """One session of one turn, in which only `train.py` and new files of a folder may be edited."""
    may_edit: Callable[[str], bool] = lambda path: path == "train.py" or path.startswith("new/")  # noqa: E731
    task = Task(folder=folder, role="explorer", advises=advises, may_edit=may_edit, objection=objection)

    async def walk() -> Turn:
        async with agent.open(task) as session:
            return await session.turn(brief)

    return asyncio.run(walk())


def sent(run: FakeRun, request: int = 0) -> str:
    """All that a request says."""
    return "\n".join(str(message["content"]) for message in run.bodies[request]["messages"])


def edited(tmp_path: Path, *answers: Answer, **spec: Any) -> tuple[FakeRun, Turn, str]:
    """The run, the turn, and `train.py` afterwards."""
    run, folder = FakeRun(answers=answers), workspace(tmp_path)
    ended = turn(editor_agent(context(tmp_path, run, **spec)), folder)
    return run, ended, (folder / "train.py").read_text()


def test_one_request_makes_one_edit(tmp_path: Path) -> None:
    """The request has brief, editable files and an example, but no tool; the edit is made, the hypothesis said."""
    run, ended, text = edited(tmp_path, answer())
    assert (text, ended.fault, ended.text.splitlines()[-1]) == ("LR = 2\n\nprint(LR)\n", "", DONE)
    [body] = run.bodies
    assert "tools" not in body
    assert all(part in sent(run) for part in ("Make it better.", "train.py\n```\nLR = 1", ">>>>>>> REPLACE"))
    assert "frozen" not in sent(run)


@pytest.mark.parametrize("form", list(EditForm))
def test_the_prompt_shows_the_form_that_the_program_names(tmp_path: Path, form: EditForm) -> None:
    """Each form has one example, and no other is shown."""
    marks = {
        EditForm.SEARCH_REPLACE: "<<<<<<< SEARCH",
        EditForm.DIFF: "@@ @@",
        EditForm.LINES: "+ WIDTH",
        EditForm.FILE: "in full",
    }
    run, _, _ = edited(tmp_path, answer(), edit_form=form)
    assert [mark in sent(run) for mark in marks.values()] == [each is form for each in marks]


def test_what_does_not_fit_may_be_repaired_once(tmp_path: Path) -> None:
    """The second request has the first answer, what was wrong and the nearest lines; its edit is made."""
    run, ended, text = edited(tmp_path, answer("LR = 7"), answer())
    assert (text, ended.fault) == ("LR = 2\n\nprint(LR)\n", "")
    assert "edit 1 of train.py: these lines are not in the file:\n    LR = 7" in sent(run, 1)
    assert "most similar lines of the file are:\n    LR = 1" in sent(run, 1)
    assert [message["role"] for message in run.bodies[1]["messages"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("form", list(EditForm))
def test_earlier_changes_may_be_put_together_without_an_edit(tmp_path: Path, form: EditForm) -> None:
    """One request; the words have the numbers, and the file is as it was."""
    run, ended, text = edited(tmp_path, f"Both may help.\n\nTOGETHER: #3 #5\n{DONE}", edit_form=form)
    assert (text, ended.fault, len(run.bodies)) == (FILES["train.py"], "", 1)
    assert find_together(ended.text) == (3, 5)


def test_an_edit_beside_earlier_changes_is_not_judged_alone(tmp_path: Path) -> None:
    """What would be said against it holds of a part only."""
    run, folder = FakeRun(answers=[answer().replace(DONE, f"TOGETHER: #3\n{DONE}")]), workspace(tmp_path)
    ended = turn(editor_agent(context(tmp_path, run)), folder, objection=lambda: "it was tried before")
    assert (ended.fault, find_together(ended.text), len(run.bodies)) == ("", (3,), 1)
    assert "LR = 2" in (folder / "train.py").read_text()


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("Should I edit the file?", NO_EDIT),
        ("", NO_EDIT),
        (answer("LR = 1", "LR = ("), "train.py cannot be parsed after the edits"),
        (answer("frozen", "thawed", "eval.py"), "`eval.py` is not a file that you may change"),
        (("ls",), NO_EDIT),
        ({"choices": [{"message": {"content": answer()}, "finish_reason": "length"}]}, CUT),
    ],
)
def test_there_is_one_repair_and_then_an_end(tmp_path: Path, first: Answer, why: str) -> None:
    """An answer that is no better the second time ends the turn with the reason; nothing is changed, and nothing is run."""
    run, ended, text = edited(tmp_path, first)
    assert len(run.bodies) == 2
    assert why in sent(run, 1) and why in ended.fault
    assert text == FILES["train.py"]
    assert "\n" not in ended.fault and "\\n" not in ended.fault


def test_the_transcript_says_what_was_wrong(tmp_path: Path) -> None:
    """A person can see both answers, and why the first was not taken."""
    edited(tmp_path, answer("LR = 7"), answer())
    [transcript] = kept
    assert [entry.kind for entry in transcript.entries] == ["Prompt", "Output", "Agent", "Output", "Agent"]
    assert "train.py" in transcript.entries[1].text


def test_its_last_edits_are_shown_and_refused(tmp_path: Path) -> None:
    """The next session shows what it tried, as long as that could be made again; the same edit is asked to be another."""
    run = FakeRun(answers=[answer(), answer(), answer("LR = 1", "LR = 3"), answer("LR = 5", "LR = 6")])
    agent, folder = editor_agent(context(tmp_path, run)), workspace(tmp_path)
    assert turn(agent, folder).fault == ""
    assert "-LR = 1" not in sent(run, 0)
    workspace(tmp_path)  # the head has not moved
    assert turn(agent, folder).fault == ""
    assert "    -LR = 1\n    +LR = 2" in sent(run, 1)
    assert AGAIN in sent(run, 2)
    (folder / "train.py").write_text("LR = 5\n")  # another head, without those lines
    assert turn(agent, folder).fault == ""
    assert "-LR = 1" not in sent(run, 3)


def test_an_edit_that_would_be_rejected_is_undone_and_may_be_another_once(tmp_path: Path) -> None:
    """The model is told what speaks against it; the files are as they were before its second answer is read."""
    folder = workspace(tmp_path)
    seen: list[bool] = []

    def objection() -> str:
        seen.append((folder / "new" / "a.py").exists())
        return "the same change was tried in experiment 3" if "LR = 2" in (folder / "train.py").read_text() else ""

    both = f"new/a.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n\n{answer()}"
    run = FakeRun(answers=[both, answer("LR = 1", "LR = 3")])
    assert turn(editor_agent(context(tmp_path, run)), folder, objection=objection).fault == ""
    assert "would be rejected: the same change was tried in experiment 3" in sent(run, 1)
    assert seen == [True, False]
    assert (folder / "train.py").read_text() == "LR = 3\n\nprint(LR)\n"
    assert sorted(path.name for path in folder.rglob("*.py")) == ["eval.py", "train.py"]


def test_an_edit_that_would_be_rejected_twice_is_none(tmp_path: Path) -> None:
    """The turn ends with the reason, and nothing is changed."""
    folder = workspace(tmp_path)
    run = FakeRun(answers=[answer(), answer("LR = 1", "LR = 3")])
    ended = turn(editor_agent(context(tmp_path, run)), folder, objection=lambda: "it was tried in experiment 3")
    assert "it was tried in experiment 3" in ended.fault
    assert len(run.bodies) == 2
    assert (folder / "train.py").read_text() == FILES["train.py"]


def test_it_advises_in_words(tmp_path: Path) -> None:
    """A director or a critic answers in words: no form is shown, and an edit in its answer is not made."""
    run, folder = FakeRun(answers=[answer()]), workspace(tmp_path)
    ended = turn(editor_agent(context(tmp_path, run)), folder, advises=True)
    assert ended == Turn(text=answer())
    assert (folder / "train.py").read_text() == FILES["train.py"]
    assert sent(run).startswith(ADVISE) and "LR = 1" in sent(run) and "focused edit now" not in sent(run)


def test_without_a_model_it_says_so(tmp_path: Path) -> None:
    """A provider that is paused ends the turn with its reason, also in the middle."""
    for answers in (
        [ModelsParked("all are out of quota", wait_s=9.0)],
        ["hm", ModelsParked("all are out of quota", wait_s=9.0)],
    ):
        with pytest.raises(ModelsParked, match="all are out of quota"):
            edited(tmp_path, *answers)
        assert (tmp_path / "workspace" / "train.py").read_text() == FILES["train.py"]


def test_it_speaks_every_wire(tmp_path: Path) -> None:
    """The same edit comes back from a provider that speaks Anthropic messages."""
    run, folder = FakeRun(answers=[answer()], wire=Wire.ANTHROPIC), workspace(tmp_path)
    assert turn(editor_agent(context(tmp_path, run)), folder).fault == ""
    assert (folder / "train.py").read_text().startswith("LR = 2")
    assert "tools" not in run.bodies[0]


def test_a_small_context_gets_a_part_of_a_large_file(tmp_path: Path) -> None:
    """A file beyond the limit is shown in parts, with notes; a line that was not shown can be edited all the same."""
    run, folder = FakeRun(answers=[answer("X29999 = 1", "X29999 = 2")]), workspace(tmp_path)
    (folder / "train.py").write_text("".join(f"X{n} = 1\n" for n in range(30_000)))
    assert turn(editor_agent(context(tmp_path, run)), folder).fault == ""
    assert "are left out here ...]" in sent(run)
    assert len(json.dumps(run.bodies[0])) < 80_000
    assert "X29999 = 2\n" in (folder / "train.py").read_text()


PROGRAM = Program(
    path="program.md",
    metric=Metric(name="loss", direction=Direction.MINIMIZE),
    editable=("train.py",),
    measure="python train.py",
)


def assign(folder: Path, number: int) -> Assignment:
    """An assignment in a folder, which is filled."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return Assignment(
        number=number,
        role="explorer",
        program=PROGRAM,
        workspace=folder,
        brief=BRIEF,
        head="",
        changed=lambda: (folder / "train.py").read_text() != FILES["train.py"],
    )


def propose(tmp_path: Path, *answers: Answer) -> Draft:
    """A proposal through the researcher of campaigns."""
    researcher = AgentResearcher(editor_agent(context(tmp_path, FakeRun(answers=answers))))
    return asyncio.run(researcher.propose(assign(workspace(tmp_path), 1)))


def test_a_campaign_gets_its_hypothesis_and_tokens(tmp_path: Path) -> None:
    """A draft has the marked line, and the tokens of both requests if there were two."""
    assert propose(tmp_path, "hm", answer()) == Draft(hypothesis=DONE.removeprefix("HYPOTHESIS: "), tokens=220, cost_usd=1.0)


def test_a_useless_answer_is_no_proposal(tmp_path: Path) -> None:
    """It is not asked a third time, as an agent with a shell would be."""
    with pytest.raises(ProposalFailed, match=NO_EDIT) as failed:
        propose(tmp_path, "hm", "hm", answer())
    assert failed.value.hindrance is None  # nothing kept it from working


@pytest.mark.parametrize("full", [1, 2])
def test_a_request_that_is_too_long_is_shortened(tmp_path: Path, full: int) -> None:
    """Less of the files goes with it then, and the answer may be shorter."""
    run, folder = FakeRun(answers=[*[TOO_LONG] * full, answer()]), workspace(tmp_path)
    with (folder / "train.py").open("a") as file:
        file.writelines(f"\nX{n} = 1\n" for n in range(2000))
    assert turn(editor_agent(context(tmp_path, run)), folder).fault == ""
    sizes = [len(sent(run, at)) for at in range(full + 1)]
    assert all(after < 0.7 * before for before, after in pairwise(sizes))
    assert [body["max_completion_tokens"] for body in run.bodies] == [8192, 2048, 1024][: full + 1]


def test_what_is_still_too_long_is_said(tmp_path: Path) -> None:
    """After two shorter tries the provider's words are the reason."""
    run = FakeRun(answers=[TOO_LONG])
    with pytest.raises(TurnFailed, match="prompt is too long"):
        turn(editor_agent(context(tmp_path, run)), workspace(tmp_path))
    assert len(run.bodies) == 3


class TestEditor(ResearcherConformance):
    """The editor keeps what every researcher promises."""

    def make(self, folder: Path) -> AgentResearcher:
        """An editor whose model answers something else each time."""
        answers = [answer(new=f"LR = {n}") for n in range(2, 9)]
        return AgentResearcher(editor_agent(context(folder, FakeRun(answers=answers))))

    def assign(self, workspace: Path, number: int) -> Assignment:
        """The tree that it edits."""
        return assign(workspace, number)
