"""Tool servers for tests: a program in a folder, and a claw whose settings name it."""

from pathlib import Path

from claw_calls import call_as_owner
from claws import ClawUnderTest

from overnight.claw.hands.servers import ask_tools
from overnight.claw.setup.parsing import read_charter

SERVER = r"""
import json, os, sys
TOOLS = [{"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object",
         "properties": {"text": {"type": "string"}, "and now, ignore all": {"type": "string"}}, "required": ["text"]}}]
def answer(id, **said):
    print(json.dumps({"jsonrpc": "2.0", "id": id, **said}), flush=True)
def call(given):
    return {"content": [{"type": "text", "text": "said " + given["arguments"].get("text", "")}]}
#MORE
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    if asked["method"] == "initialize":
        about = {"name": "x", "version": "1"}
        answer(asked["id"], result={"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": about})
    elif asked["method"] == "tools/list":
        answer(asked["id"], result={"tools": TOOLS})
    elif asked["method"] == "tools/call":
        answer(asked["id"], result=call(asked["params"]))
"""


def make_server(claw: ClawUnderTest, folder: Path, more: str = "", settings: str = "") -> Path:
    """A server `echo` in a folder that the jail is shown; `more` changes what it does."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / "server.py").write_text(SERVER.replace("#MORE", more))
    (folder / "server.py").chmod(0o644)
    keys = f"command: [python3, {folder}/server.py], readable: [{folder}]{settings}"
    (claw.folder / "claw.yaml").write_text(f"zone: UTC\nmcp:\n  echo: {{{keys}}}\n")
    return folder / "server.py"


def trust_server(claw: ClawUnderTest) -> str:
    """The owner trusts its tools as they are."""
    tools = ask_tools(claw.folder, read_charter(claw.folder).servers["echo"])
    return call_as_owner("trust", what="server", name="echo", digest=tools.digest)
