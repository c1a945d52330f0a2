"""The pages of actions: each leads to the next, all foreign text stays text, and pictures are pictures or nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from action_boards import MadeBoard, board_of
from markdown_it import MarkdownIt
from surface_server import Surface, running
from visits import owner, visit

from overnight.actions.charter import Request
from overnight.actions.events import Asked, Delivered
from overnight.errors import UserError
from overnight.web.calls import Caller
from overnight.web.token import Role

RESULT = "/actions/1"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeBoard:
    """A board whose every text is hostile."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return board_of(tmp_path / "made", nasty=True)


@pytest.fixture
def caller(made: MadeBoard) -> Caller:
    """The owner of its repository, in a browser."""
    return owner({"shop": made.repository})


@pytest.fixture
def server(tmp_path: Path, made: MadeBoard) -> Iterator[Surface]:
    """A server of its repository."""
    with running(tmp_path / "tokens", repositories={"shop": made.repository}) as server:
        yield server


def test_the_board_has_its_groups_and_a_form(caller: Caller) -> None:
    """Each action is in its group, and leads to its page; the form knows the only repository."""
    page = visit("/actions", caller)
    parsed = page.parsed
    cards = [each.attributes["id"] for each in parsed.all("li") if each.attributes.get("id", "").startswith("action-")]
    assert cards == [f"action-{number}" for number in (1, 2, 3, 5, 4)]
    assert page.looked.title == "(1) Actions"
    assert [each.attributes["data-order"] for each in parsed.all("form")] == ["/api/v1/do"]
    repos = [each.attributes for each in parsed.all("input") if each.attributes.get("name") == "repo"]
    assert [(each["type"], each["value"]) for each in repos] == [("hidden", "shop")]


def test_a_delivery_that_waits_is_among_what_needs_a_person(caller: Caller, made: MadeBoard) -> None:
    """Once, and counted in the title."""
    made.append(Delivered(action=4, problem="it would push to x: `overnight deliver 4` shows it"))
    page = visit("/actions", caller)
    cards = [each.attributes["id"] for each in page.parsed.all("li") if each.attributes.get("id", "").startswith("action-")]
    assert cards == [f"action-{number}" for number in (1, 4, 2, 3, 5)]
    assert page.looked.title == "(2) Actions"


def test_of_several_repositories_one_is_chosen(made: MadeBoard, tmp_path: Path) -> None:
    """The form of a new action offers those that are served."""
    page = visit("/actions", owner({"shop": made.repository, "other": tmp_path})).parsed
    assert [each.attributes["value"] for each in page.all("option")][:2] == ["other", "shop"]


def test_a_result_is_judged_at_the_commit_that_is_shown(made: MadeBoard, caller: Caller) -> None:
    """Its forms carry that commit; one that has ended has none, and one under way can only be dropped."""
    forms = visit(RESULT, caller).parsed.all("form")
    assert [each.attributes["data-order"] for each in forms] == ["/api/v1/accept", "/api/v1/send/back", "/api/v1/drop"]
    hidden = [each.attributes for each in visit(RESULT, caller).parsed.all("input") if each.attributes.get("name") == "commit"]
    assert {each["value"] for each in hidden} == {made.commit}
    assert [each.attributes["data-order"] for each in visit("/actions/2", caller).parsed.all("form")] == ["/api/v1/drop"]
    ended = visit("/actions/4", caller)
    assert ended.parsed.all("form") == [] and "Next for you:" in ended.html and RESULT in ended.hrefs
    assert "Next for you:" not in visit(RESULT, caller).html


def test_who_may_only_read_is_offered_nothing(server: Surface) -> None:
    """No form on the board or on a result; what they send all the same is refused."""
    reader = server.bearer(Role.READER)
    for address in ("/actions", RESULT):
        answer = server.ask("GET", address, reader)
        assert answer.status == 200 and "<form" not in answer.body, address
    assert server.ask("POST", "/api/v1/drop", {**reader, "Content-Type": "application/json"}, '{"number": 1}').status == 403


