"""An agent over ACP that attacks us, in the real jail: we live on, the outcome is one line, and nothing outside is touched."""

import asyncio
import json
import math
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from processes import gone
from scripted_acp import command
from scripted_run import FakeRun

from overnight.agents.acp.agent import acp_agent
from overnight.agents.agent import AgentSession
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.port import Task, TurnFailed
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Limits
from overnight.models.port import ModelRun

PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
PORT = 40009  # of the loopback of a jail
TOKEN = "a-token-of-the-gateway-as-long-as-a-real-one"
LIMITS = Limits(wall_s=60.0, memory_bytes=500 * 1000**2, output_bytes=1000**2)
QUIET_S = 30.0  # of patience: less than `wall_s`, more than any attack but a silent one takes
SECRET = "the secret of the host"


class _Run(FakeRun):
    def listen(self, listening: object) -> None:
        """Nobody answers there."""
        listening.close()  # type: ignore[attr-defined]  # a socket; the fake knows none


class _Models:
    @contextmanager
    def use(self, *, role: str, number: int, model: str = "") -> Iterator[ModelRun]:  # the port's names
        """Models that nobody calls."""
        yield _Run(answers=[""], port=PORT, idle_s=math.inf, url=f"http://127.0.0.1:{PORT}/{TOKEN}")


@asynccontextmanager
async def opened(tmp_path: Path, script: str, *, patience_s: float = QUIET_S, model: str = "") -> AsyncIterator[AgentSession]:
    """A session with this agent in the jail."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    context = AgentContext(
        spec=AgentSpec(use="acp", command=command(script), model=model),
        executor=JailExecutor(slots=1, search_path=PATH),
        limits=LIMITS,
        scratch=tmp_path,
        slot=0,
        models=_Models(),
        patience_s=patience_s,
    )
    async with acp_agent(context).open(Task(folder=workspace, role="agent")) as session:
        yield session


def outcome(tmp_path: Path, script: str, *, patience_s: float = QUIET_S, model: str = "") -> str:
    """What the first turn said, or why it failed, in one line; no error is left unhandled in the event loop."""
    unhandled: list[Mapping[str, object]] = []

    async def talk() -> str:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unhandled.append(context))
        try:
            async with opened(tmp_path, script, patience_s=patience_s, model=model) as session:
                turn = await session.turn("go")
                return turn.fault or turn.text
        except TurnFailed as failed:
            assert str(failed).isprintable() and len(str(failed)) <= 600
            return f"failed: {failed}"

    try:
        said = asyncio.run(talk())
    finally:
        assert unhandled == []
    assert TOKEN not in said
    return said


BEGUN = """
import socket
wire = sys.stdout.buffer
def out(data):
    wire.write(data)
    wire.flush()
def update(name, **more):
    send({"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": name, **more}}})
def prompt(text):
    attack()
    say("survived")
    return "end_turn"
"""


def during(attack: str) -> str:
    """A script whose agent does this in its turn, and then ends it well."""
    return BEGUN + "\ndef attack():\n" + "\n".join(f"    {line}" for line in attack.strip().split("\n"))


SURVIVED: Mapping[str, str] = {
    "responses to requests never made": 'for n in range(5000): send({"id": n + 100, "result": {"sessionId": "evil"}})',
    "negative, huge, float, true and object ids": """
for odd in (-1, 2**63, 10**4000, 1e308, 2.0, True, {}, [], {"a": 1}, "", None, "2", "\\x00"):
    send({"id": odd, "result": {"stopReason": "evil"}})
    send({"id": odd, "method": "fs/read_text_file", "params": {"path": "/etc/passwd"}})
    send({"id": odd, "error": {"code": 10**4000, "message": "evil"}})
""",
    "an earlier answer again": 'for n in (0, 1): send({"id": n, "result": {"protocolVersion": 99, "sessionId": "evil"}})',
    "ids of its own that are ours": 'for n in range(3): send({"id": n, "method": "session/prompt", "params": {}})',
    "deep JSON": """
for unit, end in (("[", "]"), ('{"a":', "}")):
    out((unit * 100_000 + "1" + end * 100_000 + "\\n").encode())
    out(('{"method":"session/update","params":{"update":' + unit * 100_000 + "1" + end * 100_000 + "}}\\n").encode())
""",
    "invalid UTF-8, NUL and lone surrogates": """
