"""The queue of ideas as the Markdown file `ideas.md`, which a person may edit while the campaign runs.

No line is lost by accident: without the last line of the file (if it is half written, for example) nothing counts as
deleted; neither does an idea that is newer than the editor's copy of the file. Whatever a person writes in it is an idea,
wherever it stands and whether or not it looks like one of a list: `echo` puts it behind the last line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.research.idea import (
    AddIdea,
    DropIdea,
    Idea,
    IdeaEdit,
    IdeaQueue,
    IdeaState,
    OrderIdeas,
    ReopenIdea,
    RewordIdea,
    Risk,
)
from overnight.research.ideas.queue import PATIENCE
from overnight.research.ideas.text import ARROW, LONGEST_EFFECT, clean_idea, clean_label, split_marks, words_of
from overnight.research.order import OWNER
from overnight.words.figures import figure

MOST_CHARACTERS = 1_000_000  # of a file that are read
MOST_LINES = 5000
DONE = "Done"  # the heading above what was tried or dropped

_BOXES = {IdeaState.OPEN: "[ ]", IdeaState.TAKEN: "[~]", IdeaState.TRIED: "[x]", IdeaState.DROPPED: "[x]"}
_TICKS = frozenset("xX")
_LINE = re.compile(
    r"(?P<indent>[ \t]*)[-*+][ \t]+(?:\[(?P<box>.?)\](?:[ \t]+|$))?(?:#(?P<number>[0-9]{1,9})\b[:.]?)?(?P<text>.*)"
)
_STAMP = re.compile(r"^<!-- overnight: ideas up to #([0-9]{1,9})\b", re.MULTILINE)  # at the start of a line, where no idea is
_NONE = "No idea is open."
_BEGINS = "Edit this file while the campaign runs"  # the help, in every version
_HELP = f"""\
# Ideas

{_BEGINS}: add a line `- [ ] what to try`, change a text, tick or delete what not to try,
move lines (the first is tried first). Write `(bold)` or `(safe)` after an idea to say how far it goes. `[~]` is proposed
and waits for its verdict; an idea that a researcher still works on is `[ ]`.
"""
_NO_IDEAS = frozenset([*_HELP.splitlines(), _NONE])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One idea as written in the file."""

    number: int  # 0: none
    ticked: bool
    text: str
    risk: Risk | None
    effect: str
    outcome: bool  # the line says how the idea turned out


# --- Writing ---


def render_ideas(queue: IdeaQueue) -> str:
    """The file for a queue; the same queue gives the same file."""
    parts = [_HELP, "\n".join(_open_line(idea) for idea in queue.ideas) or _NONE]
    if queue.done:
        parts.append(f"\n## {DONE}\n\n" + "\n".join(_done_line(idea) for idea in reversed(queue.done)))
    stamp = f"<!-- overnight: ideas up to #{queue.next_number - 1}; without this line no idea counts as deleted -->"
    return "\n".join([*parts, "", stamp, ""])


def _open_line(idea: Idea) -> str:
    marks = [idea.risk.value] if idea.risk else []
    marks += [f"effect: {idea.effect}"] if idea.effect else []
    marks.append(f"from {idea.origin if idea.giver in {'', OWNER} else idea.giver}")
    if idea.state is IdeaState.TAKEN:
        marks.append(f"taken by #{idea.experiment}")
    line = f"- {_BOXES[idea.state]} #{idea.number} {idea.text} ({'; '.join(marks)})"
    if idea.state is IdeaState.OPEN and idea.misses >= PATIENCE:
        return (
            f"{line} {ARROW} reword it to have it tried again: {idea.misses} proposals came to nothing, the last: {idea.reason}"
        )
    return line


def _done_line(idea: Idea) -> str:
    if idea.state is IdeaState.DROPPED:
        outcome = f"dropped by {idea.dropped_by}" + (f": {idea.reason}" if idea.reason else "")
    else:
        gain = "" if idea.gain is None else f", gain {figure(idea.gain, 4, signed=True)}"
        outcome = f"{idea.verdict} in #{idea.experiment}{gain}"
    return f"{_open_line(idea)} {ARROW} {outcome}"


# --- Reading ---