def test_a_board_of_many_is_a_page(made: MadeBoard, caller: Caller) -> None:
    """Of bounded size: a hundred of each group, and how many more there are."""
    request = Request(repo=str(made.repository), title="One of many", text="x")
    made.append(*(Asked(action=number, request=request) for number in range(6, 256)))
    page = visit("/actions", caller)
    assert page.html.count("One of many") == 99 and "151 more actions" in page.html
    assert page.json.count("One of many") == 250


def test_every_text_stays_text(caller: Caller, made: MadeBoard) -> None:
    """In titles, requests, paths, findings, outputs, transcripts and diffs: no element, no control character."""
    addresses = ["/actions?ended=10", RESULT, f"{RESULT}/diff", f"{RESULT}/history", "/actions/5/history"]
    addresses += [f"{RESULT}/outputs/{made.artifacts[name]}" for name in ("log", "text", "svg", "transcript")]
    for address in addresses:
        page = visit(address, caller)
        assert "<script>window" not in page.html and "<img src=http" not in page.html, address
        assert "window.owned" in page.html, address
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", page.html + page.markdown), address
        tokens = [
            inner for token in MarkdownIt("commonmark").parse(page.markdown) for inner in (token, *(token.children or ()))
        ]
        assert not {token.type for token in tokens} & {"html_block", "html_inline", "image"}, address


def test_the_history_leads_to_every_output(caller: Caller, made: MadeBoard) -> None:
    """The log of a check and the transcript of a turn are a link away; nothing that is of no action is."""
    page = visit(f"{RESULT}/history", caller)
    for name in ("log", "transcript", "picture", "text"):
        assert f"{RESULT}/outputs/{made.artifacts[name]}" in page.hrefs
    assert "assistant: done" in visit(f"{RESULT}/outputs/{made.artifacts['transcript']}", caller).html
    for address in (made.artifacts["secret"], "0" * 64, "../ledger.db"):
        with pytest.raises(UserError, match="has no output"):
            visit(f"{RESULT}/outputs/{quote(address, safe='')}", caller)


def test_a_picture_is_sent_as_what_it_is(server: Surface, made: MadeBoard) -> None:
    """Under its own type, to who may see the page; a drawing with a script is text on the page, and no picture."""
    mine = server.bearer(Role.READER)
    page = server.ask("GET", RESULT, mine).body
    [address] = re.findall(r'<img src="([^"]+)"', page)
    answer = server.ask("GET", address.replace("&amp;", "&"), mine)
    assert (answer.status, answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
        200,
        "image/png",
        "nosniff",
    )
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert server.ask("GET", address.replace("&amp;", "&")).status == 401
    for name in ("svg", "text", "log", "secret"):
        assert server.ask("GET", f"/pictures?page=%2Factions%2F1&name={made.artifacts[name]}", mine).status == 404
    for page in ("/actions", "/home", "/nowhere", ""):
        assert server.ask("GET", f"/pictures?page={quote(page)}&name={made.artifacts['picture']}", mine).status == 404


def test_actions_of_other_repositories_are_not_there(tmp_path: Path, made: MadeBoard) -> None:
    """A server that does not serve their repository shows neither them nor their pictures."""
    assert "shop" in made.repository.name
    with running(tmp_path / "others", repositories={"elsewhere": tmp_path}) as server:
        mine = server.bearer()
        assert json.loads(server.ask("GET", "/actions.json", mine).body)["needs_you"] == []
        for path in (
            RESULT,
            f"{RESULT}/diff",
            f"{RESULT}/history",
            f"/pictures?page=%2Factions%2F1&name={made.artifacts['picture']}",
        ):
            assert server.ask("GET", path, mine).status in {400, 404}, path
        body = json.dumps({"number": 1, "commit": made.commit})
        assert server.ask("POST", "/api/v1/accept", {**mine, "Content-Type": "application/json"}, body).status == 422


def test_pages_are_of_use_when_nothing_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board is empty, says so, and takes a first request; looking at it makes no record."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    page = visit("/actions", owner({"shop": tmp_path})).parsed
    assert page.text.count("Nothing.") == 3 and page.all("form")
    assert "overnight serve --repo PATH" in visit("/actions", owner({})).html
    assert not (tmp_path / "state").exists()
