"""An answer of a model as edits, in whatever form they were written; nothing here looks into a file.

The form that was asked for is not insisted on: markers of SEARCH and REPLACE, lines with signs, and, only if whole files were
asked for, blocks of code.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from overnight.agents.editor.edit import DoesNotApply, Edit, Hunk
from overnight.agents.editor.form import EditForm
from overnight.agents.editor.naming import named_file
from overnight.agents.editor.signs import SIGNS, has_signs, read_signs

MOST = 50  # edits of one answer
_OPENS = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_SEARCH = re.compile(
    r"\s*(?:<{5,}\s*(?:SEARCH|ORIGINAL|HEAD|OLD|BEFORE)?|<{3,4}\s*(?:SEARCH|ORIGINAL))\b\W*(.*)", re.IGNORECASE
)
_DIVIDER = re.compile(r"\s*={5,}\s*")
_REPLACE = re.compile(r"\s*(?:>{5,}.*|>{3,4}\s*(?:REPLACE|UPDATED).*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answered: its edits, and the words around them."""

    edits: Sequence[Edit]
    words: str


def read_answer(text: str, form: EditForm, known: Collection[str]) -> Answer:
    """The edits of an answer, in order; none if there are none. `known`: the files that it may name.

    Raises:
        DoesNotApply: a block of it is broken, or there are too many.
    """
    reader = _Reader(form=form, known=known, lines=text.replace("\r\n", "\n").split("\n"))
    edits = list(reader.read())
    if len(edits) > MOST:
        raise DoesNotApply(f"there are {len(edits)} edits, and at most {MOST} are taken: make one focused change")
    return Answer(edits=edits, words="\n".join(reader.words))


@dataclass(slots=True)
class _Reader:
    form: EditForm
    known: Collection[str]
    lines: Sequence[str]
    at: int = 0
    path: str = ""  # that was named last
    around: str = ""  # the mark of the fence that blocks are read in
    searched: int = 0  # lines before this are no edit without a fence
    ends: dict[str, int] = field(default_factory=dict)  # where the fence of each mark ends next, as far as that was sought
    marker: int = -1  # the next line with SEARCH, as far as that was sought
    words: list[str] = field(default_factory=list)

    def read(self) -> Iterator[Edit]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if _SEARCH.fullmatch(line):
                yield self._block()
            elif self.around and _closes(line, self.around):
                self.around, self.at = "", self.at + 1
            elif opened := _OPENS.fullmatch(line):
                yield from self._fence(opened[1], opened[2])
            elif bare := self._bare_signs():
                yield Edit(path=self.path, ways=read_signs(bare))
            else:
                name = named_file(line, self.known)
                self.path = name or self.path
                self.words += [] if name and len(line.split()) == 1 else [line]  # a heading is no hypothesis
                self.at += 1

    def _block(self) -> Edit:
        """SEARCH, what is sought, a divider, what comes in its place, and the end."""
        opened = _SEARCH.fullmatch(self.lines[self.at])
        self.path = (named_file(opened[1], self.known) if opened else "") or self.path
        self.at += 1
        old, divided = self._until(_DIVIDER)
        if not divided:
            raise DoesNotApply("a block with SEARCH has no line `=======` and no REPLACE")
        new, ended = self._until(_REPLACE)
        if not ended:
            raise DoesNotApply("a block with SEARCH has no line `>>>>>>> REPLACE`")
        return Edit(path=self.path, ways=[[Hunk(old=_unfenced(old), new=_unfenced(new))]])

    def _until(self, ends: re.Pattern[str]) -> tuple[Sequence[str], bool]:
        """The lines up to one that ends them; whether there is one before the next block."""
        start = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if ends.fullmatch(line):
                return self.lines[start : self.at - 1], True
            if _SEARCH.fullmatch(line):
                break
        return self.lines[start : self.at], False

    def _fence(self, mark: str, info: str) -> Iterator[Edit]:
        """A block of code: with edits in it, or a whole file, or nothing for us."""
        start = self.at + 1
        end = self._end_of(mark, start)
        self.path = named_file(info, self.known) or self.path
        if self._next_marker(start) < end:
            self.at, self.around = start, mark  # its markers are read as they come
            return
        inside = self.lines[start:end]
        self.at = end + 1
        if has_signs(inside) or (info.strip().startswith(("diff", "patch")) and any(line[:1] in SIGNS for line in inside)):
            yield from self._signs(inside)
        elif self.form is EditForm.FILE:
            yield Edit(path=self.path, ways=[[Hunk(old=(), new=inside)]], whole=True)
        else:
            self.words += inside

    def _end_of(self, mark: str, start: int) -> int:
        """The line that ends a fence; the end of the answer if none does. Each line is looked at once for a mark."""
        if self.ends.get(mark, -1) < start:
            self.ends[mark] = next(
                (at for at in range(start, len(self.lines)) if _closes(self.lines[at], mark)), len(self.lines)
            )
        return self.ends[mark]

    def _next_marker(self, start: int) -> int:
        """The first line with SEARCH from there on; the end of the answer if there is none."""
        if self.marker < start:
            lines = range(start, len(self.lines))
            self.marker = next((at for at in lines if _SEARCH.fullmatch(self.lines[at])), len(self.lines))
        return self.marker

    def _signs(self, lines: Sequence[str]) -> Iterator[Edit]:
        """Lines with signs; headers of files among them begin a new edit."""
        part: list[str] = []
        for line in lines:
            name = self._header(line)
            if name is None:
                part.append(line)
            elif part := self._kept(part):
                yield Edit(path=self.path, ways=read_signs(part))
                part = []
            self.path = name or self.path
        if part := self._kept(part):
            yield Edit(path=self.path, ways=read_signs(part))

    def _kept(self, part: list[str]) -> list[str]:
        """A part of a diff, if anything changes in it."""
        return part if any(line[:1] in SIGNS for line in part) else []

    def _header(self, line: str) -> str | None:
        """The file that a header of a diff names, empty if it names none of ours; None if it is no header."""
        if line.startswith(("--- ", "+++ ")):
            name = named_file(line[4:].partition("\t")[0], self.known)
            return name if name or line[4:].strip() == "/dev/null" else None
        if line.startswith(("diff --git ", "index ", "new file mode ", "old mode ", "new mode ")):
            return ""
        return None

    def _bare_signs(self) -> Sequence[str]:
        """Lines with signs outside any fence, from here on; the whole is moved over."""
        if self.at < self.searched:
            return ()
        end = self.at
        while end < len(self.lines) and self.lines[end][:1] in SIGNS:
            end += 1
        run, self.searched = self.lines[self.at : end], end
        if not (run and run[0].startswith("-") and has_signs(run)):
            return ()
        self.at = end
        return run


def _closes(line: str, mark: str) -> bool:
    said = line.strip()
    return len(said) >= len(mark) and set(said) == {mark[0]}


def _unfenced(lines: Sequence[str]) -> Sequence[str]:
    """Lines without a fence around them, which some models put inside the markers."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if len(filled) > 1 and _OPENS.fullmatch(lines[filled[0]]) and _closes(lines[filled[-1]], "```"):
        return lines[filled[0] + 1 : filled[-1]]
    return lines
