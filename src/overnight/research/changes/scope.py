"""What a proposal may touch, and the digest that identifies it.

Does not cover: links, devices and submodules, which never become a `FileChange`; what the changed code does when it runs,
which is the jail's job.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from overnight.git.port import FileChange
from overnight.program.program import Program
from overnight.program.scope import collide, matches, path_problem
from overnight.research.changes.seed_shopping import fixes_seed, only_seed_differs
from overnight.research.changes.similar import changes_no_code
from overnight.words.foreign import printable

MAX_FILES = 100  # of one proposal; a person must be able to read it
MAX_FILE_BYTES = 1_000_000
MAX_TOTAL_BYTES = 4_000_000
QUOTED = 100  # characters of a path shown in a reason
NOTHING = "the proposal changes nothing"


def check_scope(
    changes: Sequence[FileChange], *, before: Mapping[str, bytes], executable: Mapping[str, bool], program: Program
) -> tuple[str, ...]:
    """What is wrong with a proposal's changes, one line each; nothing if the proposal may be measured.

    Args:
        changes: the proposal's changes to its base.
        before: the contents of the changed files that exist in the base.
        executable: for every file of the base, whether it is executable.
        program: the program whose limits apply.
    """
    if not any(_differs(change, before, executable) for change in changes):
        return (NOTHING,)
    problems = [*_size_problems(changes)]
    for change in changes[:MAX_FILES]:
        name = f"`{printable(change.path, QUOTED)}`"
        problems += [f"{name} {problem}" for problem in _file_problems(change, executable, program)]
    if not problems and _only_seeds(changes, before):
        problems.append("only the random seed differs")
    if not problems and program.takes_seed and _fixes_seed(changes, before):
        problems.append("it fixes a random seed: take it from the trial's own (`{seed}` or OVERNIGHT_SEED)")
    if not problems and changes_no_code(changes, before, program.metric):
        problems.append("it changes no code: only comments, blank lines or layout differ")
    return tuple(problems)


def proposal_digest(changes: Sequence[FileChange], base: str) -> str:
    """The digest of a proposal: SHA-256, hex, over its base and the path, mode and content of each changed file.

    Every part is preceded by its length, so no two proposals hash the same text; the order of the changes does not matter.
    """
    digest = hashlib.sha256()
    parts = [base.encode()]
    for change in sorted(changes, key=lambda change: change.path):
        mode = b"removed" if change.content is None else b"100755" if change.executable else b"100644"
        parts += [change.path.encode(errors="surrogatepass"), mode, change.content or b""]
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _differs(change: FileChange, before: Mapping[str, bytes], executable: Mapping[str, bool]) -> bool:
    if change.content is None:
        return change.path in executable
    return change.content != before.get(change.path) or change.executable != executable.get(change.path)


def _size_problems(changes: Sequence[FileChange]) -> Iterator[str]:
    if len(changes) > MAX_FILES:
        yield f"{len(changes):,} files changed, more than {MAX_FILES}"
    if len({change.path for change in changes}) < len(changes):
        yield "a file is changed twice"
    total = sum(len(change.content or b"") for change in changes)
    if total > MAX_TOTAL_BYTES:
        yield f"{total:,} bytes in total, more than {MAX_TOTAL_BYTES:,}"


def _file_problems(change: FileChange, executable: Mapping[str, bool], program: Program) -> Iterator[str]:
    if problem := path_problem(change.path):
        yield problem
        return
    if change.path == program.path:
        yield "is the program itself"
    elif matches(change.path, program.hidden):
        yield "is hidden"
    elif not matches(change.path, program.editable):
        yield "is not editable"
    elif any(collide(change.path, name) for name in program.inputs):
        yield "collides with an input, which is created again for each trial"
    if len(change.content or b"") > MAX_FILE_BYTES:
        yield f"has more than {MAX_FILE_BYTES:,} bytes"
    if change.path not in executable:
        yield from _new_file_problems(change, executable)
    elif change.content is not None and change.executable != executable[change.path]:
        yield "changes its mode"


def _new_file_problems(change: FileChange, executable: Mapping[str, bool]) -> Iterator[str]:
    if change.content is None:
        yield "is removed but does not exist"
    parents = change.path.split("/")[:-1]
    if any("/".join(parents[:end]) in executable for end in range(1, len(parents) + 1)):
        yield "is below a file"
    if any(path.startswith(f"{change.path}/") for path in executable):
        yield "would replace a folder"


def _only_seeds(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> bool:
    return all(
        change.path.endswith(".py")
        and change.content is not None
        and change.path in before
        and only_seed_differs(before[change.path], change.content)
        for change in changes
    )


def _fixes_seed(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> bool:
    python = (change for change in changes if change.path.endswith(".py"))
    return fixes_seed([(before.get(change.path, b""), change.content or b"") for change in python])
