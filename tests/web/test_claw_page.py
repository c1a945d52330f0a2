"""The page of a claw: what is written on it is the owner's, what is answered is there, and a question has its buttons."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from claws import ClawUnderTest
from rest import AGENT, served
from targets import make_repo, program
from visits import owner, visit

from overnight.claw.events import CallBegun, CallEnd, CallEnded, Paired, Received, Released, Send, SendState
from overnight.ledger.sealed import seal
from overnight.operations.call import Call
from overnight.operations.operation import Tier
from overnight.operations.principal import Address, Kind, Origin
from overnight.operations.record import open_record


def test_what_is_written_on_the_page_is_answered_there(claw: ClawUnderTest, tmp_path: Path) -> None:
    """It comes in as the owner's, once for each key; the answer is sent once it is recorded."""
    make_repo(tmp_path / "repo", program())
    with served(repo=tmp_path / "repo") as rest:
        answer = rest.post("/claw/say", text="note that tea is in the jar", claw="claw")
    assert answer.status == 200, answer.text
    claw.run()
    [entry] = claw.record.newest_of(["received"], 10)
    assert isinstance(entry.event, Received)
    assert (entry.event.channel, entry.event.origin, entry.seq) == ("web", Origin.OWNER, answer.json["turn"])
    assert claw.record.unsent() == []
    page = visit("/claw", owner({}))
    assert "noted as #" in page.html
    assert "tea is in the jar" in page.html
    [known] = json.loads(page.json)["known"]
    assert known["text"] == "tea is in the jar"
    assert json.loads(page.json)["lines"][-1]["state"] == ""
    changed = claw.record.newest_of(["send_changed"], 1)[0].event
    assert getattr(changed, "state", None) is SendState.SENT


def test_nobody_else_writes_or_reads(claw: ClawUnderTest, tmp_path: Path) -> None:
    """A token of an agent neither says something in the owner's name nor reads what they said."""
    claw.tell("note that the code is 1234")
    before = claw.record.store.newest()
    make_repo(tmp_path / "repo", program())
    with served(AGENT, repo=tmp_path / "repo") as rest:
        said = rest.post("/claw/say", text="help", claw="claw")
        read = [rest.ask("GET", f"/claw{form}").status for form in ("", ".json", ".md")]
        going = rest.post("/claw/continue", claw="claw")
    assert (said.status, going.status) == (403, 403)
    assert "1234" not in said.text
    assert set(read) <= {403, 404}
    assert claw.record.store.newest() == before


HOSTILE = (
    "<img src=x onerror=alert(1)> </script><script>evil()</script> </textarea><b onclick=evil()> {{7*7}} {% raw %}"
    " [x](javascript:evil()) ![p](http://evil.example/p.png) \" ' onfocus=evil() \x1b[2J \u202e"
)


def test_words_are_no_markup_of_the_page(claw: ClawUnderTest) -> None:
    """What a message, a fact, a schedule, a name or an answer says is text: no tag, link, picture or template of it."""
    claw.record.append(Paired(address=Address("telegram", "7"), person=HOSTILE[:60], role=Kind.MEMBER))
    claw.hear(HOSTILE, channel="telegram", sender="7")
    claw.run()
    claw.tell(f"note that {HOSTILE}")
    claw.tell(f"remind me in 20 minutes to {HOSTILE}")
    page = visit("/claw", owner({}))
    assert page.html.count("&lt;img src=x") >= 3 and "{{7*7}}" in page.html
    for each in ("<img", "<script>evil", "<b onclick", 'evil.example/p.png"', 'href="javascript', "\x1b", "\u202e"):
        assert each not in page.html, each
    assert not re.search(r"(?<!\\)(<img|<script|<b |\]\(javascript|\]\(http://evil)", page.markdown), "each of it is escaped"


def test_a_question_has_its_buttons(claw: ClawUnderTest) -> None:
    """The page shows the call in our own words, and the orders that answer it."""
    claw.hear("help")
    claw.run()
    given = seal("{}")
    with open_record() as operations:
        call = Call(
            operation="deliver",
            args='{"number": 3}',
            tier=Tier.IRREVERSIBLE,
            principal="agent:claw",
            origin=Origin.CLAW,
            address=None,
            where="/",
        )
        number = operations.ask(call, "")
    turn = claw.record.newest_of(["received"], 1)[0].seq
    text = seal("asked")
    claw.record.append(
        CallBegun(turn=turn, call=1, operation="deliver", given=given.ref, origin=Origin.CLAW),
        CallEnded(turn=turn, call=1, end=CallEnd.ASKED, text=text.ref, origin=Origin.CLAW, approval=number),
        texts=[given, text],
    )
    page = visit("/claw", owner({}))
    assert json.loads(page.json)["status"]["asks"][0]["number"] == number
    assert f'id="ask-{number}"' in page.html
    for word in (f"Approve {number}", f"Refuse {number}"):
        assert word in page.html


def test_the_page_without_a_claw(claw_state: Path) -> None:
    """It says how to make one."""
    assert claw_state.name == "state"
    assert "overnight claw init" in visit("/claw", owner({})).html


@pytest.mark.parametrize("word", ["stop", "continue"])
def test_the_page_stops_and_lets_go_on(claw: ClawUnderTest, tmp_path: Path, word: str) -> None:
    """A claw that was stopped from a page is stopped for all."""
    make_repo(tmp_path / "repo", program())
    if word == "continue":
        claw.tell("stop")
    with served(repo=tmp_path / "repo") as rest:
        assert rest.post(f"/claw/{word}", claw="claw").status == 200
    assert claw.record.is_stopped is (word == "stop")


def test_the_picture_of_a_message_is_on_the_page(claw: ClawUnderTest, tmp_path: Path) -> None:
    """For who may see the page alone, by the message; without the file, with another one or elsewhere there are the words."""
    jpeg = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10" + bytes(64)
    file, elsewhere = claw.record.folder / "truck.jpg", tmp_path / "mine.jpg"
    file.write_bytes(jpeg)
    elsewhere.write_bytes(jpeg)
    texts = [(seal(words), picture) for words, picture in (("a truck at drive", file), ("another", elsewhere))]
    to = Address("telegram", "42")
    sends = [Send(key=f"key {n}", to=to, text=text.ref, picture=str(picture)) for n, (text, picture) in enumerate(texts)]
    claw.record.append(Released(keys=(), sends=tuple(sends)), texts=[text for text, _ in texts])
    make_repo(tmp_path / "repo", program())
    page = visit("/claw", owner({}))
    address, other = [unescape(each) for each in re.findall(r'<img src="(/pictures[^"]+)"', page.html)]
    assert str(file) not in address
    with served(repo=tmp_path / "repo") as rest:
        shown = rest.ask("GET", address)
        assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
        assert [rest.ask("GET", each).status for each in (f"{address}x", other)] == [404, 404]
        file.unlink()
        assert rest.ask("GET", address).status == 404
        file.write_text("<svg onload=evil()>")
        assert rest.ask("GET", address).status == 404
    file.write_bytes(jpeg)
    with served(AGENT, repo=tmp_path / "repo") as rest:
        assert rest.ask("GET", address).status in {403, 404}