for odd in (b"\\xff\\xfe", b"\\x00" * 1000, b"\\xed\\xa0\\x80", b"\\\\ud800", b"\\\\udfff\\\\ud800", b"\\\\u0000"):
    thought = b'{"update":{"sessionUpdate":"agent_thought_chunk","content":{"text":"%s"}}}'
    for field in (b'"method":"session/update","params":' + thought,
                  b'"id":"%s","method":"fs/write_text_file"', b'"method":"%s"', b'"id":1,"error":{"message":"%s"}x'):
        out(b"{" + field.replace(b"%s", odd) + b"}\\n")
""",
    "megabytes in updates": """
for kind in ("agent_thought_chunk", "user_message_chunk", "unknown", "x" * 1_000_000):
    for _ in range(4): update(kind, content={"text": "x" * 4_000_000})
for n in range(4):
    update("tool_call", toolCallId="i" * 2_000_000, title="t" * 4_000_000, status="completed", kind="k" * 1_000_000)
update("plan", entries=[{"content": "c" * 100, "status": "s" * 100}] * 10_000)
""",
    "many lines of nothing": 'for _ in range(20): out(b"\\n" * 10_000)',
    "a flood of small messages": """
small = b'{"method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":"1"}}}\\n'
for _ in range(100): out(small * 500)
""",
    "thousands of requests for permission": """
from threading import Thread
def listen():
    for _ in range(4000): hear()
listening = Thread(target=listen)
listening.start()
for n in range(4000):
    send({"id": f"p{n}", "method": "session/request_permission", "params": {"sessionId": "s", "toolCall": {"kind": "fetch"},
          "options": [{"optionId": f"o{i}", "kind": "allow_always", "name": "x"} for i in range(20)]}})
listening.join()
""",
    "bidi marks and terminal escapes": """
update("tool_call", title="\\x1b]0;owned\\x07\\u202e\\u2028" * 5000)
update("plan", entries=[{"content": "\\x9b2J"}])
""",
    "ended as it likes": "os.closerange(2, 64)",
    "half a message at its end": "import atexit; atexit.register(lambda: out(b'{\"id\":'))",
    "no tokens and another model": """
update("usage_update", used=-1, size=0, cost={"amount": -5})
update("config_option_update", configOptions="best")
""",
}


@pytest.mark.parametrize("name", SURVIVED)
def test_what_is_no_answer_to_us_changes_nothing(tmp_path: Path, name: str) -> None:
    """A turn with all of this in it ends as the agent says, once it says so."""
    assert outcome(tmp_path, during(SURVIVED[name])) == "survived"


FAILED: Mapping[str, tuple[str, str]] = {
    "never answers": ("def prompt(text): time.sleep(1000)", "it did nothing for 1 s and was ended"),
    "never answers the first message": ("hear()\ntime.sleep(1000)", "it did nothing for 1 s and was ended"),
    "an end without a reason": ("def prompt(text): return None", "the agent's answer is not ACP"),
    "an endless end": ("def prompt(text): return 'x' * 1_000_000", "the agent ended: xxx"),
    "a version of thousands of digits": ("version = 10**4000", "the agent speaks version 100"),
    "an error of a megabyte": (
        "def prompt(text):\n    send({'id': message['id'], 'error': {'message': '\\x1b\\u202e' * 500_000}})\n    hear()",
        "the agent refuses: \\\\x1b",
    ),
    "closes its output": (
        "def prompt(text):\n    os.close(1)\n    os.close(0)\n    time.sleep(1000)",
        "it did nothing for 1 s",
    ),
    "shuts its input": (
        "def prompt(text):\n    import socket\n    socket.socket(fileno=0).shutdown(socket.SHUT_RDWR)\n    time.sleep(1000)",
        "the agent ended before it answered",
    ),
    "asks, and does not read the answer": (
        "def prompt(text):\n    import socket\n    socket.socket(fileno=0).shutdown(socket.SHUT_RD)\n"
        "    for n in range(9): send({'id': n, 'method': 'x'})\n    time.sleep(1000)",
        "the agent no longer reads its input",
    ),
    "prints too much on stderr": (
        "def prompt(text):\n    while True: os.write(2, b'noise ' * 10_000)",
        "the agent ended before it answered: ended for printing more than 1 MB",
    ),
    "takes too much memory": (
        "def prompt(text): return 'x' * 10**9",
        "the agent ended before it answered",
    ),
    "prints the token as it dies": (
        "def prompt(text):\n    sys.exit('cannot reach ' + os.environ['OVERNIGHT_MODELS'])",
        r"the agent ended before it answered: cannot reach \[hidden\]",
    ),
    "a line without end": (
        "def prompt(text):\n    while True: sys.stdout.write('x' * 100_000)",
        "the agent sent a line of over",
    ),
    "leaves processes behind": (
        "def prompt(text):\n    from subprocess import Popen\n    Popen(['sleep', '8764.5'], process_group=0)\n    os._exit(0)",
        "the agent ended before it answered|it did nothing",
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_a_turn_that_cannot_go_on_fails_in_one_line(tmp_path: Path, name: str) -> None:
    """The reason says what the agent did."""
    script, reason = FAILED[name]
    silent = "did nothing" in reason
    said = outcome(tmp_path, script, patience_s=1.0 if silent else QUIET_S)
    assert re.search(reason, said), said
    assert gone("8764.5")


def test_the_token_is_in_nothing_that_an_agent_says(tmp_path: Path) -> None:
    """Whatever it says or ends with is recorded and published, so the URL of its models is hidden there."""
    script = """
