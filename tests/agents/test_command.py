"""The researcher that can be any command, with real processes."""

import asyncio
import os
from pathlib import Path

import pytest

from overnight.agents.command import command_agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.errors import UserError
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.agent_researcher import AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.testing import ResearcherConformance

SEARCH_PATH = os.environ.get("PATH", os.defpath)
EDIT = "sed -i 's/LR = 1/LR = 2/' train.py; echo 'raise LR'"


def command(scratch: Path, text: str, limits: Limits | None = None) -> AgentResearcher:
    """A researcher that runs this shell text."""
    executor = ProcessExecutor(slots=1, search_path=SEARCH_PATH)
    spec = AgentSpec(use="command", command=text)
    context = AgentContext(spec=spec, executor=executor, limits=limits or Limits(wall_s=20), scratch=scratch, slot=0)
    return AgentResearcher(command_agent(context))


def assign(workspace: Path, number: int) -> Assignment:
    """A tree with one file, and a brief."""
    (workspace / "train.py").write_text("LR = 1\n")
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("train.py",))
    return Assignment(number=number, role="agent", program=program, workspace=workspace, brief="# Brief\né\n", head="c0")


def propose(tmp_path: Path, text: str, limits: Limits | None = None) -> Draft:
    """One proposal in `tmp_path/workspace`; output goes to `tmp_path/scratch`."""
    for name in ("workspace", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    researcher = command(tmp_path / "scratch", text, limits)
    return asyncio.run(researcher.propose(assign(tmp_path / "workspace", 1)))


class TestCommandResearcher(ResearcherConformance):
    """A command keeps what every researcher promises."""

    def make(self, folder: Path) -> AgentResearcher:
        """A command that edits with sed."""
        return command(folder, EDIT)

    def assign(self, workspace: Path, number: int) -> Assignment:
        """The tree that it edits."""
        return assign(workspace, number)


def test_the_brief_comes_on_stdin_and_as_a_file_and_goes(tmp_path: Path) -> None:
    """Both have the brief; neither it nor the captured output is left afterwards."""
    propose(tmp_path, 'cat > stdin.txt; cp "$OVERNIGHT_BRIEF" file.txt; echo done')
    workspace = tmp_path / "workspace"
    assert (workspace / "stdin.txt").read_text() == (workspace / "file.txt").read_text() == "# Brief\né\n"
    assert sorted(path.name for path in workspace.iterdir()) == ["file.txt", "stdin.txt", "train.py"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_users_own_file_of_that_name_stays(tmp_path: Path) -> None:
    """A repository that has a file with the brief's name keeps it, and the brief gets another name."""
    (tmp_path / "workspace").mkdir()
    own = tmp_path / "workspace" / ".overnight-brief.md"
    own.write_text("mine")
    draft = propose(tmp_path, 'head -n1 "$OVERNIGHT_BRIEF"')
    assert draft.hypothesis == "# Brief"
    assert own.read_text() == "mine"
    assert sorted(path.name for path in own.parent.iterdir()) == [own.name, "train.py"]


@pytest.mark.parametrize(
    ("text", "hypothesis"),
    [
        ("echo one; echo two; echo; echo '  '", "two"),
        ("echo 'HYPOTHESIS: a'; echo 'HYPOTHESIS: b '; echo bye", "b"),
        ("echo 'HYPOTHESIS:'; echo bye", "bye"),
        ("printf 'a\\033[31mb\\n'", "a\\x1b[31mb"),
        ("echo out; echo err >&2", "err"),
        ("printf '\\377\\n'", "�"),
    ],
)
def test_hypothesis_is_the_marked_line_else_the_last(tmp_path: Path, text: str, hypothesis: str) -> None:
    """The last marked line with text, else the last line, with escapes made visible."""
    assert propose(tmp_path, text).hypothesis == hypothesis


def test_long_output_is_cut(tmp_path: Path) -> None:
    """An endless line is cut to a readable length."""
    assert len(propose(tmp_path, "head -c 300000 /dev/zero | tr '\\0' x").hypothesis) == 300


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo broken; exit 3", "the command exited with 3: broken"),
        ("true", "the command said nothing"),
        ("no-such-tool", "the command exited with 127: .*no-such-tool"),
        ("kill -9 $$", "the command exited with -9"),
    ],
)
def test_failures_are_one_line(tmp_path: Path, text: str, reason: str) -> None:
    """If a command fails or prints nothing, the proposal fails with a reason."""
    with pytest.raises(ProposalFailed, match=reason):
        propose(tmp_path, text)
    assert not (tmp_path / "workspace" / ".overnight-brief.md").exists()


def test_a_limit_is_a_failure(tmp_path: Path) -> None:
    """A command that exceeds a limit is ended, and the reason names the limit."""
    with pytest.raises(ProposalFailed, match=r"the command was ended \(wall\)"):
        propose(tmp_path, "echo busy; sleep 60", Limits(wall_s=0.2))


def test_the_environment_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our own environment reaches the command."""
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    assert propose(tmp_path, "env | grep -c SECRET_KEY || echo none").hypothesis == "none"


@pytest.mark.parametrize(
    "trick",
    [
        'rm "$OVERNIGHT_BRIEF"',
        'rm "$OVERNIGHT_BRIEF"; ln -s ../outside "$OVERNIGHT_BRIEF"',
        'rm "$OVERNIGHT_BRIEF"; mkdir "$OVERNIGHT_BRIEF"; ln -s ../../outside "$OVERNIGHT_BRIEF/x"',
    ],
)
def test_what_takes_the_place_of_the_brief_goes_and_leads_nowhere(tmp_path: Path, trick: str) -> None:
    """A link or folder with the brief's name is removed itself, never what it points to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    propose(tmp_path, f"{trick}; echo done")
    assert (outside / "precious").read_text() == "x"
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == ["train.py"]


def test_a_template_without_its_program_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported before any proposal, with how to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    spec = AgentSpec(use="command", template="codex")
    executor = ProcessExecutor(slots=1, search_path=str(tmp_path))
    with pytest.raises(UserError, match="`codex` is not on PATH; install it: npm install -g @openai/codex"):
        command_agent(AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=tmp_path, slot=0))
