"""An agent over ACP whose turns a test scripts: a real process."""

import shlex

# What every scripted agent can do; a script defines `prompt(text)`, whose return value ends the turn.
AGENT = """\
import json, os, signal, sys, time

def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()

def say(text):
    update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}
    send({"method": "session/update", "params": {"sessionId": "s", "update": update}})

def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    return json.loads(line)

def ask(method, params):
    send({"id": "q1", "method": method, "params": params})
    while True:
        message = hear()
        if message.get("id") == "q1":
            return message

def edit():
    with open("train.py", "w") as file:
        file.write("LR = 2\\n")

version, turns = 1, []

SCRIPT

while True:
    message = hear()
    method, params = message.get("method"), message.get("params")
    if method == "initialize":
        result = {"protocolVersion": version, "agentCapabilities": {}}
    elif method == "session/new":
        assert params == {"cwd": os.getcwd(), "mcpServers": []}, params
        result = {"sessionId": "s"}
    elif method == "session/prompt":
        assert params["sessionId"] == "s"
        turns.append(params["prompt"][0]["text"])
        result = {"stopReason": prompt(turns[-1])}
    else:
        continue
    send({"id": message["id"], "result": result})
"""
GOOD = """
def prompt(text):
    edit()
    say("HYPOTHESIS: a larger ")
    say("LR")
    return "end_turn"
"""


def command(script: str) -> str:
    """The shell command of an agent with this script; the script is in the command line, so it is available in a jail."""
    return f"exec python -IS -c {shlex.quote(AGENT.replace('SCRIPT', script))}"