def prompt(text):
    say("HYPOTHESIS: " + os.environ["OVERNIGHT_MODELS"] + "/v1")
    return os.environ["OVERNIGHT_MODELS"] if text == "fault" else "end_turn"
"""

    async def talk() -> None:
        async with opened(tmp_path, script) as session:
            assert (await session.turn("go")).text == "HYPOTHESIS: [hidden]/v1"
            assert TOKEN not in (await session.turn("fault")).fault

    asyncio.run(talk())


def test_nothing_is_read_or_written_for_an_agent(tmp_path: Path) -> None:
    """Files and terminals are not offered; asked all the same, by any path, each request gets an error and no file changes."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text(SECRET)
    paths = [
        "/etc/passwd",
        str(outside / "secret"),
        "../outside/secret",
        "link/secret",
        "/trial/link/secret",
        "file:///etc/passwd",
    ]
    script = during(f"""
os.symlink({str(outside)!r}, "link")
hello = told[0]["params"]["clientCapabilities"]
assert hello["fs"] == {{"readTextFile": False, "writeTextFile": False}} and hello["terminal"] is False, hello
for path in {json.dumps(paths)}:
    asked = {{"sessionId": "s", "path": path, "content": "owned", "command": "touch", "args": [path], "cwd": "/"}}
    for method in ("fs/read_text_file", "fs/write_text_file", "fs/readTextFile", "terminal/create", "terminal/output", "_x"):
        reply = ask(method, asked)
        assert reply["error"] == {{"code": -32601, "message": "not supported"}}, reply
""")
    heard = "told = []\nhear_any = hear\ndef hear():\n    told.append(hear_any())\n    return told[-1]\n"
    assert outcome(tmp_path, heard + script) == "survived"
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == SECRET


@pytest.mark.parametrize("method", ["session/set_model", "session/set_config_option"])
def test_a_choice_without_end_is_not_followed(tmp_path: Path, method: str) -> None:
    """However many ways to choose a model an agent offers, a few are tried; behind the gateway it then goes on."""
    script = f"""
hear_more, refused = hear, []
def hear():
    message = hear_more()
    if message.get("method") == "session/new":
        choices = [{{"id": f"c{{n}}", "category": "model", "options": [{{"value": "m"}}]}} for n in range(2000)]
        send({{"id": message["id"], "result": {{"sessionId": "s", "configOptions": choices}}}})
        return hear()
    if message.get("method", "").startswith("session/set_"):
        refused.append(message["method"])
        send({{"id": message["id"], "error": {{"message": "no"}}}})
        return hear()
    return message
def prompt(text):
    say(str(refused.count({method!r})))
    return "end_turn"
"""
    assert int(outcome(tmp_path, script, model="m")) <= 8


def test_a_login_without_end_is_not_tried(tmp_path: Path) -> None:
    """However many ways to log in an agent offers, a few are tried."""
    script = """
hear_more, tries = hear, []
def hear():
    message = hear_more()
    if message["method"] == "initialize":
        methods = [{"id": f"api-key-{n}"} for n in range(2000)]
        send({"id": message["id"], "result": {"protocolVersion": 1, "authMethods": methods}})
        return hear()
    tries.append(message["method"])
    assert len(tries) < 20, tries
    send({"id": message["id"], "error": {"code": -32000, "message": "no"}})
    return hear()
"""
    assert outcome(tmp_path, script).startswith("failed: the agent wants a person to log in")
