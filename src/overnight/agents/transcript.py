"""What went into a session and came out of it, in order: prompts, what the agent said and did, what that returned, faults.

The text is foreign. It is bounded in memory, made printable when it is rendered, and never holds the URL or the token of the
session's models.

The same goes for what becomes of an agent's words elsewhere: `hide` is used on all of them (`AgentSession`).

Does not cover: a token that an agent writes in pieces or in another encoding, or into a file that it proposes; by the end of
its session it is worth nothing.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.models.port import ModelRun
from overnight.words.foreign import left_out, printable_lines
from overnight.words.markdown import inline
from overnight.words.scrub import forms, scrub_text
from overnight.words.scrubber import Scrubber
from overnight.words.secret import HIDDEN

ENTRY_CHARACTERS = 16_000  # of one entry; twice what our own agent reads of a command's output
TRANSCRIPT_BYTES = 1024**2  # of a session, rendered; sixty steps of our own agent with full outputs take half of it
WATCHED = 2_000  # characters of a step that its watcher gets
_HALF_BYTES = TRANSCRIPT_BYTES * 7 // 16  # of the oldest entries, and of the newest; the rest is room for the last one
_LEAST_BYTES = 256  # that an entry counts for, as it takes about so many in memory however short it is
_TITLE = 200  # characters


class EntryKind(StrEnum):
    """What an entry is, as its heading says it."""

    PROMPT = "Prompt"
    MESSAGE = "Agent"
    THOUGHT = "Agent, thinking"
    PLAN = "Agent, plan"
    CALL = "Agent, tool call"
    OUTPUT = "Output"
    FAULT = "Fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptEntry:
    """One step of a session; its text is raw, and its middle may be left out."""

    kind: EntryKind
    text: str

    def render(self) -> str:
        """A heading, and the text as an indented block of Markdown, which nothing in it can end."""
        shown = printable_lines(self.text.strip("\n"), 2 * ENTRY_CHARACTERS)
        block = "\n".join(f"    {line}" if line else "" for line in shown.split("\n"))
        return f"{'##' if self.kind is EntryKind.PROMPT else '###'} {self.kind}\n\n{block}\n\n"


class Transcript:
    """The steps of one session: the oldest and the newest, once they are too many."""

    def __init__(
        self,
        run: ModelRun | None = None,
        watch: Callable[[EntryKind, str], None] | None = None,
        *,
        scrubber: Scrubber | None = None,
    ) -> None:
        """`run`: the session's models, whose URL and token are hidden; `watch` is told of each step as it begins.

        `scrubber`: what else is hidden, beside what looks like a secret.
        """
        self._scrubber = scrubber or Scrubber()
        self._watch = watch
        self._url = run.url if run else ""
        self._token = forms([run.url.rpartition("/")[2]] if run else [])
        self._oldest: list[TranscriptEntry] = []
        self._newest: deque[tuple[TranscriptEntry, int]] = deque()  # each with its size
        self._oldest_bytes = self._newest_bytes = 0
        self._last: _Growing | None = None
        self._left_out = 0

    def __bool__(self) -> bool:
        return self._last is not None

    @property
    def entries(self) -> Sequence[TranscriptEntry]:
        """All that was kept, in order."""
        last = [self._closed(self._last)] if self._last else []
        return [*self._oldest, *(entry for entry, _ in self._newest), *last]

    @property
    def said(self) -> str:
        """What the agent said so far, as far as it was kept: its messages; a command's output, which has none."""
        entries = self.entries
        speaks = any(entry.kind in {EntryKind.MESSAGE, EntryKind.CALL} for entry in entries)
        kind = EntryKind.MESSAGE if speaks else EntryKind.OUTPUT
        return "\n".join(entry.text for entry in entries if entry.kind is kind)

    @property
    def left_out(self) -> int:
        """How many entries between the oldest and the newest were not kept."""
        return self._left_out

    def add(self, kind: EntryKind, text: str) -> None:
        """Begin a new entry."""
        if self._last:
            self._keep(self._closed(self._last))
        self._last = _Growing(kind)
        self._last.append(text)
        if self._watch:
            self._watch(kind, self.hide(text[:WATCHED]))

    def append(self, kind: EntryKind, text: str) -> None:
        """Add to the last entry if it is of this kind, as to a message that comes in chunks; else begin a new one."""
        if self._last and self._last.kind is kind:
            self._last.append(text)
        elif text:
            self.add(kind, text)

    def hide(self, text: str) -> str:
        """A text of the agent's without secrets, such as the URL and the token of its models, or a part of the token."""
        without = scrub_text(text.replace(self._url, HIDDEN), self._token) if self._token else text
        return self._scrubber.text(without)

    def render(self, title: str) -> str:
        """All of it as Markdown that a person can read on a terminal."""
        entries = [entry.render() for entry in self.entries]
        if self._left_out:
            entries.insert(len(self._oldest), f"({self._left_out} entries are left out here.)\n\n")
        return f"# {inline(title, _TITLE)}\n\n{''.join(entries)}".rstrip("\n") + "\n"

    def _keep(self, entry: TranscriptEntry) -> None:
        size = max(_LEAST_BYTES, len(entry.render().encode()))
        if not self._newest and self._oldest_bytes + size <= _HALF_BYTES:
            self._oldest.append(entry)
            self._oldest_bytes += size
            return
        self._newest.append((entry, size))
        self._newest_bytes += size
        while self._newest_bytes > _HALF_BYTES:
            self._newest_bytes -= self._newest.popleft()[1]
            self._left_out += 1

    def _closed(self, entry: "_Growing") -> TranscriptEntry:
        return TranscriptEntry(kind=entry.kind, text=self.hide(entry.text))  # whole, for a token may come in two chunks


class _Growing:
    """An entry that is added to; of a long one the two ends are kept."""

    def __init__(self, kind: EntryKind) -> None:
        self.kind = kind
        self._head = self._tail = ""
        self._length = 0

    def append(self, text: str) -> None:
        self._length += len(text)
        room = ENTRY_CHARACTERS // 2 - len(self._head)
        self._head += text[:room]
        self._tail += text[room:]
        if len(self._tail) > ENTRY_CHARACTERS:  # in large steps, for what comes in many small ones
            self._tail = self._tail[-ENTRY_CHARACTERS // 2 :]

    @property
    def text(self) -> str:
        tail = self._tail[-ENTRY_CHARACTERS // 2 :]
        missing = self._length - len(self._head) - len(tail)
        return f"{self._head}{left_out(missing) if missing else ''}{tail}"
