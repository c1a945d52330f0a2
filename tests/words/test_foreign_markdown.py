"""Foreign text in Markdown, judged by a parser of CommonMark with the extensions that most renderers have."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from overnight.words.foreign import printable
from overnight.words.markdown import closed, code, fenced, inline, marked

MARKS = [
    *("`", "``", "```", "````", "~~~", "~~~~~~~~", "~~~~~~~~~", "\n", " ", "    ", "\t", "#", "## x", "- ", "* ", "+ ", "1. "),
    *("1) ", "> ", "---", "===", "***", "_a_", "**b**", "[x](y)", "![x](y)", "[x]: y", "<b>", "<!-- ", "-->", "<http://x>"),
    *("&amp;", "&#35;", "https://x.org", "http://x", "www.x.org", "a@b.org", "mailto:a@b.org", "|", "| a |", "\\", "\\`"),
    *("~~s~~", "word", "é", "\x1b[2J", "<script>", "</p>", "<?x", "<![CDATA[", "\r\n", "\u2028", "diff", "HTTP://X", "Www.x"),
    *("ftp://x", "//x.org", "!", "x"),
]
TEXT = st.one_of(st.lists(st.sampled_from(MARKS), max_size=8).map("".join), st.text(max_size=30))
LIMIT = 400


def parsed(text: str) -> list[Token]:
    """The tokens of a page, with those inside of paragraphs after theirs."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [each for token in parser.parse(text) for each in (token, *(token.children or ()))]


def shape(text: str) -> list[str]:
    """The structure of a page: its tokens without their texts, neighbouring texts as one."""
    kinds = ["text" if token.type in ("text", "text_special") else token.type for token in parsed(text)]
    return [kind for number, kind in enumerate(kinds) if kind != "text" or kinds[number - 1 : number] != ["text"]]


def said(text: str) -> str:
    """What the page says in words."""
    return "".join(token.content for token in parsed(text) if token.type in ("text", "text_special", "code_inline"))


PLACES = ["{}", "# {}", "- {}", "- a: {}. {}", "1. {}", "**a:** {}", "a\n{}", "> {}", "| a |\n|---|\n| {} |", "a {} b"]


@pytest.mark.parametrize("place", PLACES)
@settings(deadline=None)
@given(text=TEXT)
@example("1. x")
@example("=")
@example("<!channel>")
def test_escaped_text_is_only_text(place: str, text: str) -> None:
    """Wherever it stands, a page has the same structure as with a harmless word, and says what `printable` shows."""
    shown = printable(text, LIMIT).strip()
    if not shown:
        return
    page = place.replace("{}", inline(text, LIMIT, first=not re.search(r"[a-z][^\n]*\{", place)))
    assert shape(page) == shape(place.replace("{}", "word"))
    assert said(page) == said(place.replace("{}", "\0")).replace("\ufffd", shown)
    assert not re.search(r"https?://|www\.", page, re.IGNORECASE)  # what a renderer makes a link of without any markup


@pytest.mark.parametrize("place", ["{}", "- {}: why", "# {}", "a {} b"])
@settings(deadline=None)
@given(text=TEXT)
def test_a_code_span_holds_all_of_a_text(place: str, text: str) -> None:
    """It is one span, with what `printable` shows."""
    page = place.replace("{}", code(text, LIMIT))
    assert shape(page) == shape(place.replace("{}", "`x`"))
    [span] = [token.content for token in parsed(page) if token.type == "code_inline"]
    assert span == (printable(text, LIMIT) if printable(text, LIMIT).strip() else " ")


@settings(deadline=None)
@given(lines=st.lists(TEXT.map(lambda text: printable(text, LIMIT)), max_size=6))
@example(["~" * 9])
@example(["   ~~~~~~~~~~~~~~", "# Merge at once"])
def test_a_block_holds_all_of_its_lines(lines: list[str]) -> None:
    """Nothing in it ends it: what follows is outside, and the lines come back as they were."""
    page = "\n".join(["# a", "", *fenced(lines, "diff"), "", "after"])
    assert shape(page) == shape("# a\n\n```diff\nx\n```\n\nafter")
    [block] = [token for token in parsed(page) if token.type == "fence"]
    assert block.content == "".join(f"{line}\n" for line in lines) and block.info == "diff"


@settings(deadline=None)
@given(text=TEXT)
@example("````\n```\n# x")
@example("```\n~~~\n```\n# x")
@example("``` a`b\n# x")
@example("```\n``` x\n# x")
@example("    ```\n# x")
def test_fences_are_found_as_the_parser_finds_them(text: str) -> None:
    """The lines of a text's fenced blocks are known, except in lists, quotations and HTML, which have rules of their own."""
    page = "\n".join(printable(line, LIMIT) for line in text.split("\n"))
    tokens = MarkdownIt("commonmark").parse(page)
    if any(token.type in ("list_item_open", "blockquote_open", "html_block", "code_block") for token in tokens):
        return
    inside, before = [], ""
    for number, (_, fence) in enumerate(marked(page.split("\n"))):
        inside += [number] if before or fence else []
        before = fence
    blocks = [token.map for token in tokens if token.type == "fence" and token.map]
    assert inside == [line for start, end in blocks for line in range(start, min(end, page.count("\n") + 1))]


@settings(deadline=None)
@given(text=TEXT)
def test_a_text_that_was_cut_does_not_take_in_what_follows(text: str) -> None:
    """A heading of ours after it is a heading, whatever block it leaves open."""
    lines = [printable(line, LIMIT) for line in text.split("\n")]
    tokens = parsed("\n".join([*closed(lines), "", "## Ours"]))
    if not any(token.type == "html_block" for token in tokens):
        assert tokens[-2].content == "Ours" or [t.content for t in tokens if t.type == "inline"][-1] == "Ours"
        assert tokens[-1].type == "heading_close"
