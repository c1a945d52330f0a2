"""The Python files that a command runs and imports, as far as text shows."""

from collections.abc import Sequence

from overnight.program.judge.runs import what_runs
from overnight.program.judge.tree import Read
from overnight.research.researchers.tuner.imports import reached

MOST_READ = 60  # files, those nearest to the top


def python_texts(command: str, paths: Sequence[str], read: Read) -> dict[str, str]:
    """The Python files that a command runs, then those that they import."""
    runs = [judge.path for judge in what_runs([("measure", command)], paths, read) if judge.path.endswith(".py")]
    if not runs:
        return {}
    near = sorted((path for path in paths if path.endswith(".py")), key=lambda path: path.count("/"))[:MOST_READ]
    texts = {path: text for path in dict.fromkeys((*runs, *near)) if (text := read(path)) is not None}
    imported = reached({path: text.encode() for path, text in texts.items()}, runs)
    return {path: texts[path] for path in dict.fromkeys((*runs, *sorted(imported))) if path in texts}
