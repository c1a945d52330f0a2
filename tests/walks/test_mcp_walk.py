"""A whole campaign over MCP alone: from a repository with a program to the finalized branch, by an agent and its owner."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp_client import Client, started
from targets import git, make_repo, overnight, program

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
CAMPAIGN = "/repos/r/campaigns/t"


def over(client: Client, answer: Any) -> Any:
    """What came of a task, once it has ended."""
    while (follows := answer["next"])["tool"] == "wait":
        told = client.call("wait", **{**follows["input"], "timeout_s": 20})
        if told["changed"]:
            return client.call("look", address=follows["input"]["address"], detail="full")["data"]
    return answer["result"]


def test_an_agent_drives_a_campaign_over_mcp_and_its_owner_approves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads, is refused what nobody allowed, asks, steers, waits, audits and finalizes; each order has its name."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = make_repo(tmp_path / "r", program(BETTER))
    with started(repo) as (client, process):
        client.hello("claude-code")

        def approved(tool: str, **given: Any) -> Any:
            """The agent calls, the owner approves, the agent does what it was told to do next, and calls again."""
            asked = client.call(tool, fails=True, **given)
            number = asked["approval"]
            assert asked["owner_types"] == f"overnight approve {number}"
            assert "owner alone" in client.call("order", fails=True, operation="approve", input={"which": str(number)})["error"]
            overnight(repo, "approve", str(number), check=0)
            return client.call(tool, **given)

        assert client.call("look", address="/home")["next"]
        assert client.call("look", address="/repos/r/program")["data"]
        for tool in ("check", "start"):
            assert "overnight allow" in client.call(tool, fails=True)["error"]
        digest = json.loads(overnight(repo, "allow", "--json", check=0).stdout)["digest"]
        client.call("order", fails=True, operation="allow", input={"digest": digest})
        assert json.loads(overnight(repo, "allow", "--json", check=0).stdout)["allowed"] is False
        overnight(repo, "allow", digest, check=0)

        checked = over(client, client.call("check"))
        assert checked["task"]["state"] == "done" and checked["result"]["value"] == 5.0
        begun = approved("start", tag="t", experiments=1)
        ended = over(client, begun)
        assert ended["task"]["state"] == "done" and ended["task"]["principal"] == "agent:claude-code"
        assert client.call("look", address=CAMPAIGN, at="/status/kept")["data"] == 1
        assert client.call("order", operation="idea add", input={"text": "clip the gradient", "tag": "t"})["result"]
        assert "clip the gradient" in json.dumps(client.call("look", address=f"{CAMPAIGN}/ideas")["data"])

        assert client.call("look", address=f"{CAMPAIGN}/experiments/1")["data"]
        assert client.call("list", what="campaigns")["items"][0]["address"] == CAMPAIGN
        audited = over(client, approved("order", operation="audit", input={"tag": "t", "pairs": 2}))
        assert audited["task"]["state"] == "done"
        branch = client.call("order", operation="finalize", input={"tag": "t"})["result"]
        assert process.stdin and process.stderr
        process.stdin.close()
        assert process.wait(60) == 0 and process.stderr.read() == b""
    assert git(repo, "rev-parse", "overnight/t") == branch["commit"]
    assert "OFFSET = 3.0" in git(repo, "show", "overnight/t:train.py")
