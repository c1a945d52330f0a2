"""The files as a model sees them: whole if they fit, else the parts that matter, with a note of what is left out.

What matters in a large file is what the brief speaks of: the words of the idea, lines that earlier changes touched, names that
few other parts have. After that come loops within loops, where time goes, and the beginning. The first line of every part
stays, so that an outline remains.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.words.foreign import printable

CHARACTERS_PER_TOKEN = 4  # of English and code, by rule of thumb
PART = 40  # lines of a part at most
MOST_PARTS = 20_000  # of all files, else parts are just so many lines: looking at each takes its time
NAMED = 100  # files that are named without a text
SHOWN = 120
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_LOOP = re.compile(r"\s*(?:for|while|loop|do)\b")
_QUOTED = 3.0  # weight of a line of the file that the brief quotes, against 1 for a rare word
_LOOPS = 0.5  # of each loop that a loop is in
_LEAST_LINE = 8  # characters of a line that counts as quoted: `x = 1` does, `else:` does not


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Neighbouring lines of a file."""

    path: str
    start: int  # of its first line, from 0
    lines: tuple[str, ...]
    score: float = 0.0

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines)


def show_files(texts: Mapping[str, str], brief: str, limit_tokens: int) -> str:
    """The files, each under its name, in about as many tokens as allowed."""
    room = limit_tokens * CHARACTERS_PER_TOKEN
    if sum(map(len, texts.values())) <= room:
        return "\n\n".join(_shown(path, text.split("\n")) for path, text in texts.items())
    cut = {path: _parts(path, text) for path, text in texts.items()}
    if sum(map(len, cut.values())) > MOST_PARTS:
        cut = {path: _parts(path, text, at_blanks=False) for path, text in texts.items()}
    parts = {path: _scored(those, brief) for path, those in cut.items()}
    chosen = _chosen([part for those in parts.values() for part in those], room)
    shown = [path for path in texts if any(part in chosen for part in parts[path])]
    left = [printable(path, SHOWN) for path in texts if path not in shown]
    notes = [f"Not shown for lack of room: {', '.join(left[:NAMED])}" + (", ..." if len(left) > NAMED else "")] if left else []
    return "\n\n".join([*(_shown(path, _outlined(parts[path], chosen)) for path in shown), *notes])


def _shown(path: str, lines: Sequence[str]) -> str:
    mark = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    text = "\n".join(lines).rstrip("\n")
    return f"{printable(path, SHOWN)}\n{mark}\n{text}\n{mark}"


def _parts(path: str, text: str, *, at_blanks: bool = True) -> Sequence[_Part]:
    """A file in parts: each begins at a line without indentation behind a blank one, or after so many lines."""
    parts, start = list[_Part](), 0
    lines = text.split("\n")
    for at in range(1, len(lines) + 1):
        begins = at_blanks and at < len(lines) and lines[at][:1].strip() and not lines[at - 1].strip()
        if at == len(lines) or begins or at - start == PART:
            parts.append(_Part(path=path, start=start, lines=tuple(lines[start:at])))
            start = at
    return parts


def _scored(parts: Sequence[_Part], brief: str) -> Sequence[_Part]:
    wanted = set(_WORD.findall(brief))
    quoted = {line.strip().lstrip("+-").strip() for line in brief.split("\n")}
    words = [set(_WORD.findall("\n".join(part.lines))) for part in parts]
    spread = Counter(word for each in words for word in each)
    return [
        _Part(
            path=part.path,
            start=part.start,
            lines=part.lines,
            score=sum(1 / spread[word] for word in each & wanted)
            + _QUOTED * sum(line.strip() in quoted for line in part.lines if len(line.strip()) >= _LEAST_LINE)
            + _LOOPS * _depth(part.lines)
            + 1 / (1 + part.start),
        )
        for part, each in zip(parts, words, strict=True)
    ]


def _depth(lines: Sequence[str]) -> int:
    """How many loops are in one another at most."""
    deepest, around = 0, list[int]()
    for line in lines:
        if not line.strip():
            continue
        indentation = len(line) - len(line.lstrip())
        while around and indentation <= around[-1]:
            around.pop()
        if _LOOP.match(line):
            around.append(indentation)
            deepest = max(deepest, len(around))
    return deepest - 1 if deepest else 0


def _chosen(parts: Sequence[_Part], room: int) -> Mapping[_Part, bool]:
    """The parts of which anything is shown: whole those with the highest scores that fit, of others the first line."""
    best = sorted(parts, key=lambda part: (-part.score, part.path, part.start))
    outline, whole, left = dict[_Part, bool](), dict[_Part, bool](), room
    for part in best:
        if (size := _outline_size(part)) <= left - room * 3 // 4:
            outline[part] = False
            left -= size
    for part in best:
        given = _outline_size(part) if part in outline else 0
        if part.size - given <= left:
            whole[part] = True
            left -= part.size - given
    return outline | whole


def _outline_size(part: _Part) -> int:
    return len(part.lines[0][:SHOWN]) + len(_gap(1_000_000, 1_000_000)) + 2


def _outlined(parts: Sequence[_Part], chosen: Mapping[_Part, bool]) -> Sequence[str]:
    """What is shown of a file, with a note for each gap."""
    lines: list[str] = []
    gap = 0  # the first line that is left out, from 1; 0: none
    for part in parts:
        if part in chosen:
            lines += [_gap(gap, part.start)] if gap else []
            lines += part.lines if chosen[part] else [part.lines[0][:SHOWN]]
            gap = 0 if chosen[part] or len(part.lines) == 1 else part.start + 2
        else:
            gap = gap or part.start + 1
    last = parts[-1].start + len(parts[-1].lines)
    return [*lines, _gap(gap, last)] if gap else lines


def _gap(first: int, last: int) -> str:
    return f"[... lines {first} to {last} are left out here ...]"
