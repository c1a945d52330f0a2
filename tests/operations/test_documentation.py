"""The documentation as an operation: every page of `docs/` is installed, listed, read by its parts, and found by words."""

import re
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.operations.documentation import documents, slug
from overnight.operations.llms_page import llms_text
from overnight.operations.operation import Context
from overnight.operations.own.docs import OPERATION, Docs, DocsInput, render, run

ROOT = Path(__file__).parents[2]
HERE = Context(where=ROOT)


def docs(**given: str) -> Docs:
    return run(HERE, DocsInput(**given))


def test_every_page_is_in_the_package() -> None:
    """As it is in the repository, with its title and first sentence; the agent's page comes first."""
    names = [page.name for page in docs().pages]
    assert names == ["skill", *sorted(path.stem for path in (ROOT / "docs").glob("*.md"))]
    assert all(page.title and page.about and len(page.about) <= 200 for page in docs().pages)
    assert docs(name="run").text == docs(name="Run.md").text == (ROOT / "docs" / "run.md").read_text()
    assert docs(name="skill").text == (ROOT / "SKILL.md").read_text()


def test_a_part_is_what_is_below_its_heading() -> None:
    """Until the next heading of its level, those in code left alone; also by the heading as links have it."""
    for page in documents():
        for heading in page.parts[:3]:
            part = docs(name=page.name, part=heading).text
            assert part.splitlines()[0].lstrip("# ") == heading and part in page.text
            assert docs(name=page.name, part=slug(heading)).text.splitlines()[0]
    assert "## " not in docs(name="operations", part="Not covered").text[3:]


def test_words_find_pages() -> None:
    """All of them must be in a page; those with the most lines come first, and the lines are shown."""
    found = docs(search="bubblewrap jail").pages
    assert "trust" in {page.name for page in found} and all(page.lines for page in found)
    assert all(len(page.lines) <= 5 for page in found)
    assert not docs(search="bubblewrap xyzzy").pages and render(docs(search="xyzzy")) == "no page has all of these words"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "rnu"}, "did you mean `run`"),
        ({"name": "../AGENTS"}, "there is no page"),
        ({"name": "/etc/passwd"}, "there is no page"),
        ({"name": "run", "part": "nothing"}, "its parts are `What happens, in order`"),
        ({"part": "x"}, "name the page"),
        ({"name": "run", "search": "x"}, "cannot be used together"),
    ],
)
def test_what_is_not_there_is_an_error_with_its_fix(given: dict[str, str], says: str) -> None:
    """Names are looked up in a list, so no path leads anywhere else."""
    with pytest.raises(UserError, match=r".") as raised:
        docs(**given)
    assert says in str(raised.value)


def test_llms_txt_has_a_line_for_every_page() -> None:
    """In the form of https://llmstxt.org: a title, a summary, then lists of links; it is made from the pages themselves."""
    text = (ROOT / "llms.txt").read_text()
    assert text == llms_text(), "python -m overnight.operations.llms_page > llms.txt"
    assert re.match(r"# overnight\n\n(> .+\n)+\n", text) and "](/docs/skill.md)" in llms_text("/docs/skill.md")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == ["Start here", "Docs", "Optional"]
    links = [line for section in sections for line in section.splitlines()[1:] if line]
    found = [re.fullmatch(r"- \[[^\]]+\]\(([^)]+)\): .+", line) for line in links]
    assert all(found)
    named = {match[1] for match in found if match}
    assert named == {"SKILL.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))}


def test_anybody_may_read_them() -> None:
    """In any folder."""
    assert OPERATION.of_machine and OPERATION.tier.value == "read"