def parse_ideas(text: str, known: IdeaQueue) -> tuple[IdeaEdit, ...]:
    """What a person changed in the file since it was written for the queue `known`, in the order to apply it.

    Any text is accepted. An idea missing from the file is dropped, if the file has its last line and the idea is not newer.
    """
    lines = list(_lines(text))
    by_number = {line.number: line for line in reversed(lines) if line.number}
    edits: list[IdeaEdit] = []
    for idea in known.ideas:
        edits += _changes(idea, by_number.get(idea.number), deleted=idea.number <= _stamped(text))
    done = {idea.number for idea in known.done}
    edits += [ReopenIdea(number=n) for n, line in by_number.items() if n in done and line.outcome and not line.ticked]
    return (*edits, *_order(by_number, known, lines), *_additions(lines, known))


def _stamped(text: str) -> int:
    """The newest idea when the file was written; 0 if unknown."""
    stamps = [int(found) for found in _STAMP.findall(text[:MOST_CHARACTERS])]
    return max(stamps, default=0) if len(text) <= MOST_CHARACTERS and text.count("\n") <= MOST_LINES else 0


def _lines(text: str) -> Iterator[_Line]:
    helping, last = False, None
    for row in text[:MOST_CHARACTERS].splitlines()[:MOST_LINES]:
        bare = row.strip()
        found = _LINE.fullmatch(row)
        if found and (found["number"] or not found["indent"]):
            helping = False
        elif not bare or bare.startswith(("#", "<!--")) or bare in _NO_IDEAS:
            helping, found = False, None
        elif helping or bare.startswith(_BEGINS):  # the help of another version, to its blank line
            helping, found = True, None
        elif last and not last.outcome and row[0].isspace():  # it goes on with the idea above
            last = replace(last, text=clean_idea(f"{last.text} {bare}"))
            continue
        else:
            found = _LINE.fullmatch(f"- {bare}")
        if last:
            yield last
        last = _line(found) if found else None
    if last:
        yield last


def _line(found: re.Match[str]) -> _Line:
    """The idea of a line; only behind a number of ours is an arrow followed by an outcome."""
    said, arrow, _ = found["text"].partition(ARROW) if found["number"] else (found["text"], "", "")
    words, risk, effect = split_marks(said)
    return _Line(
        number=int(found["number"] or 0),
        ticked=(found["box"] or " ") in _TICKS,
        text=clean_idea(words),
        risk=risk,
        effect=effect,
        outcome=bool(arrow),
    )


def _changes(idea: Idea, line: _Line | None, *, deleted: bool) -> Iterator[IdeaEdit]:
    if line is None:
        if deleted:
            yield DropIdea(number=idea.number, reason="deleted in ideas.md")
    elif line.ticked:
        yield DropIdea(number=idea.number, reason="ticked in ideas.md")
    elif words_of(line.text) and (line.text, line.risk, line.effect) != (idea.text, idea.risk, idea.effect):
        effect = clean_label(line.effect, LONGEST_EFFECT)
        yield RewordIdea(number=idea.number, text=line.text, risk=line.risk, effect=effect)


def _additions(lines: Sequence[_Line], known: IdeaQueue) -> Iterator[IdeaEdit]:
    """New lines, each placed before the known idea that follows it."""
    open_ones = {idea.number for idea in known.ideas}
    done = {idea.number: idea for idea in known.done}
    before = 0
    found: list[AddIdea] = []
    for line in reversed(lines):
        if line.number in open_ones:
            before = line.number
        elif not line.outcome and words_of(line.text) and _is_new(line, known, done):
            found.append(AddIdea(text=line.text, risk=line.risk, effect=line.effect, before=before, ticked=line.ticked))
    return reversed(found)


def _is_new(line: _Line, known: IdeaQueue, done: Mapping[int, Idea]) -> bool:
    """Whether a line is not an old copy of one of ours: it has no number of ours, or other words than that idea has."""
    if not line.number or line.number >= known.next_number:
        return True
    ended = done.get(line.number)
    return ended is not None and not line.ticked and words_of(line.text) != words_of(ended.text)


def _order(by_number: dict[int, _Line], known: IdeaQueue, lines: Sequence[_Line]) -> Iterator[IdeaEdit]:
    there = [idea.number for idea in known.ideas if idea.number in by_number and not by_number[idea.number].ticked]
    still = frozenset(there)
    wanted = [number for number in dict.fromkeys(line.number for line in lines) if number in still]
    if wanted != there:
        yield OrderIdeas(numbers=tuple(wanted))
