"""What a work folder has beside the files of a commit: links to data of `readable`, and empty folders for output.

Both are the same in every folder of a session, and nothing in them goes from one to the next.
"""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from overnight.git.port import History
from overnight.program.program import Program
from overnight.program.scope import matches, path_problem

IGNORED = ".gitignore"
LARGEST_BYTES = 100_000  # of it
MOST_FOLDERS = 64
# Folders that commands write into and expect. What build tools make for themselves (`build`, `target`, `dist`) is not among
# them, nor data and environments: a script that makes one only if it is missing would find it there, and empty.
OUTPUTS = frozenset(
    (
        *("artifacts", "checkpoints", "figures", "log", "logs", "metrics", "out", "output", "outputs", "plots", "profiles"),
        *("reports", "result", "results", "runs", "temp", "tmp", "traces"),
    )
)
_FOLDER = re.compile(r"/?((?:[\w.-]+/)*[\w.-]+)/?(?:\*{1,2})?")  # a line of `.gitignore` that names a folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Paths relative to the work folder."""

    links: Mapping[str, Path] = field(default_factory=dict)  # and where each leads
    folders: Collection[str] = ()

    def put_into(self, folder: Path) -> None:
        """Place them in a new folder that only we have written; what the commit has there stays.

        Nothing is placed below a link: it would be made in the checkout.
        """
        for path, target in self.links.items():
            with suppress(OSError):
                if not _is_below(path, self.links):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).symlink_to(target)
        for path in self.folders:
            with suppress(OSError):
                if path not in self.links and not _is_below(path, self.links):
                    (folder / path).mkdir(parents=True, exist_ok=True)


def output_folders(toplevel: Path, history: History, program: Program, start: str) -> tuple[str, ...]:
    """The output folders that git ignores, and that the checkout has or a command of the program names."""
    sizes = {file.path: file.size_bytes for file in history.files(start)}
    if sizes.get(IGNORED, LARGEST_BYTES + 1) > LARGEST_BYTES:
        return ()
    text = history.read_files(start, [IGNORED])[IGNORED].decode(errors="replace")
    named = (match[1] for line in text.splitlines() if (match := _FOLDER.fullmatch(line.strip())))
    wanted = (path for path in named if path.rpartition("/")[2].lower() in OUTPUTS and not _is_ours_or_gits(path))
    commands = " ".join(program.commands)
    there = (path for path in wanted if _is_folder(toplevel / path) or f"{path}/" in commands)
    return tuple(dict.fromkeys(path for path in there if not matches(path, program.hidden)))[:MOST_FOLDERS]


def _is_ours_or_gits(path: str) -> bool:
    """Whether a path is none that a proposal could have: `.git/logs` is in every checkout; or lies in a folder of ours."""
    return bool(path_problem(path)) or path.startswith(".overnight")


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_below(path: str, links: Collection[str]) -> bool:
    return any(path.startswith(f"{link}/") for link in links)
