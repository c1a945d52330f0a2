"""A result with what is not in its events: its diff from the repository, what `show` left, its test files by the rules."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action
from overnight.actions.views.diff_size import part_sizes
from overnight.actions.views.gathering import ResultFiles, make_result
from overnight.actions.views.result import Result, ShownOutput
from overnight.errors import OvernightError, UserError
from overnight.git.history import GitHistory, is_cut
from overnight.git.repository import open_repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.foreign import printable_lines

SHOWN = 4_000  # characters of what `show` printed
SHORT = 12  # digits of a commit
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")


def read_result(record: ActionRecord, action: Action, *, repository: str) -> Result:
    """All of a result; what cannot be read is named in it."""
    globs = _test_globs(action)
    diff, trouble = _diff(action)
    shown = tuple(_shown(record.artifacts, action.evidence.shown if action.evidence else ()))
    files = ResultFiles(diff=diff, parts=part_sizes(diff, globs), shown=shown, trouble=trouble)
    return make_result(action, record.store.events_of(action.number), files, repository=repository)


def _test_globs(action: Action) -> Sequence[str]:
    try:
        return parse_rules(action.rules).test_globs
    except UserError:
        return ()


def _diff(action: Action) -> tuple[str, str]:
    """The diff of its newest commit, and why there is none, or not all of it."""
    if not action.commit:
        return "", ""
    try:
        repository = open_repository(Path(action.request.repo))
        with closing(GitHistory(repository)) as history:
            diff = history.diff(action.commit_base, action.commit)
    except (OSError, OvernightError) as error:
        return "", f"its diff cannot be read: {error}"
    whole = f"git diff {action.commit_base[:SHORT]} {action.commit[:SHORT]}"
    return diff, f"its diff is longer than 1 MB, and its end is not shown: {whole}" if is_cut(diff) else ""


def _shown(artifacts: ArtifactStore, names: Sequence[str]) -> Iterator[ShownOutput]:
    for name in names:
        found = artifacts.read(name)
        if found is None:
            continue
        picture = found.startswith(PICTURES)
        text = "" if picture else printable_lines(found[: 4 * SHOWN].decode("utf-8", "replace"), SHOWN)
        yield ShownOutput(artifact=name, picture=picture, text=text)
