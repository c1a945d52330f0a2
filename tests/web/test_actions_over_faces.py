"""Actions over REST and MCP: all that can be done with them is there, and a person's word stays a person's."""

from pathlib import Path

import pytest
from action_boards import MadeBoard, board_of
from mcp_client import here
from rest import served
from targets import overnight

from overnight.actions.state import Stage
from overnight.operations.principal import Kind, Principal
from overnight.web.mcp.tools import BY_NAME


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeBoard:
    """A board."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return board_of(tmp_path / "made")


def stage_of(made: MadeBoard, number: int) -> Stage:
    """How an action stands."""
    with made.record as record:
        return record.board().actions[number].stage


def test_a_program_of_the_owner_does_all_of_it(made: MadeBoard) -> None:
    """Ask, see the board, read a result, accept it, send another back, drop one: by REST, with the commit that was read."""
    with served(shop=made.repository) as rest:
        asked = rest.post("/do", text="Let users change their address", repo="shop", later=True)
        assert (asked.status, [each["number"] for each in asked.json["actions"]]) == (200, [6])
        board = rest.get("/board").json
        assert [[line["number"] for line in board[group]] for group in ("needs_you", "flowing", "waiting")] == [
            [1],
            [2],
            [3, 6],
        ]
        result = rest.get("/result", number=1).json
        assert (
            result["claims"][0]["text"] == "`export()` returns all orders as CSV."
            and "+    return 'id,total'" in result["diff"]
        )
        stale = rest.post("/accept", number=1, commit=made.base)
        assert stale.status == 422 and "read it again" in stale.json["fix"]
        assert rest.post("/accept", number=1, commit=result["commit"]).json["stage"] == Stage.MERGING
        assert rest.post("/send/back", number=1, text="no").status == 422, "it does not wait any more"
        assert rest.post("/drop", number=3).json["stage"] == Stage.DROPPED
        assert rest.get("/action/history", number=4, limit=2).json["total"] == 8
        assert rest.get("/result", number=99).status in {404, 422}
        other = rest.post("/do", text="x", repo="elsewhere", later=True)
        assert other.status == 422 and "`elsewhere` is served here" in other.json["error"]


def test_what_is_sent_again_is_asked_for_once(made: MadeBoard) -> None:
    """With the same key, as a page does whose answer was lost; another key is another action."""
    with served(shop=made.repository) as rest:
        asked = [
            rest.post("/do", {"Idempotency-Key": key}, text="A help page", repo="shop", later=True).json["actions"][0]["number"]
            for key in ("a", "a", "b", "a")
        ]
        assert asked == [6, 6, 7, 6]


def test_the_owner_reads_what_may_be_spent(made: MadeBoard) -> None:
    """Tokens and dollars, as they were asked for; none at all, or what is no number, is refused."""
    for wrong in ("inf", "nan", "0"):
        assert "Traceback" not in overnight(made.repository, "do", "x", "--later", "--cost-usd", wrong, check=2).stderr
    with served(Principal(Kind.AGENT, "claude"), shop=made.repository) as rest:
        assert rest.post("/do", text="x", repo="shop", cost_usd=0).status == 400
        assert rest.post("/do", text="x", repo="shop", tokens=3000, cost_usd=2.5).status == 403
        shown = overnight(made.repository, "approvals", check=0).stdout
        assert "with at most 3 k tokens and $2.50: x" in shown


def test_an_agent_asks_for_the_owner_s_word(made: MadeBoard) -> None:
    """Over REST an agent may read; to accept, send back, drop or ask is put to the owner, with the action and its flags."""
    with served(Principal(Kind.AGENT, "claude"), shop=made.repository) as rest:
        assert rest.get("/result", number=1).status == rest.get("/board").status == 200
        refused = rest.post("/accept", number=1, commit=made.commit)
        assert refused.status == 403 and refused.json["approval"]
        assert stage_of(made, 1) is Stage.WAITING
        shown = overnight(made.repository, "approvals", check=0).stdout
        assert "agent:claude over rest wants `accept 1" in shown and "Export orders as CSV" in shown
        assert rest.post("/do", text="x", repo="shop").status == rest.post("/drop", number=2).status == 403
        overnight(made.repository, "approve", str(refused.json["approval"]), check=0)
        assert rest.post("/accept", number=1, commit=made.commit).status == 200
        assert stage_of(made, 1) is Stage.MERGING


def test_a_granted_word_is_of_one_commit(made: MadeBoard) -> None:
    """What the owner approved before the result changed accepts nothing after it."""
    with served(Principal(Kind.AGENT, "claude"), shop=made.repository) as rest:
        asked = rest.post("/accept", number=1, commit=made.commit)
        overnight(made.repository, "approve", str(asked.json["approval"]), check=0)
        overnight(made.repository, "send", "back", "1", "another way", check=0)
        assert rest.post("/accept", number=1, commit=made.commit).status == 422
        assert stage_of(made, 1) is Stage.CODING


def test_a_coding_agent_finds_its_way(made: MadeBoard) -> None:
    """Over MCP: the board, a result, and the call to accept it, which is the owner's; each answer says what is next."""
    client = here({"shop": made.repository})
    client.hello("Claude Code")
    board = client.call("look", address="/actions")
    assert [line["number"] for line in board["data"]["needs_you"]] == [1]
    assert "do" in board["orders"]
    result = client.call("look", address="/actions/1")
    assert result["data"]["commit"] == made.commit and {"accept", "send back", "drop"} <= set(result["orders"])
    names = [
        each["name"]
        for offset in (0, 50, 100, 150)
        for each in client.call("list", what="operations", limit=50, offset=offset)["items"]
    ]
    assert {"do", "board", "result", "accept", "send back", "drop", "action history", "action output"} <= set(names)
    asked = client.call("order", fails=True, operation="accept", input={"number": 1, "commit": made.commit})
    assert asked["owner_types"] == f"overnight approve {asked['approval']}"
    assert stage_of(made, 1) is Stage.WAITING
    overnight(made.repository, "approve", str(asked["approval"]), check=0)
    done = client.call("order", operation="accept", input={"number": 1, "commit": made.commit})
    assert (done["address"], done["next"]["tool"]) == ("/actions/1", "look") and "look" in BY_NAME
    assert stage_of(made, 1) is Stage.MERGING


def test_the_board_can_be_waited_for(made: MadeBoard) -> None:
    """A result that is judged meanwhile ends the waiting, with what changed."""
    client = here({"shop": made.repository})
    client.hello("codex")
    mark = client.call("look", address="/actions/1")["mark"]
    overnight(made.repository, "accept", "1", made.commit, check=0)
    told = client.call("wait", address="/actions/1", mark=mark, timeout_s=30)
    assert told["changed"]
