"""The tools: what they take, what they answer, and that each answer says what to do next."""

import json
from pathlib import Path

import jsonschema
import pytest
from mcp_client import Client, here
from surface_campaigns import TAG, Made, campaign_of, grow, running
from targets import overnight

from overnight.operations.foreign_input import input_schema
from overnight.operations.record import open_record
from overnight.operations.registry import find
from overnight.research.briefs.layout import estimate_tokens
from overnight.web.mcp.tools import BY_NAME, INSTRUCTIONS, TOOLS
from overnight.web.mcp.trimming import FULL, SUMMARY

HERE = f"/repos/r/campaigns/{TAG}"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A campaign with three experiments."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return campaign_of(tmp_path / "r", 3)


@pytest.fixture
def client(made: Made) -> Client:
    """A client that serves its repository."""
    found = here({"r": made.repository})
    found.hello("Claude Code")
    return found


def test_the_tools_are_few_and_short() -> None:
    """Eight at most, in 2,500 tokens with all their schemas, which are schemas; each says whether it changes anything."""
    assert len(TOOLS) == 8
    assert estimate_tokens(json.dumps({"tools": TOOLS}, separators=(",", ":"))) <= 2500
    assert estimate_tokens(INSTRUCTIONS) <= 150
    reads = {name for name, tool in BY_NAME.items() if tool["annotations"].get("readOnlyHint")}
    assert reads == {"list", "look", "wait", "docs"}
    for tool in TOOLS:
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])


@pytest.mark.parametrize(("tool", "name"), [("start", "run"), ("stop", "stop"), ("check", "check")])
def test_a_tool_of_an_operation_takes_what_that_takes(tool: str, name: str) -> None:
    """Its own inputs by their names and types; the repository besides, and never the jail."""
    operation = find(name)
    assert operation
    takes, ours = input_schema(operation)["properties"], dict(BY_NAME[tool]["inputSchema"]["properties"])
    assert ours.pop("repo")["type"] == "string"
    assert set(ours) == set(takes) - {"sandbox"}
    for field, schema in ours.items():
        kinds = {each.get("type") for each in takes[field].get("anyOf", [takes[field]])} - {"null"}
        assert kinds == {schema["type"]}


def test_what_there_is_comes_in_pages(client: Client) -> None:
    """With how many there are, an address of each, and the call for the next page; nothing that only the owner may do."""
    found = client.call("list", what="operations", limit=5)
    assert len(found["items"]) == 5 < found["total"]
    names: list[str] = []
    while found["next"]["tool"] == "list":
        names += [item["name"] for item in found["items"]]
        found = client.call("list", **found["next"]["input"])
    names += [item["name"] for item in found["items"]]
    assert len(names) == len(set(names)) == found["total"]
    assert "idea add" in names and not {"approve", "refuse", "secret list"} & set(names)
    assert client.call("list", what="repositories")["items"] == [{"name": "r", "address": "/repos/r"}]
    assert client.call("list", what="loops")["items"] == client.call("list", what="approvals")["items"] == []


def test_a_page_is_cut_to_a_size_and_the_rest_can_be_had(client: Client, tmp_path: Path) -> None:
    """Whatever its length, an answer has a bound; what was cut is named, and read on by its place and an offset."""
    for detail, most in (("summary", SUMMARY), ("full", FULL)):
        found = client.call("look", address=HERE, detail=detail)
        assert len(json.dumps(found["data"])) <= most
        assert (found["title"], found["data"]["status"]["tag"]) == (f"Campaign {TAG}", TAG)
    whole = client.call("look", address=HERE, at="/status", detail="full")["data"]
    assert client.call("look", address=HERE, at="/status/trials_used/0")["data"] == whole["trials_used"][0]
    assert client.call("look", address=HERE, at="/status/trials_used", offset=1)["data"] == whole["trials_used"][1:]
    assert client.call("look", address=HERE, at="/status/branch", offset=3)["data"] == whole["branch"][3:]
    assert "there is no part /nowhere; there is " in client.call("look", fails=True, address=HERE, at="/nowhere")["error"]
    for twin in (f"{HERE}.md", f"{HERE}.json", f"overnight://{HERE}"):
        assert client.call("look", address=twin)["address"] == HERE


def test_a_mistake_is_an_answer_that_says_what_is_right(client: Client) -> None:
    """A model reads it: what is wrong, what there is, and a call that works."""
    for given, words in (
        ({}, "`address` is missing"),
        ({"address": 7}, "`address` has to be of type string"),
        ({"address": HERE, "detail": "all"}, "`detail` has to be one of summary, full"),
        ({"address": HERE, "x\x1b": 1}, r"there is no argument `x\x1b`; it takes address"),
        ({"address": HERE, "offset": -1}, "`offset` has to be from 0"),
        ({"address": HERE, "offset": True}, "of type integer"),
        ({"address": "x" * 10_001}, "has more than 10,000 characters"),
        ({"address": "/repos/other/campaigns/t"}, "no repository `other` is served here; served are r"),
        ({"address": f"{HERE}?x=1"}, "there is no input `x`"),
        ({"address": f"{HERE}?&&"}, "cannot be read"),
        ({"address": "/repos/r/campaigns/none"}, "none"),
    ):
        found = client.call("look", fails=True, **given)
        assert words in found["error"], found
        assert found["next"]["tool"] in BY_NAME
    assert client.result("tools/call", name="look", arguments=[1])["isError"]


