"""Hostile text in every field of a campaign stays text: on every page, in its Markdown twin and on the terminal."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hostile import BIDI, SCRIPT
from markdown_it import MarkdownIt
from surface_campaigns import Made, campaign_of

from overnight.files.own import make_folder
from overnight.operations.principal import OWNER, Address, Origin
from overnight.research.pages._pictures import file_of
from overnight.research.report.drawing import draw, form
from overnight.web.calls import Caller, Looked, place_at
from overnight.web.markdown import markdown_of
from overnight.web.rendering import render_html

EMPTY = frozenset({"meta", "link", "input", "br", "hr", "img", "path", "stop"})  # elements without an end
INVISIBLE = {*map(chr, range(32)), "\x7f", BIDI[0], "\u2066", "\u200b"} - {"\n"}


class Structure(HTMLParser):
    """The elements of a page: fails if one is not closed as it was opened, or can run or fetch anything."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in {"img", "iframe", "style", "object", "embed", "base"}, tag
        assert not [name for name in given if name.startswith("on") or name == "style"], attrs
        assert all(
            (given.get(name) or "/").startswith(("/", "#", "http://www.w3.org/")) for name in ("href", "src", "xlink:href")
        )
        if tag == "script":
            self.scripts.append(given.get("src"))
        if tag not in EMPTY or "d" in given:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY or "d" in dict(attrs):
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A hostile campaign whose pictures are drawn."""
    made = campaign_of(tmp_path_factory.mktemp("hostile") / "repo", 30, nasty=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        file = file_of(made.repository, made.tag)
        make_folder(file.parent)
        file.write_bytes(form().dump_json(draw(made.repository, made.tag)))
        yield made


def looked(made: Made, part: str, **query: str) -> Looked:
    face = Address(channel="web", id="browser")
    caller = Caller(principal=OWNER, origin=Origin.OWNER, address=face, repositories={"repo": made.repository})
    return place_at(f"/repos/repo/campaigns/{made.tag}{part}", list(query.items()), caller).look()


PARTS = ("", "/experiments", "/experiments/1", "/experiments/29", "/experiments/30", "/ideas")


@pytest.mark.parametrize("part", PARTS)
def test_no_text_becomes_an_element(made: Made, part: str) -> None:
    """Every element is ours, is closed, and runs and fetches nothing but our own files; no text is invisible or reversed."""
    query = {"log": "true", "transcript": "true"} if part.count("/") == 2 else {}
    page = render_html(looked(made, part, **query), may_order=True)
    structure = Structure()
    structure.feed(page)
    structure.close()
    assert structure.open == []
    assert structure.scripts == ["/static/theme.js", "/static/live.js"]
    assert not INVISIBLE & set(page)
    assert SCRIPT[:20] in structure.text


@pytest.mark.parametrize("part", PARTS)
def test_no_text_becomes_markdown(made: Made, part: str) -> None:
    """In the Markdown twin nothing is an element or an image, and every link is ours."""
    text = markdown_of(looked(made, part))
    assert not INVISIBLE & set(text)
    tokens = [
        each
        for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        for each in (token, *(token.children or ()))
    ]
    assert not [token for token in tokens if token.type in {"html_block", "html_inline", "image"}]
    links = {str(token.attrs["href"]) for token in tokens if token.type == "link_open"}
    assert all(link.startswith(("/repos/", "#")) for link in links)


@pytest.mark.parametrize("part", PARTS)
def test_no_text_commands_a_terminal(made: Made, part: str) -> None:
    """What the operation of a page says in words has no character that a terminal acts on."""
    found = looked(made, part)
    said = found.page.operation.render(found.found)
    assert not INVISIBLE & set(said)


def test_the_campaign_has_pictures(made: Made) -> None:
    """The page that is checked above has the pictures in it, whose texts are hostile too."""
    assert render_html(looked(made, ""), may_order=True).count("<svg") >= 8
