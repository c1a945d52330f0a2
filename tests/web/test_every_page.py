"""Every page that can be found, by discovery: its forms agree, its links lead to pages, and it only reads."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import hostile
import pytest
from action_boards import board_of
from claws import make_test_claw
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pool_founders import block, desk_over, submitted
from surface_campaigns import TAG, campaign_of
from targets import make_repo
from toy_operations import NoteInput, make
from undrawn import undrawn
from visits import Visit, crawl, owner, visit

from overnight.errors import UserError
from overnight.home.events import Commanded, DeviceConfirmed, DeviceSeen, LookoutSet, Lost, Read, Sighted
from overnight.home.record.record import HomeRecord
from overnight.home.things import Property, Trait
from overnight.jobs.records import make_place, write_record
from overnight.operations.fields import inputs_of
from overnight.operations.json_text import json_text
from overnight.operations.operation import Context, Tier
from overnight.operations.page import REPOSITORY, AnyPage
from overnight.operations.pages import address_of, find_page, pages, parts_of
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import Kind, Origin, Principal
from overnight.operations.tasks.folder import CALL, END, LINES, RESULT, tasks_folder
from overnight.operations.tasks.task import TaskCall, TaskEnd, TaskState
from overnight.pool.events import BlockWithdrawn, HubPaused
from overnight.research.reading import reading
from overnight.web.calls import Caller, place_at
from overnight.web.markdown import MOST, twin_of
from overnight.web.rendering import render_html

SEALED_VALUE = re.compile(r"(?<!\w)7,?654,?3[0-9]{2}(?!\w)")  # see `campaigns.SEALED`
OUTSIDE = "link elsewhere"
MARKUP = {"html_block", "html_inline", "image", OUTSIDE}
UNKNOWN = {
    REPOSITORY: "elsewhere",
    "tag": "nov31",
    "number": 999_999,
    "name": "nobody",
    "artifact": "f" * 64,
    "device": "nobody",
}


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """The owner, with a repository of two campaigns, and an empty one."""
    place = tmp_path_factory.mktemp("surface")
    with undrawn(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        made = campaign_of(place / "model", 300, nasty=True)
        leave_task(made.repository)
        actions = board_of(place, nasty=True)
        leave_claw()
        leave_home()
        pool = leave_hub(place / "pool")
        empty = make_repo(place / "empty", "")
        (empty / "program.md").unlink()
        yield owner({"model": made.repository, "empty": empty, "shop": actions.repository, "pool": pool})


def leave_hub(place: Path) -> Path:
    """A hub to which strangers sent hostile words, which are in its chain and wait, and that is paused with such words."""
    repository = make_repo(place, "no program")
    (repository / "hub.yaml").write_text("project: small\ninvitations: true\n")
    desk = desk_over(repository)
    with closing(desk.record.store):
        for number in (7, 8):
            block(desk, number, hypothesis=hostile.EVERYTHING[:500])
        submitted(desk, 9, hypothesis=hostile.EVERYTHING[:500])
        desk.record.append(BlockWithdrawn(block=1, why=hostile.EVERYTHING[:200]), HubPaused(why=hostile.EVERYTHING[:200]))
    return repository


def leave_claw() -> None:
    """A claw that was talked to, in hostile words; what was said last is not answered yet."""
    claw = make_test_claw()
    with claw.record:
        for text in hostile.TEXTS:
            claw.tell(f"note that {text[:800]}")
        claw.tell(f"remind me in 20 minutes to {hostile.SCRIPT}")
        claw.hear(hostile.EVERYTHING)


def leave_home() -> None:
    """A home whose devices say hostile things of themselves; one has a name, a command that was cut off, and is lost."""
    text = hostile.EVERYTHING
    with HomeRecord() as record:
        for number in range(2):
            seen = DeviceSeen(
                identity=f"{number}{hostile.SCRIPT}",
                family="shelly",
                address=hostile.IMAGE,
                traits=(Trait.CLIMATE,),
                properties=(Property(name="target", unit=hostile.SCRIPT), Property(name="mode", choices=(hostile.SCRIPT,))),
                name=text,
                model=text,
                room=text,
            )
            device = record.append(seen)
            record.append(
                Read(
                    device=device, values={"mode": text, hostile.SCRIPT: hostile.IMAGE, "target": 20.0}, asked=1_764_600_000.0
                ),
                Commanded(device=device, want={"mode": text}, before={"mode": text}, principal=text),
                Lost(device=device, why=text),
            )
        record.append(DeviceConfirmed(device=device, alias="heating", room="hall"))
        lookout = record.append(LookoutSet(device=device, what=text[:40]))
        record.append(Sighted(device=device, lookout=lookout, label=text, confirmed="yes", seen=1_764_600_000.0, picture="x"))


def leave_task(repository: Path) -> None:
    """A check that has ended, as its process left it."""
    place = make_place(tasks_folder(), "check-1")
    call = TaskCall(
        operation="check",
        call="check",
        digest="0" * 64,
        where=str(repository),
        principal="agent:claude",
        channel="mcp",
        began_at=1_764_600_000.0,
    )
    write_record(place / CALL, call)
    write_record(place / END, TaskEnd(state=TaskState.FAILED, at=1_764_600_009.0, error=hostile.TEXTS[0], fix="try again"))
    (place / LINES).write_text("".join(f"{text}\n" for text in hostile.TEXTS))
    (place / RESULT).write_text('{"sigma": 0.5}')


@pytest.fixture(scope="module")
def visits(caller: Caller) -> list[Visit]:
    """A few pages of each kind, those that are reached from the first one."""
    compared = f"/repos/model/compare?a={TAG}&b={TAG}"
    return list(crawl(["/home", compared], caller))


def test_every_page_is_reached_from_the_first(visits: list[Visit]) -> None:
    """Each kind of page is linked to from another; and each link that was followed led to a page."""
    assert {each.looked.page.address for each in visits} == set(pages())


def test_the_html_is_a_page(visits: list[Visit]) -> None:
    """It has a title, nothing inline that the policy forbids, each id once, and what is swapped live has one."""
    for each in visits:
        page = each.parsed
        assert len(page.all("title")) == len(page.all("h1")) == 1 and page.all("h1")[0].text.strip(), each.address
        assert page.all("title")[0].text.startswith(each.looked.title[:80]), each.address
        assert not page.all("style") and all("src" in script.attributes for script in page.all("script")), each.address
        names = {name for element in page.elements for name in element.attributes}
        assert not {name for name in names if name == "style" or name.startswith("on")}, each.address
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        assert len(ids) == len(set(ids)), each.address
        assert all(element.attributes.get("id") for element in page.elements if "data-live" in element.attributes)


def test_the_json_is_what_its_command_prints(visits: list[Visit]) -> None:
    """To the letter: nothing is added to it and nothing is left out."""
    for each in visits:
        assert each.json == json_text(each.looked.found), each.address


def test_the_markdown_says_what_it_is_and_where_to_go_on(visits: list[Visit]) -> None:
    """It begins with a title, is bounded, and has each link, to the Markdown of the page there."""
    for each in visits:
        begins = "---\nname: " if each.looked.here == "/docs/skill" else "# "
        assert each.markdown.startswith(begins) and len(each.markdown) < MOST + 20_000, each.address
        for link in each.looked.links:
            assert f"]({twin_of(link.address)})" in each.markdown, each.address


def test_foreign_text_stays_text(visits: list[Visit]) -> None:
    """Hostile texts of a campaign make no element and no Markdown, and no control or invisible character is left."""
    for each in visits:
        assert "<script>window" not in each.html and "<img src=http" not in each.html, each.address
        if not each.looked.here.startswith("/docs/"):  # those are files of ours, as they are
            assert not [token.content for token in _tokens(each.markdown) if token.type in MARKUP], each.address
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\u2066]", each.html + each.markdown), each.address


def test_sealed_values_are_on_no_page(caller: Caller, visits: list[Visit]) -> None:
    """What the holdout measured is in the ledger, and in no form of any page; its values are unlike any other here."""
    with reading(TAG, caller.repositories["model"]) as campaign:
        events = " ".join(str(entry.event) for entry in campaign.ledger.events())
    assert SEALED_VALUE.search(events)
    for each in visits:
        assert not SEALED_VALUE.search(f"{each.json} {each.markdown} {each.parsed.text}"), each.address


def test_an_address_and_its_parts_are_the_same(visits: list[Visit]) -> None:
    """The parts that are found in an address make it again."""
    for each in visits:
        page, parts = found_at(each.looked.here)
        assert page is each.looked.page and address_of(page.address, **parts) == each.looked.here


def test_what_does_not_exist_is_said(caller: Caller, visits: list[Visit]) -> None:
    """A repository, campaign, experiment or name that is not there is a user's mistake with its fix, whichever page it is."""
    for each in visits:
        page, parts = found_at(each.looked.here)
        for part in parts_of(page.address):
            there = address_of(page.address, **{**parts, part: UNKNOWN[part]})
            with pytest.raises(UserError) as raised:
                place_at(there, [], caller).look()
            assert str(UNKNOWN[part]) in str(raised.value) and raised.value.fix, there


