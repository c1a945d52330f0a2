"""Converts the positions that the standard library's parser reports to bytes of the file."""

import ast
import re

from overnight.research.researchers.tuner.findings import Unreadable

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Spans:
    """The content of a Python file by line and column as in `ast`: lines from 1, columns in UTF-8 bytes."""

    def __init__(self, content: bytes) -> None:
        """Index the lines.

        Raises:
            Unreadable: it is not UTF-8.
        """
        self._content = content
        self._first = len(_BOM) if content.startswith(_BOM) else 0
        self.text = decode(content[self._first :])
        self._line_starts = [self._first, *(m.end() for m in _LINE_END.finditer(content, self._first))]

    def of(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The bytes of a node."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._line_starts[node.lineno - 1] + node.col_offset, self._line_starts[end_line - 1] + end_column

    def lines_of(self, node: ast.stmt) -> tuple[int, int] | None:
        """The bytes of the whole lines of a statement; None if it shares them with other code."""
        start, end = self.of(node)
        line_start = self._line_starts[node.lineno - 1]
        last_line = node.end_lineno or node.lineno
        line_end = self._line_starts[last_line] if last_line < len(self._line_starts) else len(self._content)
        rest = self._content[end:line_end].strip()
        alone = not self._content[line_start:start].strip() and (not rest or rest.startswith(b"#"))
        return (line_start, line_end) if alone else None

    def read(self, start: int, end: int) -> str:
        """The bytes `start` to `end` as text."""
        return self._content[start:end].decode()


def decode(content: bytes) -> str:
    """The content as text.

    Raises:
        Unreadable: it is not UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8") from None
