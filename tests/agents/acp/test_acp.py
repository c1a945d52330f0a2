"""Agents that speak ACP: scripted ones in a real process, well-behaved, broken and hostile."""

import asyncio
import json
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from processes import gone
from scripted_acp import GOOD, command

from overnight.agents.acp.agent import acp_agent
from overnight.agents.acp.permission import permit
from overnight.agents.context import AgentContext, AgentSpec
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.jail.process import ProcessExecutor
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.agent_researcher import CONTINUE, AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.testing import ResearcherConformance

BRIEF = "# Brief\né\n"
PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
PATIENCE_S = 20.0
ASK = {"sessionId": "s", "toolCall": {"toolCallId": "t", "kind": "edit"}}
ALLOW = {"optionId": "yes", "name": "Yes", "kind": "allow_once"}
ALWAYS = {"optionId": "ever", "name": "Always", "kind": "allow_always"}
REJECT = {"optionId": "no", "name": "No", "kind": "reject_once"}


def changed(workspace: Path) -> bool:
    """Whether something was edited."""
    return [path.name for path in workspace.iterdir()] != ["train.py"] or (workspace / "train.py").read_text() != "LR = 1\n"


def assign(workspace: Path, number: int = 1, brief: str = BRIEF) -> Assignment:
    """A tree with one file, and a brief."""
    (workspace / "train.py").write_text("LR = 1\n")
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("train.py",))
    return Assignment(
        number=number,
        role="agent",
        program=program,
        workspace=workspace,
        brief=brief,
        head="c0",
        changed=lambda: changed(workspace),
    )


def researcher(
    place: Path, script: str, executor: Executor | None = None, *, patience_s: float = PATIENCE_S, model: str = ""
) -> AgentResearcher:
    """A researcher whose agent is this script."""
    spec = AgentSpec(use="acp", command=command(script), model=model)
    limits = Limits(wall_s=30.0, memory_bytes=500 * 1000**2)
    executor = executor or ProcessExecutor(slots=1, search_path=PATH)
    context = AgentContext(spec=spec, executor=executor, limits=limits, scratch=place, slot=0, patience_s=patience_s)
    return AgentResearcher(acp_agent(context))