@pytest.mark.parametrize(
    "part", ["..", "../../x", "/etc/passwd", "\0", "\ufffd", "a" * 1_800, "$(x)", "-n", "%2e%2e", "\u202e<b>"]
)
def test_a_hostile_part_of_an_address_is_a_mistake(caller: Caller, visits: list[Visit], part: str) -> None:
    """On every page that takes one; the answer has it in no other form than printable and short."""
    for page, parts in {each.looked.page: found_at(each.looked.here)[1] for each in visits}.items():
        for name in parts_of(page.address):
            address = address_of(page.address, **{**parts, name: part})
            with pytest.raises(UserError) as raised:
                place_at(address, [], caller).look()
            assert len(str(raised.value)) < 1_000 and str(raised.value).isprintable(), address


def test_numbers_beyond_all_bounds_are_mistakes(caller: Caller, visits: list[Visit]) -> None:
    """In an address or a query, of every input that is a number; a list has nothing after a place far behind its end."""
    for each in {each.looked.page: each for each in visits}.values():
        page, parts = found_at(each.looked.here)
        for field in inputs_of(page.operation):
            if field.form is int:
                for number in ("-1", str(10**30), "1e9", "x", "nan"):
                    address = address_of(page.address, **{**parts, **({field.name: number} if field.name in parts else {})})
                    query = [] if field.name in parts else [(field.name, number)]
                    with suppress(UserError) if number.isdigit() else pytest.raises(UserError):
                        place_at(address, [*query], caller).look()


