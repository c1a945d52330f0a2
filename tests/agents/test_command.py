"""The researcher that can be any command, with real processes."""

import asyncio
import os
from pathlib import Path

import pytest

from overnight.agents.command import command_agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.port import Task, Turn, TurnFailed
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
        ("echo 'KeyError: 1'; echo 'For help, see the manual'; exit 1", "the command exited with 1: KeyError: 1"),
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


LEFT = {
    "a link to nothing": "ln -s nowhere .overnight-brief.md",
    "a link to a file outside": "ln -s ../outside/precious .overnight-brief.md",
    "a link to itself": "ln -s .overnight-brief.md .overnight-brief.md",
    "many names": 'n=.overnight-brief; for i in $(seq 240); do echo x > "$n.md" || break; n="$n-"; done',
}
PLACED = {
    "a deep tree": "mkdir $B; cd $B; for i in $(seq 1500); do mkdir d; cd -P d || break; done",
    "a closed folder": "mkdir -p $B/a/b; chmod 000 $B/a",
    "a pipe": "mkfifo $B",
    "a link to the root": "ln -s / $B",
}


async def _two_turns(tmp_path: Path, text: str) -> tuple[Turn, Turn]:
    spec = AgentSpec(use="command", command=text)
    executor = ProcessExecutor(slots=1, search_path=SEARCH_PATH)
    context = AgentContext(spec=spec, executor=executor, limits=Limits(wall_s=60), scratch=tmp_path, slot=0)
    async with command_agent(context).open(Task(folder=tmp_path / "workspace", role="agent")) as session:
        return await session.turn("the first brief"), await session.turn("the second brief")


@pytest.mark.parametrize("name", LEFT)
def test_what_a_turn_leaves_is_not_in_the_way_of_the_next_brief(tmp_path: Path, name: str) -> None:
    """The second turn gets its brief in a file of its own, and nothing is written through a link."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/precious").write_text("x")
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace/.overnight-brief.md").write_text("the repository's own")
    once = f"[ -e was ] || (> was; rm .overnight-brief.md; {LEFT[name]})"
    first, second = asyncio.run(_two_turns(tmp_path, f'tail -n1 "$OVERNIGHT_BRIEF"; {once}'))
    assert (first.fault, second.fault) == ("", "")
    assert second.text.strip().endswith("the second brief")
    assert [path.read_text() for path in (tmp_path / "outside").iterdir()] == ["x"]


@pytest.mark.parametrize("name", PLACED)
def test_what_stands_in_the_place_of_the_brief_can_be_removed(tmp_path: Path, name: str) -> None:
    """However it is made, it is gone after the turn, and the next one is possible."""
    (tmp_path / "workspace").mkdir()
    place = f'B=$OVERNIGHT_BRIEF; tail -n1 "$B"; rm "$B"; {PLACED[name]}'
    for turn in asyncio.run(_two_turns(tmp_path, place)):
        assert turn.fault == "" or turn.fault.endswith("nested deeper than 128")
    assert list((tmp_path / "workspace").iterdir()) == []


def test_a_workspace_that_cannot_be_written_fails_the_turn(tmp_path: Path) -> None:
    """It is the outcome of the try, not an error of ours."""
    (tmp_path / "workspace").touch()
    with pytest.raises(TurnFailed, match="the brief cannot be written into the workspace: Not a directory"):
        asyncio.run(_two_turns(tmp_path, "true"))


def test_a_template_without_its_program_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported before any proposal, with how to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    spec = AgentSpec(use="command", template="codex")
    executor = ProcessExecutor(slots=1, search_path=str(tmp_path))
    with pytest.raises(UserError, match="`codex` is not on PATH; install it: npm install -g @openai/codex"):
        command_agent(AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=tmp_path, slot=0))
