"""What a message asks, and of which campaign: one line, a known word, nothing that could be a message of our own."""

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.notices.answers import Reply
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.notices.reception import LONGEST
from overnight.research.messages.request import STALE_S, Request, Word, request_of, route


def listener(name: str = "jul12", place: str = "/home/me/repo", began: float = 1e6) -> Listener:
    return Listener(session=f"{place} {name}", name=name, place=place, process=1, began=began)


HERE, THERE = listener(), listener("aug01", "/home/me/other")


def asked(text: str, *present: Listener, at: float = 2e6) -> Listener | Reply | None:
    return route(Message(id="1", sender="42", text=text, at=at), present or (HERE,), HERE)


def said(text: str, *present: Listener, at: float = 2e6) -> str:
    found = asked(text, *present, at=at)
    assert isinstance(found, Reply)
    return "\n".join(found.lines)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("status", Request(word=Word.STATUS)),
        ("  /Status \n", Request(word=Word.STATUS)),
        ("stop jul12", Request(word=Word.STOP, name="jul12")),
        ("STOP @jul12", Request(word=Word.STOP, name="jul12")),
        ("idea clip the gradient (bold)", Request(word=Word.IDEA, text="clip the gradient (bold)")),
        ("idea @jul12 clip it", Request(word=Word.IDEA, name="jul12", text="clip it")),
        ("idea", Request(word=Word.IDEA)),
        ("believe #3", Request(word=Word.BELIEVE, number=3)),
        ("believe @jul12 3", Request(word=Word.BELIEVE, name="jul12", number=3)),
        ("help", Request(word=Word.HELP)),
    ],
)
def test_a_line_with_a_known_word_is_a_request(text: str, wanted: Request) -> None:
    """In any case, with a slash before it as in chats, and with the name of a campaign after it."""
    assert request_of(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "stop\nnow", "please stop", "stop it now", "stopp", "status\x0bstop", "stop\u2028x", "\uff53top"),
        *(
            "believe",
            "believe x",
            "believe 0",
            "believe 3 4",
            "believe 1234567890",
            "believe \u0663",
            "run",
            "finalize",
            "idea " + "x" * LONGEST,
        ),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    """Several lines, other words, words that only look alike, what costs money or cannot be undone, and what is too long."""
    assert request_of(text) is None
    assert "words are" in said(text)


@settings(max_examples=scaled(50))
@given(st.text(), st.sampled_from(["overnight", "jul12"]))
def test_our_own_messages_are_neither_requests_nor_answered(text: str, name: str) -> None:
    """They begin with the name of a campaign, or ours, and a colon."""
    assert request_of(f"{name}: {text}") is None
    assert asked(f"{name}: {text}") is None


@settings(max_examples=scaled(50))
@given(st.text())
def test_no_answer_is_a_request(text: str) -> None:
    """So an answer that comes back does nothing, whatever was written, and it can be shown."""
    found = asked(text)
    if isinstance(found, Reply):
        assert request_of("\n".join(found.lines)) is None
        assert all(line.isprintable() and len(line) < 2000 for line in found.lines)


def test_of_several_campaigns_one_has_to_be_named() -> None:
    """By its tag, or by the folder and the tag if two have the same."""
    assert asked("stop") == asked("stop jul12", HERE, THERE) == HERE and asked("idea @aug01 x", HERE, THERE) == THERE
    for text in ("stop", "status", "idea clip the gradient"):
        assert "which campaign? At work: jul12, aug01" in said(text, HERE, THERE)
    twin = listener(place="/home/me/other")
    assert "which campaign? At work: repo/jul12, other/jul12" in said("stop jul12", HERE, twin)
    assert asked("stop other/jul12", HERE, twin) == twin
    assert "no campaign x is at work" in said("stop x", HERE, THERE) and "At work: jul12, aug01" in said("help", HERE, THERE)
    assert asked("status may03", HERE, THERE) == HERE  # which looks in its repository


def test_what_is_too_old_is_not_done() -> None:
    """A `stop` that was meant for another session says so; nobody waits for the answer to an old question; ideas keep."""
    assert "not stopped" in said("stop", at=HERE.began - 1)
    assert asked("status", at=HERE.began - 1) == HERE
    for text in ("status", "help", "hello"):
        assert asked(text, at=HERE.began - STALE_S - 1) is None
    assert asked("idea x", at=0.0) == HERE
