"""Pure: a training that writes a file and a script that scores it, as two commands in place of one.

Only what a scorer can read without running it is taken: no pickle, and so no `torch.load` without `weights_only=True`, in
its own text and in the modules of the repository that it imports.

Does not cover: names of files that are computed, scripts in other languages, and libraries under other names (`import torch
as t`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from overnight.program.detection.reads_beside import MOST_MODULES, imported
from overnight.program.judge.tree import Read

LARGEST = 100_000  # characters of a script
MOST_FILES = 8  # that a training hands over
_FILE = r"[A-Za-z0-9_][\w-]*(?:/[\w-]+)*\.(?:json|csv|tsv|txt|npy|npz|safetensors|pt|pth|pkl|pickle|joblib|bin|h5|keras|onnx)"
_NAME = rf"(?:(?:Path\([ \t]*)?[\"'](?P<file>{_FILE})[\"']|(?P<constant>[A-Za-z_]\w{{0,60}}))"
_CONSTANT = re.compile(rf"^(\w{{1,60}})[ \t]*=[ \t]*(?:Path\([ \t]*)?[\"']({_FILE})[\"']", re.MULTILINE)
_WRITES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bopen\([ \t]*{_NAME}[ \t]*,[ \t]*(?:mode=)?[\"'][wxa]",
        rf"{_NAME}[ \t]*\)?\.(?:write_text|write_bytes)\(",
        rf"{_NAME}[ \t]*\)?\.open\([ \t]*[\"'][wxa]",
        rf"\.(?:save\w{{0,20}}|to_csv|to_json)\([ \t]*{_NAME}",
        rf"\b(?:torch\.save|save_file|dump)\([^\n]{{1,200}}?,[ \t]*{_NAME}[ \t]*[,)]",
        rf"add_argument\([ \t]*[\"']--(?:out|output|save)[\w-]{{0,20}}[\"'][^\n)]{{0,200}}default=[ \t]*{_NAME}",
    )
)
_READS = re.compile(r"\bopen\(|\.read_(?:text|bytes)\(|\bload\w{0,10}\(|genfromtxt\(|read_(?:csv|json|pickle)\(")
_JUDGES = re.compile(r"(?:^|_)(?:eval|evaluate|evaluation|score|scorer|judge|grade|validate)(?:_|$)")
_RUNS_CODE = re.compile(
    r"(?<!allow_)pickle|\bjoblib\b|\bdill\b|\bshelve\b|\bmarshal\b|allow_pickle[ \t]*=[ \t]*True"
    r"|\b(?:torch|keras|tf)\b[\w.]{0,40}\.load(?:_model)?\((?![^\n]{0,300}weights_only[ \t]*=[ \t]*True)"
    r"|\bfrom[ \t]+(?:torch|keras|tensorflow)\b[\w.]{0,40}[ \t]+import\b[^\n]{0,200}\bload(?:_model)?\b"
    r"|\bexec\(|(?<![\w.])eval\("
)
_COMMAND = re.compile(r"(?P<before>(?:uv run (?:python )?|python3? ))(?P<script>[\w./-]+\.py)(?P<options>(?: [^;&|<>$`]*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A training and what scores it."""

    script: str  # that trains
    scorer: str  # its file; empty: nothing committed reads what the training writes
    score: str  # its command
    artifacts: tuple[str, ...]
    runs_code: bool  # the scorer reads them in a way that runs code of theirs


def written(text: str) -> tuple[str, ...]:
    """The files that a script writes by names that stand in it, in the order of their names."""
    if len(text) > LARGEST:
        return ()
    constants = dict(_CONSTANT.findall(text))
    found = {hit["file"] or constants.get(hit["constant"] or "", "") for write in _WRITES for hit in write.finditer(text)}
    return tuple(sorted(found - {""}))[:MOST_FILES]


def split_of(command: str, script: str, committed: Iterable[str], read: Read) -> Split | None:
    """The two commands in place of one that trains; None if it hands over no file, or is no plain call of its script.

    A file that is committed counts as data. Of several scorers none is taken: only a person knows which of them judges.
    """
    call, paths = _COMMAND.fullmatch(command), set(committed)
    made = tuple(path for path in written(read(script) or "") if path not in paths)
    if call is None or call["script"] != script or not made:
        return None
    found = list(_scorers(script, paths, made, read))
    if len(found) != 1:
        return Split(script=script, scorer="", score="", artifacts=made, runs_code=False)
    [(path, taken)] = found
    return Split(
        script=script,
        scorer=path,
        score=f"{call['before']}{path}",
        artifacts=taken,
        runs_code=any(map(_RUNS_CODE.search, _texts(path, paths, read))),
    )


def _texts(script: str, paths: Iterable[str], read: Read) -> Iterator[str]:
    """Of a script and of the modules of the repository that it imports."""
    files: dict[str, str | None] = dict.fromkeys(paths)  # read as they are come across
    found = left = [script]
    while left and len(found) <= MOST_MODULES:
        path, *left = left
        files[path] = read(path)
        yield files[path] or ""
        new = [module for module in dict.fromkeys(imported(path, files)) if module not in found]
        found, left = [*found, *new], [*left, *new]


def _scorers(script: str, paths: Iterable[str], made: Sequence[str], read: Read) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Scripts that by name judge, and that read what was made and print something."""
    for path in sorted(paths):
        stem = path.rpartition("/")[2].removesuffix(".py").lower()
        if not path.endswith(".py") or path == script or path.count("/") > 1 or not _JUDGES.search(stem):
            continue
        text = read(path) or ""
        taken = tuple(name for name in made if f'"{name}"' in text or f"'{name}'" in text)
        if taken and len(text) <= LARGEST and _READS.search(text) and "print(" in text:
            yield path, taken
