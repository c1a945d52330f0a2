"""Every page of `docs/` begins with one screen: what it is for, what to type, what comes back, what can go wrong."""

import re
from pathlib import Path

import pytest

from overnight.operations.documentation import slug

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
REFERENCE = {"cli", "decisions", "glossary", "json"}  # looked up by a word, not done
SCREEN = 40  # lines
ALL = [*PAGES, ROOT / "README.md", ROOT / "SKILL.md", ROOT / "AGENTS.md"]


def outside_code(text: str) -> str:
    """A page without its blocks and spans of code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


def headings(page: Path) -> set[str]:
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_first_screen_is_enough_to_act(page: Path) -> None:
    """A title, a paragraph, something to type, and what can go wrong; a reference says how it is looked up."""
    lines = page.read_text().splitlines()[:SCREEN]
    title, empty, first = lines[:3]
    assert title.startswith("# ") and not empty and re.match(r"[A-Z`*]", first)
    if page.stem not in REFERENCE:
        screen = "\n".join(lines)
        assert "```" in screen, "what to type"
        assert "an go wrong" in screen, "what can go wrong"


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading that it has."""
    for target in re.findall(r"\]\(([^)\s]+)\)", outside_code(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        to = (page.parent / name) if name else page
        assert to.exists(), target
        if heading and to.suffix == ".md":
            assert heading in headings(to), target
