"""CPU and wall time of one attempt and one move of the branch, including git's own, early and late in a campaign."""

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository, open_repository

WINDOW = 200  # attempts per measurement, which has its own helper processes, because their CPU counts only once they end


def make_repository(folder: Path, files: int) -> Repository:
    """A repository with this many files in one commit."""
    for number in range(files):
        path = folder / f"part{number % 20}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value = {number}\n" * 20)
    commands = [["init", "-q"], ["add", "."], ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "start"]]
    for command in commands:
        subprocess.run(["git", *command], cwd=folder, check=True)
    return open_repository(folder)


def cpu_s() -> float:
    """CPU seconds of this process and of its finished children."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def window(repository: Repository, start: str, first: int) -> str:
    """The cost of one attempt and one move of the branch, averaged over a window."""
    head = start
    cpu, wall = cpu_s(), time.perf_counter()
    history = GitHistory(repository)
    before = history.branch_head("bench")
    for number in range(first, first + WINDOW):
        change = FileChange(path="part3/module3.py", content=f"value = {number}\n".encode() * 20)
        commit = history.record_attempt(tag="bench", number=number, base=head, changes=[change], message="a hypothesis")
        history.advance(tag="bench", old=before, new=commit)
        before = head = commit
    history.close()
    each_cpu, each_wall = (cpu_s() - cpu) / WINDOW, (time.perf_counter() - wall) / WINDOW
    return f"{first:>8}  {each_cpu * 1e3:8.2f} ms CPU  {each_wall * 1e3:8.2f} ms wall"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=5000)
    parser.add_argument("--files", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        repository = make_repository(Path(folder), arguments.files)
        history = GitHistory(repository)
        start = history.resolve_start()
        history.close()
        print(f"{arguments.files} files; one attempt and one move of the branch, from attempt number:")
        for first in range(1, arguments.attempts + 1, WINDOW):
            line = window(repository, start, first)
            if first == 1 or (first - 1) % 1000 == 0:
                print(line, flush=True)


if __name__ == "__main__":
    main()
