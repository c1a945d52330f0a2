"""Every mode of the scripted server against each back end: what an agent makes of its model ends as an edit or as a reason."""

import asyncio
import os
import shlex
import sys
from pathlib import Path

import pytest
from scripted_models import ScriptedModels

from overnight.agents.context import AgentContext, AgentSpec
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Limits
from overnight.models.breaker import RetryTimes
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.port import ModelsParked
from overnight.models.provider import Prices, Provider
from overnight.models.usage import CallRecord, Wire
from overnight.program.program import Direction, Metric, Program
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.research.researchers.registry import agent_researcher

PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
EDIT = "sed -i 's/LR = 1/LR = 2/' train.py"
PACE = RetryTimes(busy_s=0.01, busiest_s=0.02, quota_s=60.0, near_s=0.5, same_s=0.5, patience_s=1.0)
# An agent that asks its model over the wire and runs what it is told to, as a program of its own in the jail.
THINK = """\
import json, os, subprocess, sys, urllib.request
TOOL = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}

def think(brief):
    talk = [{"role": "user", "content": brief}]
    while True:
        tools = [{"type": "function", "function": {"name": "bash", "parameters": TOOL}}]
        body = json.dumps({"model": "m1", "messages": talk, "tools": tools}).encode()
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
        request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body, headers)
        message = json.load(urllib.request.urlopen(request))["choices"][0]["message"]
        talk.append(message)
        for call in message.get("tool_calls") or ():
            command = json.loads(call["function"]["arguments"])["command"]
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
            talk.append({"role": "tool", "tool_call_id": call["id"], "content": done.stdout + done.stderr})
        if not message.get("tool_calls"):
            return message["content"]
"""
COMMAND = THINK + "print(think(sys.stdin.read()))\n"
ACP = (
    THINK
    + """
def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params")
    if method == "initialize":
        result = {"protocolVersion": 1, "agentCapabilities": {}}
    elif method == "session/new":
        result = {"sessionId": "s"}
    elif method == "session/prompt":
        text = {"type": "text", "text": think(params["prompt"][0]["text"])}
        update = {"sessionUpdate": "agent_message_chunk", "content": text}
        send({"method": "session/update", "params": {"sessionId": "s", "update": update}})
        result = {"stopReason": "end_turn"}
    else:
        send({"id": message["id"], "error": {"code": -32601, "message": "not supported"}})
        continue
    send({"id": message["id"], "result": result})
"""
)
SPECS = {
    "agent": AgentSpec(use="agent", model="m1"),
    "command": AgentSpec(use="command", command=f"exec python -IS -c {shlex.quote(COMMAND)}", model="m1"),
    "acp": AgentSpec(use="acp", command=f"exec python -IS -c {shlex.quote(ACP)}", model="m1"),
}
EDITED, UNCHANGED = "edited", "unchanged"
PARKED, FAILED = "ModelsParked: no provider can be asked now: p: ", "ProposalFailed: "
ENDS: dict[str, tuple[str, list[int] | None]] = {  # mode: what comes of it, and the tokens counted; None: by a guess
    "ok": (EDITED, [1050, 1250]),
    "steps3": (EDITED, [1050, 1250, 1450, 1650]),
    "f429x2": (EDITED, [1050, 1250]),
    "ask": (FAILED + "it ended without a change: Should I edit the file?", [1050, 1050]),
    "cut": (PARKED + "its answer broke off", None),
    "e401": (PARKED, []),
    "e429q": (PARKED, []),
    "e500": (PARKED, []),
    "e529": (PARKED, []),
    "hang": (PARKED + "no answer in time", []),
}


def propose(place: Path, models: ScriptedModels, mode: str, spec: AgentSpec) -> tuple[str, list[CallRecord]]:
    """What came of one proposal, and what the gateway counted."""
    workspace, counted = place / "workspace", list[CallRecord]()
    workspace.mkdir()
    (workspace / "train.py").write_text("LR = 1\n")
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("train.py",))
    provider = Provider(name="p", base_url=models.url(mode), wires=(Wire.OPENAI_CHAT,), silence_s=1.0)

    def changed() -> bool:
        return (workspace / "train.py").read_text() != "LR = 1\n"

    async def run() -> str:
        async with Gateway(
            [provider], Prices(), allowance=SpendingLimit(), called=counted.append, environment={}, pace=PACE
        ) as gateway:
            executor = JailExecutor(slots=1, search_path=PATH)
            limits = Limits(wall_s=30.0, memory_bytes=500 * 1000**2)
            context = AgentContext(
                spec=spec, executor=executor, limits=limits, scratch=place, slot=0, patience_s=10.0, models=gateway
            )
            assignment = Assignment(
                number=1, role="r", program=program, workspace=workspace, brief="# Brief\n", head="c0", changed=changed
            )
            try:
                await agent_researcher(context).propose(assignment)
            except (ProposalFailed, ModelsParked) as ended:
                return f"{type(ended).__name__}: {ended}"
        return EDITED if changed() else UNCHANGED

    return asyncio.run(run()), counted


@pytest.mark.parametrize("use", SPECS)
@pytest.mark.parametrize("mode", ENDS)
def test_each_mode_ends_as_an_edit_or_a_reason(tmp_path: Path, models: ScriptedModels, mode: str, use: str) -> None:
    """Nothing else is raised, nothing waits for ever, and what whole answers used is counted to the token."""
    models.command = EDIT
    end, counted = propose(tmp_path, models, mode, SPECS[use])
    wanted, tokens = ENDS[mode]
    if (mode, use) == ("ask", "command"):  # a script is not talked to twice, and its proposal is refused as empty by the loop
        wanted, tokens = UNCHANGED, [1050]
    assert end.startswith(wanted)
    if tokens is None:
        assert counted and all(call.usage.estimated for call in counted)
    else:
        assert [call.usage.tokens for call in counted] == tokens
