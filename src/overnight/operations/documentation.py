"""The pages of `docs/`, as they are installed with the package: listed, read by their parts, and searched by words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from overnight.errors import UserError
from overnight.words.foreign import printable

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs"
SKILL = "skill"  # the page that leads an agent through a campaign
ABOUT = 200  # characters of what a page is about
NAME = 80  # of a foreign name in a message
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_PART = re.compile(r"^#{2,3} +(.+?)\s*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page."""

    name: str  # such as "run"
    title: str
    about: str  # its first sentence
    text: str  # Markdown

    @property
    def parts(self) -> Sequence[str]:
        """The headings below its title."""
        return [heading for heading, _ in _parts_of(self.text)]

    def part(self, heading: str) -> str:
        """The part below a heading, with it.

        Raises:
            UserError: there is no such heading.
        """
        wanted, parts = heading.strip().lower(), _parts_of(self.text)
        for form in (str.lower, slug):  # a word in code and the word alone can both be headings
            for name, text in parts:
                if form(name) == wanted:
                    return text
        known = ", ".join(f"`{name}`" for name in self.parts)
        raise UserError(f"`{self.name}` has no part `{printable(heading, NAME)}`", fix=f"its parts are {known or 'none'}")


@cache
def documents() -> Sequence[Document]:
    """All pages by name, the agent's first."""
    files = [(SKILL, ROOT / "SKILL.md"), *((path.stem, path) for path in sorted(FOLDER.glob("*.md")))]
    return [_read(name, path) for name, path in files]


def document(name: str) -> Document:
    """The page of a name, with or without `.md`.

    Raises:
        UserError: there is none.
    """
    plain = name.removesuffix(".md").lower()
    found = next((each for each in documents() if each.name == plain), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(plain, [each.name for each in documents()], n=1)
        fix = f"did you mean `{near[0]}`?" if near else "see the list of all pages: `overnight docs`"
        raise UserError(f"there is no page `{printable(name, NAME)}` in the docs", fix=fix)
    return found


def lines_with(words: Sequence[str], page: Document) -> Sequence[str]:
    """The lines of a page that have one of these words, if the page has all of them."""
    wanted, whole = [word.lower() for word in words], page.text.lower()
    if not wanted or not all(word in whole for word in wanted):
        return []
    return [line.strip() for line in page.text.splitlines() if any(word in line.lower() for word in wanted)]


def slug(heading: str) -> str:
    """A heading as links to it have it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def without_front(text: str) -> str:
    """A text without the front matter that a skill has."""
    return _FRONT.sub("", text)


def _read(name: str, path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    body = without_front(text)
    title = _HEADING.search(body)
    after = body[title.end() :].strip() if title else body.strip()
    return Document(name=name, title=title[1] if title else name, about=_first_sentence(after), text=text)


def _first_sentence(text: str) -> str:
    paragraph = _LINK.sub(r"\1", " ".join(text.split("\n\n", 1)[0].split()))
    sentence = re.split(r"(?<=[.!?]) ", paragraph, maxsplit=1)[0]
    return sentence if len(sentence) <= ABOUT else f"{sentence[: ABOUT - 1].rsplit(' ', 1)[0]} ..."


def _parts_of(text: str) -> list[tuple[str, str]]:
    """Each heading of the second and third level, with the text until the next one of its level or above."""
    lines, fenced = text.splitlines(), False
    starts: list[tuple[int, int, str]] = []  # line, level, heading
    for number, line in enumerate(lines):
        fenced ^= bool(_FENCE.match(line))
        if not fenced and (found := _PART.match(line)):
            starts.append((number, line.index(" "), found[1]))
    parts = []
    for at, (begin, level, heading) in enumerate(starts):
        end = next((line for line, other, _ in starts[at + 1 :] if other <= level), len(lines))
        parts.append((heading, "\n".join(lines[begin:end]).rstrip() + "\n"))
    return parts