def propose(tmp_path: Path, script: str, executor: Executor | None = None, *, brief: str = BRIEF, **more: Any) -> Draft:
    """One proposal in `tmp_path/workspace`."""
    for name in ("workspace", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    asked = researcher(tmp_path / "scratch", script, executor, **more).propose(assign(tmp_path / "workspace", brief=brief))
    draft = asyncio.run(asked)
    assert list((tmp_path / "scratch").iterdir()) == []
    return draft


def edited(tmp_path: Path) -> str:
    """The file that is edited."""
    return (tmp_path / "workspace/train.py").read_text()


class TestAcpResearcher(ResearcherConformance):
    """An agent over ACP keeps what every researcher promises."""

    def make(self, folder: Path) -> AgentResearcher:
        """An agent that edits a line."""
        return researcher(folder, GOOD)

    def assign(self, workspace: Path, number: int) -> Assignment:
        """The tree that it edits."""
        return assign(workspace, number)


def test_a_turn_in_the_jail(tmp_path: Path) -> None:
    """In the jail the agent finds its folder at the path it got and edits it; its message chunks are joined."""
    draft = propose(tmp_path, GOOD, JailExecutor(slots=1, search_path=PATH))
    assert (draft.hypothesis, edited(tmp_path)) == ("a larger LR", "LR = 2\n")


def test_a_question_is_answered_in_the_same_session(tmp_path: Path) -> None:
    """An agent that asks is answered once that nobody will reply; it still remembers the earlier prompt."""
    script = f"""
def prompt(text):
    if len(turns) == 1:
        say("May I?")
        return "end_turn"
    assert turns == [{json.dumps(BRIEF)}, {json.dumps(CONTINUE)}], turns
    edit()
    say("HYPOTHESIS: decided")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "decided"


def test_done_without_work_is_a_failure(tmp_path: Path) -> None:
    """Its message is in the reason."""
    script = """
def prompt(text):
    say("I could not decide.")
    return "end_turn"
"""
    with pytest.raises(ProposalFailed, match="it ended without a change: I could not decide"):
        propose(tmp_path, script)


@pytest.mark.parametrize("reason", ["refusal", "max_tokens", "cancelled", "\x1b[2J"])
def test_a_bad_end_is_the_reason(tmp_path: Path, reason: str) -> None:
    """The reason why the agent ended is safe to show on a terminal."""
    with pytest.raises(ProposalFailed, match="the agent ended: ") as failed:
        propose(tmp_path, f"def prompt(text): return {json.dumps(reason)}")
    assert str(failed.value).isprintable()


@pytest.mark.parametrize(
    ("kind", "options", "outcome"),
    [
        ("edit", [REJECT, ALWAYS, ALLOW], {"outcome": "selected", "optionId": "yes"}),
        ("execute", [ALLOW], {"outcome": "selected", "optionId": "yes"}),
        (None, [ALLOW, REJECT], {"outcome": "selected", "optionId": "yes"}),
        ("fetch", [ALLOW, REJECT], {"outcome": "selected", "optionId": "no"}),
        ("switch_mode", [ALLOW, ALWAYS, REJECT], {"outcome": "selected", "optionId": "no"}),
        ("edit", [ALWAYS, REJECT], {"outcome": "cancelled"}),
        ("fetch", [ALLOW], {"outcome": "cancelled"}),
        ("edit", [], {"outcome": "cancelled"}),
    ],
)
def test_permissions_follow_the_kind(kind: str | None, options: list[Mapping[str, str]], outcome: Mapping[str, str]) -> None:
    """What the jail confines is allowed once, never always; the rest is refused, or cancelled if refusal is not offered."""
    assert permit({**ASK, "toolCall": {"kind": kind}, "options": options}) == {"outcome": outcome}


@pytest.mark.parametrize("params", [{}, {"options": "all"}, {"options": [{"optionId": 1}]}, {"toolCall": 3, "options": []}])
def test_odd_permission_requests_are_cancelled(params: Mapping[str, Any]) -> None:
    """An unreadable request is not allowed."""
    assert permit(params) == {"outcome": {"outcome": "cancelled"}}


def test_permission_requests_are_answered_over_the_wire(tmp_path: Path) -> None:
    """An agent that asks during its turn gets an answer, and an unknown question gets an error."""
    script = f"""
def prompt(text):
    reply = ask("session/request_permission", {json.dumps({**ASK, "options": [ALLOW, REJECT]})})
    assert reply["result"] == {{"outcome": {{"outcome": "selected", "optionId": "yes"}}}}, reply
    reply = ask("fs/read_text_file", {{"path": "/etc/passwd"}})
    assert reply["error"]["code"] == -32601, reply
    edit()
    say("asked first")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "asked first"


def test_another_version_is_refused(tmp_path: Path) -> None:
    """The error is one line."""
    with pytest.raises(ProposalFailed, match="the agent speaks version 2 of ACP, and 1 is needed"):
        propose(tmp_path, GOOD + "\nversion = 2")


def test_an_error_is_the_agents_refusal(tmp_path: Path) -> None:
    """An agent that requires a login says so, and the reason repeats it."""
    script = """
def prompt(text):
    send({"id": message["id"], "error": {"code": -32000, "message": "Authentication\\x1brequired"}})
    hear()
"""
    with pytest.raises(ProposalFailed, match="the agent refuses: Authentication"):
        propose(tmp_path, script)


def test_garbage_between_messages_is_passed_over(tmp_path: Path) -> None:
    """Banners, broken JSON, oddly shaped messages, unrequested answers and unknown updates."""
    script = r"""
def prompt(text):
    odd = [b"", b"Welcome!", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"id": 1.5, "method": "x"}', b'{"id": [], "result": 1}',
           b'{"id": 99, "result": {}}', b'{"method": "session/update", "params": []}', b'{"method": "session/update"}',
           b'{"method": "session/update", "params": {"update": 7}}', b"[" * 5000, b'{"id": "2", "result": {"stopReason": "x"}}',
           b'{"method": "session/update", "params": {"update": {"sessionUpdate": "agent_message_chunk", "content": 3}}}']
    sys.stdout.buffer.write(b"\n".join(odd) + b"\n")
    sys.stdout.buffer.flush()
    edit()
    say("got through")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "got through"


def test_an_endless_line_ends_it(tmp_path: Path) -> None:
    """No more of it is kept than the limit of a line; the agent is ended."""
    script = """
def prompt(text):
    while True:
        sys.stdout.write("acp-endless" * 10000)
"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ProposalFailed, match="the agent sent a line of over 8,388,608 bytes"):
        propose(tmp_path, script)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB, for lines of at most 8 MiB"
    assert gone("acp-endless")


def test_endless_words_are_cut(tmp_path: Path) -> None:
    """Only the end of what it says in a turn is kept."""
    script = """
def prompt(text):
    edit()
    for _ in range(300):
        say("x" * 10000)
    say("\\nHYPOTHESIS: the end")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "the end"


def test_one_that_dies_is_a_failure_with_its_last_words(tmp_path: Path) -> None:
    """Before or during its turn; what it printed on stderr is in the reason."""
    dies = """
def prompt(text):
    sys.stderr.write("out of luck")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with pytest.raises(ProposalFailed, match="the agent ended before it answered: out of luck"):
        propose(tmp_path, dies)
    with pytest.raises(ProposalFailed, match="the agent "):
        propose(tmp_path, "sys.exit('no such model')")


def test_one_that_hangs_is_ended_with_its_processes(tmp_path: Path) -> None:
    """Nothing happens within the patience: the agent and its processes are ended, and the reason says so."""
    script = """
def prompt(text):
    import subprocess
    subprocess.Popen(["sleep", "8765.25"])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1000)
"""
    with pytest.raises(ProposalFailed, match="it did nothing for 1 s and was ended"):
        propose(tmp_path, script, patience_s=1.0)
    assert gone("8765.25")


def test_one_that_never_reads_is_ended(tmp_path: Path) -> None:
    """A prompt that is never read does not keep us waiting, not even at the agent's end."""
    script = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
hear_more = hear
def hear():
    message = hear_more()
    if message["method"] == "session/new":
        send({"id": message["id"], "result": {"sessionId": "s"}})
        time.sleep(1000)
    return message
"""
    with pytest.raises(ProposalFailed, match="it did nothing for 1 s and was ended"):
        propose(tmp_path, script, patience_s=1.0, brief="x" * 4_000_000)


def test_much_on_stderr_blocks_nothing(tmp_path: Path) -> None:
    """A megabyte that nobody reads during the turn."""
    script = """
def prompt(text):
    sys.stderr.write("noise " * 200000)
    sys.stderr.flush()
    edit()
    say("loud")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "loud"


def test_the_programs_model_is_asked_for(tmp_path: Path) -> None:
    """Within the session, before the first prompt."""
    script = """
hear_more = hear
def hear():
    message = hear_more()
    if message.get("method") == "session/set_model":
        turns.append(message["params"])
        send({"id": message["id"], "result": {}})
    return message
def prompt(text):
    assert turns[0] == {"sessionId": "s", "modelId": "large"}, turns
    edit()
    say("large")
    return "end_turn"
"""
    assert propose(tmp_path, script, model="large").hypothesis == "large"


@pytest.mark.parametrize(
    ("current", "offered", "chosen"),
    [("auto", ["default", "auto"], ["default"]), ("default", ["default", "auto"], []), ("build", ["build", "plan"], [])],
)
def test_an_agent_that_lets_a_model_permit_its_calls_asks_us_instead(
    tmp_path: Path, current: str, offered: list[str], chosen: list[str]
) -> None:
    """In its mode `auto` each call costs further requests; one that has no mode for that stays as it is."""
    modes = {"currentModeId": current, "availableModes": [{"id": name} for name in offered]}
    script = f"""
hear_more, modes, chosen = hear, {modes!r}, []
def hear():
    message = hear_more()
    if message.get("method") == "session/new":
        send({{"id": message["id"], "result": {{"sessionId": "s", "modes": modes}}}})
        return {{}}
    if message.get("method") == "session/set_mode":
        chosen.append(message["params"]["modeId"])
        send({{"id": message["id"], "error": {{"code": -32602, "message": "not now"}}}})  # which ends nothing
    return message
def prompt(text):
    assert chosen == {chosen!r}, chosen
    edit()
    say("asked")
    return "end_turn"
"""
    assert propose(tmp_path, script).hypothesis == "asked"