def test_an_order_is_the_agent_s_and_recorded(client: Client, made: Made) -> None:
    """By the name that the client gave, over MCP; it can be taken back, so that nobody is asked."""
    found = client.call("order", operation="idea add", input={"text": "a cosine schedule that ends at zero"})
    assert found["result"]["campaign"] == TAG
    with open_record() as record, record._store.reading() as db:
        (call,) = [json.loads(row[0]) for row in db.execute("SELECT body FROM events WHERE kind='started'")]
    assert call["call"]["principal"] == "agent:Claude-Code" and call["call"]["address"]["channel"] == "mcp"
    wrong = client.call("order", fails=True, operation="idea add", input={"txt": "x"})
    assert "there is no input `txt`; it takes" in wrong["error"]
    assert "there is no operation `rm`" in client.call("order", fails=True, operation="rm")["error"]


def test_what_costs_is_asked_about_and_then_goes_through_once(client: Client, made: Made) -> None:
    """The answer has the number and what the owner types; the same call works when they have, and not a second time."""
    given = {"operation": "finalize", "input": {"include_unread": True}}
    asked = client.call("order", fails=True, **given)
    assert asked["owner_types"] == f"overnight approve {asked['approval']}"
    assert asked["next"]["tool"] == "wait"
    assert [item["number"] for item in client.call("list", what="approvals")["items"]] == [asked["approval"]]
    overnight(made.repository, "approve", str(asked["approval"]), check=0)
    again = client.call("order", fails=True, **given)
    assert "approval" not in again and "kept nothing" in again["error"], "it was let through"
    assert client.call("order", fails=True, **given)["approval"] > asked["approval"]


def test_what_is_the_owner_s_is_not_offered(client: Client) -> None:
    """Approving, refusing and secrets have no way in, whatever the order says."""
    for operation in ("approve", "refuse"):
        found = client.call("order", fails=True, operation=operation, input={"which": "1"})
        assert "is for the owner alone" in found["error"]


def test_waiting_ends_when_something_happens(client: Client, made: Made) -> None:
    """With what it was; by its mark a change between two calls is not missed, and a part can be waited for alone."""
    first = client.call("look", address=HERE)
    none = client.call("wait", address=HERE, mark=first["mark"], timeout_s=1)
    assert (none["changed"], none["mark"], none["next"]["tool"]) == (False, first["mark"], "wait")
    part = client.call("look", address=HERE, at="/status/branch")["mark"]
    number = client.begin(
        "tools/call", {"name": "wait", "arguments": {"address": HERE, "mark": first["mark"], "timeout_s": 600}}
    )
    with running(made) as ledger:
        grow(ledger, 4, start=first["data"]["status"]["start"])
        found = client.answer(number)["result"]["structuredContent"]
    assert found["changed"] and found["mark"] != first["mark"]
    assert {change["at"] for change in found["changes"]} & {"/status/running", "/status/open", "/open"}
    assert not client.call("wait", address=HERE, at="/status/branch", mark=part, timeout_s=1)["changed"]
    at_once = client.call("wait", address=HERE, mark="0" * 16, timeout_s=600)
    assert (at_once["changed"], at_once["changes"]) == (True, [])


def test_a_long_wait_keeps_nobody_from_being_answered(client: Client) -> None:
    """Others are answered meanwhile, the same id is not taken twice, and a cancellation ends it without an answer."""
    number = client.begin("tools/call", {"name": "wait", "arguments": {"address": HERE, "timeout_s": 600}})
    assert client.result("ping") == {}
    assert client.call("list", what="repositories")["total"] == 1
    client.write(id=number, method="tools/call", params={"name": "list", "arguments": {"what": "loops"}})
    assert "under way" in client.answer(number)["error"]["message"]
    client.write(method="notifications/cancelled", params={"requestId": number, "reason": "no"})
    listed = {"name": "list", "arguments": {"what": "loops"}}
    while "error" in (found := client.ask_as(number, "tools/call", listed)):
        assert "under way" in found["error"]["message"]
    assert "items" in found["result"]["structuredContent"], "the id is free, and its first answer is of the new request"


def test_the_pages_are_resources(client: Client) -> None:
    """Listed, as templates, and read as Markdown; what is no page is an error of the protocol."""
    templates = [each["uriTemplate"] for each in client.result("resources/templates/list")["resourceTemplates"]]
    assert "overnight:///repos/{repo}/campaigns/{tag}" in templates
    for listed in client.result("resources/list")["resources"]:
        if "/hub" in listed["uri"]:  # this repository is no hub, and the page says so
            assert "open one: overnight hub init" in str(client.ask("resources/read", uri=listed["uri"])["error"])
            continue
        assert client.result("resources/read", uri=listed["uri"])["contents"][0]["uri"] == listed["uri"]
    (content,) = client.result("resources/read", uri=f"overnight://{HERE}")["contents"]
    assert content["mimeType"] == "text/markdown" and content["text"].startswith(f"# Campaign {TAG}\n")
    for uri in ("file:///etc/passwd", "overnight:///repos/r/../../etc", "overnight:///nowhere", "", 7):
        assert client.ask("resources/read", uri=uri)["error"]["code"] == -32602
