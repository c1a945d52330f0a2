"""What a trial's folder costs: CPU to write and delete it, with and without the `.git` that answers in it."""

import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import program, repository_of

from overnight.git.history import GitHistory
from overnight.program.parser import parse_program
from overnight.research.places.port import View
from overnight.research.places.work_folders import WorkFolders, work_folders

SIZES = {5: 200, 200: 50, 2_000: 5}  # files of the tree: folders of each kind


def main() -> None:
    """Print a row for each size, the two kinds in turn."""
    print(f"{'files':>6}  {'plain ms':>9}  {'with git ms':>11}  {'first ms':>9}  ratio")
    for files, times in SIZES.items():
        with tempfile.TemporaryDirectory() as place:
            _measure(Path(place), files, times)


def _measure(place: Path, files: int, times: int) -> None:
    texts = {f"src/{number % 50}/{number}.py": f"N = {number}\n" * 20 for number in range(files)} | {"train.py": "x = 1\n"}
    repository = repository_of(place / "repo", texts)
    repository.exclude_overnight()
    wanted = parse_program(program(("a", "b")), "program.md")
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        with work_folders(repository, history, wanted, start) as with_git:
            plain = WorkFolders(place / "plain", history, wanted)
            _cost(plain, start)
            first = _cost(with_git, start)
            pairs = [(_cost(plain, start), _cost(with_git, start)) for _ in range(times)]
    before, after = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{files:>6}  {before:>9.2f}  {after:>11.2f}  {first:>9.1f}  {after / before:.2f}", flush=True)


def _cost(folders: WorkFolders, commit: str) -> float:
    """CPU of one folder, ms."""
    began = time.process_time()
    folders.remove(folders.create(commit, View.OPEN))
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
