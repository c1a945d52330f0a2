"""Pure: what a person asks for, as text or as a task file, whose mistakes name the file, the line, the key and the fix."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from overnight.actions.asking.parsing import WRITTEN, read_front
from overnight.actions.asking.schema import TASK_KEYS, ActionBudgetKeys, TaskKeys
from overnight.errors import ProgramError
from overnight.program.front_matter import Place, dotted
from overnight.program.mistakes import Wording, checked
from overnight.words.foreign import printable, printable_lines

LONGEST = 100_000  # characters of a request: every agent of the action reads it
LONGEST_TITLE = 72  # of the subject of a commit
SHOWN = 60  # characters of a name in a message
_FORGOTTEN = ("repo", "after", "budget", "checks")  # keys that no text begins with
_WORDING = Wording(known=TASK_KEYS, required={}, written=WRITTEN)
_HEADING = re.compile(r"#{1,6}[ \t]+|[-*>][ \t]+")
_PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u200b": None, "\ufeff": None, "\u00ad": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked for, before it is known in which repository."""

    path: str  # of its file, for messages; empty: it has none
    title: str
    text: str
    repo: str = ""  # as written; empty: that of the caller
    checks: Sequence[str] = ()
    budget: ActionBudgetKeys | None = None
    after: Sequence[int | str] = ()  # numbers of actions, and names of files
    after_lines: Sequence[int] = ()  # on which each of them stands
    show: str = ""
    plan: bool | None = None
    refactoring: bool = False
    measure: bool = False

    def wrong_after(self, index: int, message: str, fix: str) -> ProgramError:
        """A mistake in one of those that it comes after."""
        place: Place = ("after", index)
        return ProgramError(message, path=self.path, line=self.after_lines[index], key=dotted(place), fix=fix)


def task_of(text: str, *, path: str = "the request") -> Task:
    """The task that a plain text is.

    Raises:
        ProgramError: it is empty or too long.
    """
    text = _readable(text, path)
    return Task(path="", title=title_of(text), text=text)


def parse_task(text: str, path: str) -> Task:
    """The task of a file; without front matter it is only text.

    Raises:
        ProgramError: it has mistakes; the message has all of them, each with its line, key and fix.
    """
    front, body = read_front(text, path, keys=_FORGOTTEN)
    keys = checked(TaskKeys, front, _WORDING, path)
    body = _readable(body, path)
    return Task(
        path=path,
        title=title_of(body),
        text=body,
        repo=keys.repo or "",
        checks=keys.checks,
        budget=keys.budget,
        after=keys.after,
        after_lines=tuple(front.line(("after", index)) for index in range(len(keys.after))),
        show=keys.show or "",
        plan=keys.plan,
        refactoring=keys.refactoring,
        measure=keys.measure,
    )


def title_of(text: str) -> str:
    """The first line of a text as a title, printable, shortened at the end of a word."""
    first = next((line for line in text.splitlines() if _HEADING.sub("", line).strip(" \t#*_-=")), text)
    line = " ".join(_HEADING.sub("", first.strip(), count=1).strip("# *_").split())
    line = printable(line or " ".join(text.split()), 4 * LONGEST_TITLE)
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    whole, space, _ = cut.rpartition(" ")
    return f"{whole if space and len(whole) > LONGEST_TITLE // 2 else cut}…"


def _readable(text: str, path: str) -> str:
    """The text without what nobody sees, which an agent would read all the same."""
    if len(text) > LONGEST:
        fix = "shorten it, or commit a file with the details and name that"
        raise ProgramError(f"longer than {LONGEST:,} characters", path=path, fix=fix)
    shown = printable_lines(text.translate(_PLAIN), 10 * LONGEST).strip()
    if not shown:
        raise ProgramError("asks for nothing", path=path, fix="write what is to be done, in a sentence or more")
    return shown


def name_shown(name: str) -> str:
    """A foreign name in a message."""
    return printable(name, SHOWN)
