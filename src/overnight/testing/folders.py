"""Folders for the tests of a suite."""

from collections.abc import Mapping
from pathlib import Path


def new(parent: Path, name: str) -> Path:
    """Create an empty folder."""
    folder = parent / name
    folder.mkdir()
    return folder


def contents(folder: Path) -> Mapping[str, bytes]:
    """The content of its files, by path; links are followed."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
