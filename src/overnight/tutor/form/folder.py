"""The files of a curriculum, which a stranger may have written: inside its folder, regular, readable, and not too large.

Does not cover: what the checks of a curriculum do, which run in the jail; somebody who changes the folder while it is read.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import ProgramError, UserError
from overnight.files.own import read_unlinked
from overnight.research.changes.syntax import parse_python
from overnight.words.foreign import printable

LARGEST = 256 * 1024  # bytes of a file
LARGEST_SUM = 16 * 1024**2  # bytes of all files
PATH = 300  # characters of a path in a message


@dataclass(slots=True)
class CurriculumFolder:
    """The folder of a curriculum."""

    top: Path
    read_bytes: int = 0  # so far

    def problem(self, path: Path, top: Path | None = None) -> str:
        """Why a path cannot be read, in words; empty if it can. It has to be inside the curriculum, or another folder `top`."""
        try:
            real = path.resolve(strict=True)
        except FileNotFoundError:
            return "is missing"
        except (OSError, RuntimeError, ValueError):  # RuntimeError: links that lead to each other
            return "cannot be followed to a file"
        if not real.is_relative_to((top or self.top).resolve()):
            return "leads out of the curriculum"
        return "" if real.is_file() or real.is_dir() else "is no regular file"

    def content(self, path: Path, top: Path | None = None) -> bytes:
        """The bytes of a file.

        Raises:
            UserError: it is missing, or cannot be read.
            ProgramError: it is something else, leads elsewhere, or is too large.
        """
        where = named(path)
        if problem := self.problem(path, top):
            if problem == "is missing":
                raise UserError(f"{where} is missing", fix="a curriculum needs it; see docs/curriculum.md")
            raise ProgramError(problem, path=where, fix="put a file in its place")
        try:
            content = read_unlinked(path.resolve(), LARGEST + 1)
        except OSError as error:
            raise UserError(f"{where}: {error.strerror}", fix="a curriculum needs it; see docs/curriculum.md") from error
        if len(content) > LARGEST:
            raise ProgramError(f"has more than {LARGEST:,} bytes", path=where, fix="make it shorter")
        self.read_bytes += len(content)
        if self.read_bytes > LARGEST_SUM:
            raise ProgramError(f"with it the curriculum has more than {LARGEST_SUM:,} bytes", path=where, fix="make it shorter")
        return content

    def text(self, path: Path) -> str:
        """The text of a file; raises as `content`, and a ProgramError if it is not UTF-8."""
        try:
            return self.content(path).decode()
        except UnicodeDecodeError:
            raise ProgramError("is not UTF-8", path=named(path), fix="save it as UTF-8") from None

    def source(self, path: Path) -> tuple[str, ast.Module]:
        """A Python file and its tree; raises as `text`, and a ProgramError if it is no Python."""
        text = self.text(path)
        try:
            return text, parse_python(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            raise ProgramError(
                "is not Python", path=named(path), line=line, fix="correct it; `python FILE` says more"
            ) from None

    def mapping(self, path: Path) -> str:
        """The text of a JSON file; raises as `text`, and a ProgramError if it holds no object."""
        text = self.text(path)
        try:
            is_mapping = isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            is_mapping = False
        if not is_mapping:
            raise ProgramError("is no JSON object", path=named(path), fix="write what a campaign of this step looks like")
        return text


def named(path: Path) -> str:
    """A path as messages have it."""
    return printable(str(path), PATH)
