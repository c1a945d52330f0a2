"""How much code a proposal adds and removes, so that "less code" has one meaning.

A line counts unless it is blank or a comment. In Python a statement counts once, however many lines it takes, and a string
on its own (a docstring) does not count. So neither a new layout nor fewer words are less code. Without fewer bytes there are
no fewer lines: lines that are joined, or moved into a text for `exec`, still count.

Does not cover: code that is golfed into fewer statements and fewer bytes, or compressed. Use a formatter or linter in
`checks` for that.
"""

import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from overnight.git.port import FileChange

_HASH = ("py", "pyi", "sh", "bash", "yaml", "yml", "toml", "cfg", "ini", "rb", "r", "jl", "pl", "mk", "cmake")
_SLASHES = ("c", "h", "cc", "cpp", "hpp", "cu", "cuh", "java", "js", "ts", "go", "rs", "swift", "kt", "scala", "cs")
_COMMENTS: Mapping[str, tuple[bytes, ...]] = {
    **dict.fromkeys(_HASH, (b"#",)),
    **dict.fromkeys(_SLASHES, (b"//", b"/*")),
    "lua": (b"--",),
    "sql": (b"--",),
    "hs": (b"--",),
}
REMEMBERED = 8  # files, the head's among them, which every proposal is compared with
LARGEST = 200_000  # bytes of a file that is remembered: its lines take many times that
_LAYOUT = frozenset((tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER))


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChange:
    """Lines of code that a proposal adds and removes; a moved line is neither, one hidden in another line is both."""

    added: int
    removed: int

    @property
    def shrinks(self) -> bool:
        """Whether there is less code than before."""
        return self.removed > self.added


def size_change(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> SizeChange:
    """The change over all files of a proposal; `before` has the contents of those that exist in its base."""
    old: Counter[bytes] = Counter()
    new: Counter[bytes] = Counter()
    for change in changes:
        old.update(code_lines(change.path, before.get(change.path, b"")))
        new.update(code_lines(change.path, change.content or b""))
    added, removed = new - old, old - new
    hidden = removed.total() if _size_bytes(added) >= _size_bytes(removed) else 0
    return SizeChange(added=max(added.total(), hidden), removed=removed.total())


def code_lines(path: str, content: bytes) -> list[bytes]:
    """The lines of a file that count, without their indentation; statements if the file is Python."""
    read = _remembered if len(content) <= LARGEST else _code_lines
    return list(read(path.rpartition(".")[2].lower(), content))


@lru_cache(REMEMBERED)
def _remembered(suffix: str, content: bytes) -> Sequence[bytes]:
    return _code_lines(suffix, content)


def _code_lines(suffix: str, content: bytes) -> Sequence[bytes]:
    if suffix in {"py", "pyi"}:
        try:
            return tuple(_statements(content))
        except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
            pass  # not Python, whatever its name: its lines count
    comments = _COMMENTS.get(suffix, ())
    lines = (line.strip() for line in content.splitlines())
    return [line for line in lines if line and not line.startswith(comments)]


def _size_bytes(lines: Counter[bytes]) -> int:
    """Bytes of all lines without white space, which is layout."""
    return sum(len(b"".join(line.split())) * times for line, times in lines.items())


def _statements(source: bytes) -> Iterator[bytes]:
    tokens: list[tokenize.TokenInfo] = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.NEWLINE or (token.type, token.string) == (tokenize.OP, ";"):
            if any(each.type != tokenize.STRING for each in tokens):
                yield " ".join(each.string for each in tokens).encode()
            tokens = []
        elif token.type not in _LAYOUT:
            tokens.append(token)