def test_files_that_are_watched_are_few_and_of_the_page(visits: list[Visit]) -> None:
    """A watcher looks at each of them several times a second."""
    for each in visits:
        found = each.looked.page.watches(each.looked.context, each.looked.given)
        assert len(found) < 500 and all(path.is_absolute() for path in found), each.address


def test_pages_are_of_use_when_there_is_nothing(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a repository, a campaign, a loop or an approval each says what to type next."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    nothing = replace(caller, repositories={})
    assert "overnight serve --repo PATH" in visit("/home", nothing).html
    assert "overnight up --repo PATH" in visit("/loops", nothing).html
    assert "Nothing waits for your approval" in visit("/approvals", nothing).html
    assert "day_usd" in visit("/spend", nothing).html
    assert "overnight init" in visit("/repos/empty", caller).html
    assert "overnight init" in visit("/repos/empty/program", caller).markdown


def test_the_owner_sees_all_of_a_call_and_answers_it(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is, with what else the terminal says; to approve is meant, and a reader has no form."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    text = "<b>" + "x" * 1_900
    agent = Context(where=tmp_path, principal=Principal(kind=Kind.AGENT, name="claude"), origin=Origin.CLAW)
    with pytest.raises(ApprovalAsked) as raised:
        perform(make(Tier.COSTLY, tells=lambda _, given: "the notes <b>as they are</b>"), agent, NoteInput(text=text))
    page = visit("/approvals", caller).parsed
    assert [text in each.text for each in page.all("code") if each.attributes.get("class") == "asked"] == [True]
    assert "The notes <b>as they are</b>." in [each.text for each in page.all("p")]
    boxes = [each.attributes for each in page.all("input") if each.attributes.get("type") == "checkbox"]
    assert sum("required" in each for each in boxes) == 1, "a row that moves below the pointer is not approved by one click"
    hidden = [each.attributes for each in page.all("input") if each.attributes.get("type") == "hidden"]
    assert [(each["name"], each["value"]) for each in hidden] == [("which", str(raised.value.number))] * 2
    looked = place_at("/approvals", [], caller).look()
    assert "<form" not in render_html(looked, may_order=False)


def test_the_table_of_pages_is_whole() -> None:
    """The page of docs about pages has a row for each: its address, what it shows, and its operation."""
    text = (Path(__file__).parents[2] / "docs" / "pages.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `/")]
    named = {page.address: page.operation for page in pages().values()}
    assert sorted(rows) == sorted(f"| `{at}` | {shows.about} | `{shows.name}` |" for at, shows in named.items())


def found_at(address: str) -> tuple[AnyPage, Mapping[str, str]]:
    """The page at an address, and its parts."""
    found = find_page(address)
    assert found is not None, address
    return found


def _tokens(markdown: str) -> Iterator[Token]:
    """What CommonMark finds in a text, with HTML on."""
    for token in MarkdownIt("commonmark").parse(markdown):
        yield token
        for inner in token.children or ():
            if inner.type == "link_open" and not str(inner.attrs["href"]).startswith("/"):
                inner.type = OUTSIDE
            yield inner
