"""A whole campaign by REST alone: from a repository with a program to the finalized branch, by an agent and its owner."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rest import Answer, Rest
from targets import git, make_repo, program, run_here
from task_ends import ended, none_left

TRAIN = """\
import time

OFFSET = 5.0
time.sleep(1.5)  # so that a stop comes in the middle
print(f"METRIC loss={OFFSET}")
"""
TOO_GOOD = ("OFFSET = 5.0", "OFFSET = 0.1")  # tenfold at once: held until a person has read it
R = "/repos/r"


@contextmanager
def serving(repo: Path) -> Iterator[int]:
    """`overnight serve` in a process of its own; its port."""
    command = [sys.executable, "-m", "overnight", "serve", "--port", "0", "--repo", str(repo), "--json"]
    with subprocess.Popen(command, cwd=repo, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(json.loads(server.stdout.readline())["port"])
        finally:
            server.terminate()


def token(repo: Path, *options: str) -> str:
    """A new one."""
    done = run_here(repo, "token", *options, "--json")
    return str(json.loads(done.stdout)["token"])


def done(answer: Answer, status: int = 200) -> Answer:
    """An answer of this status."""
    assert answer.status == status, answer
    return answer


def test_an_agent_and_its_owner_drive_a_campaign_by_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody allowed is not started; the agent asks, the owner answers; an idea, a stop, a word, and the branch."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = make_repo(tmp_path / "r", program(TOO_GOOD, measure="python train.py"), files={"train.py": TRAIN})
    with serving(repo) as port, none_left():
        owner = Rest(port=port, headers={"Authorization": f"Bearer {token(repo)}"})
        agent = Rest(port=port, headers={"Authorization": f"Bearer {token(repo, '--agent', 'claude')}"})
        reader = Rest(port=port, headers={"Authorization": f"Bearer {token(repo, '--reader')}"})

        def approved(address: str, **given: object) -> Answer:
            """The agent calls, the owner approves by REST, the agent calls again."""
            asked = done(agent.post(address, **given), 403)
            number = asked.json["approval"]
            assert done(agent.post("/approve", which=str(number)), 403).json["approval"] is None
            assert number in [each["number"] for each in owner.get("/approvals").json["pending"]]
            assert done(owner.post("/approve", which=str(number))).json["state"] == "granted"
            return agent.post(address, **given)

        def result(answer: Answer) -> object:
            """What a task returned, once it has ended."""
            name = done(answer, 202).json["task"]
            assert done(reader.get("/task/show", name=name)).json["task"]["operation"] == answer.json["operation"]
            ended(name)
            page = reader.get("/task/show", name=name).json
            assert page["task"]["state"] in {"done", "stopped"}, page
            return page["result"]

        for caller in (owner, agent):
            assert "overnight allow" in done(caller.post(f"{R}/run", tag="t"), 403).json["fix"]
            done(caller.post(f"{R}/check"), 403)
        digest = json.loads(run_here(repo, "allow", "--json").stdout)["digest"]
        done(owner.post(f"{R}/allow", digest=digest), 404)  # a terminal alone
        assert run_here(repo, "allow", digest).returncode == 0

        checked = result(agent.post(f"{R}/check"))
        assert isinstance(checked, dict) and checked["metric"] == "loss"
        begun = approved(f"{R}/run", tag="t")
        assert done(begun, 202).json["leads"] == f"{R}/campaigns/t"
        assert done(agent.post(f"{R}/idea/add", text="print less")).json["campaign"] == "t"
        done(agent.post(f"{R}/stop"))
        ended(begun.json["task"])
        status = done(reader.get(f"{R}/status")).json
        assert (status["running"], status["stopped"], status["stopped_by"]) == (None, "stop", "agent:claude")

        result(owner.post(f"{R}/run", tag="t"))
        assert [keep["unbelievable"] for keep in reader.get(f"{R}/status").json["keeps"]] == [True]
        assert "believe 1" in done(agent.post(f"{R}/finalize"), 422).json["fix"]
        assert done(approved(f"{R}/believe", number=1)).json["number"] == 1
        branch = done(agent.post(f"{R}/finalize")).json
        assert git(repo, "rev-parse", "overnight/t") == branch["commit"] and branch["changes"] == 1
        done(reader.post(f"{R}/idea/add", text="mine"), 403)
