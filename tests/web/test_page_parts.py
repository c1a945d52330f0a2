"""What is sent to the viewers of a page that has changed."""

import json

from overnight.web.page_parts import MOST_SENT, parts_of, step

PAGE = (
    "<title>{title}</title><main><div id=plain>{now}</div>"
    '<section id="a" data-live aria-label="A"><section data-live id="inside"><p>{a}</p></section></section>'
    '<div class="x" data-live id="b"><div>{b}</div><div>more</div></div></main>'
)


def page(*, title: str = "t", now: str = "", a: str = "one", b: str = "two") -> bytes:
    return PAGE.format(title=title, now=now, a=a, b=b).encode()


def test_the_parts_are_the_outermost_live_elements() -> None:
    """Whole, in order, whichever way their attributes stand, and with what is inside of them."""
    parts = parts_of(page())
    assert list(parts) == ["", "a", "b"]
    assert parts[""] == b"<title>t</title>"
    assert parts["b"] == b'<div class="x" data-live id="b"><div>two</div><div>more</div></div>'
    assert parts["a"].count(b"</section>") == 2


def test_only_what_is_new_is_sent() -> None:
    """The title, the parts that are another, and the ids of all; what is in no part is left as it is."""
    found = json.loads(step("v1", parts_of(page()), parts_of(page(title="new", now="x", b="three"))) or "")
    assert (found["since"], found["parts"]) == ("v1", ["a", "b"])
    assert found["html"].startswith("<title>new</title><div") and "three" in found["html"] and "one" not in found["html"]


def test_a_step_is_one_line() -> None:
    """A line end in a page cannot begin another event."""
    said = step("v1", parts_of(page()), parts_of(page(a="x\n\nid: forged\r\ndata: forged", b="\u2028")))
    assert said and len(said.splitlines()) <= 2 and "\n" not in said and "\r" not in said


def test_a_part_that_comes_or_goes_is_named() -> None:
    """The ids say which parts there are."""
    less = page().replace(b" data-live", b"", 1).replace(b" data-live", b"", 1)  # neither `a` nor what is inside of it
    assert json.loads(step("v", parts_of(page()), parts_of(less)) or "")["parts"] == ["b"]
    more = json.loads(step("v", parts_of(less), parts_of(page())) or "")
    assert more["parts"] == ["a", "b"] and 'id="a"' in more["html"]


def test_what_is_large_comes_later() -> None:
    """Small parts are sent beside a large one, which is named; the others are sent as ever."""
    said = json.loads(step("v", parts_of(page()), parts_of(page(a="x" * MOST_SENT, b="three"))) or "")
    assert said["later"] == ["a"] and said["parts"] == ["a", "b"]
    assert "three" in said["html"] and "xxx" not in said["html"]
    assert "later" not in json.loads(step("v", parts_of(page()), parts_of(page(a="more"))) or "")


def test_what_is_large_or_cannot_be_taken_apart_is_fetched() -> None:
    """A large change is better compressed; a refusal, a part without an end, and two with one id have no parts."""
    assert step("v", parts_of(page()), parts_of(page(a="x" * MOST_SENT))) is None
    assert step("v", {}, parts_of(page())) is None
    assert step("v", parts_of(page()), {}) is None
    assert parts_of(b'<section id="a" data-live>') == {}
    assert parts_of(b'<p id="a" data-live></p><p id="a" data-live></p>') == {}
