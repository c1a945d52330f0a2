"""Edits on the texts of files: all of them, or none; the files themselves are not touched here."""

from collections.abc import Callable, Mapping, Sequence

from overnight.agents.editor.edit import DoesNotApply, Edit, Hunk
from overnight.agents.editor.effort import Effort
from overnight.agents.editor.elision import require_complete
from overnight.agents.editor.naming import resolve
from overnight.agents.editor.placing import place
from overnight.agents.editor.sound import require_sound

MOST_CHARACTERS = 1_000_000  # of a file afterwards
SHORT = 20  # lines of a file that may become much shorter when it is written anew
MayEdit = Callable[[str], bool]


def apply(edits: Sequence[Edit], texts: Mapping[str, str], may_edit: MayEdit) -> Mapping[str, str]:
    """What the edits make of the texts by path: those that change, and new ones.

    Raises:
        DoesNotApply: one of them does not fit, changes nothing or breaks a file; has the reasons of all.
    """
    now, problems, effort = dict(texts), list[str](), Effort()
    for number, edit in enumerate(edits, 1):
        try:
            path = _file_of(edit, now, may_edit, effort)
            now[path] = _edited(edit, now.get(path), effort)
        except DoesNotApply as failed:
            problems += [f"edit {number}{f' of {edit.path}' if edit.path else ''}: {problem}" for problem in failed.problems]
    changed = {path: text for path, text in now.items() if texts.get(path) != text}
    for path, text in changed.items():
        try:
            require_sound(path, text, before=texts.get(path))
        except DoesNotApply as failed:
            problems += failed.problems
    if problems:
        raise DoesNotApply(*problems)
    if not changed:
        raise DoesNotApply("the edits leave the files as they are")
    return changed


def _file_of(edit: Edit, texts: Mapping[str, str], may_edit: MayEdit, effort: Effort) -> str:
    """Which file an edit is for; if it names none, the only one, or the only one that it fits."""
    if edit.path:
        return resolve(edit.path, texts, may_edit)
    fitting = list(texts) if len(texts) == 1 else [path for path, text in texts.items() if _fits(edit, text, effort)]
    if len(fitting) != 1:
        where = "no file" if not fitting else "more than one file"
        raise DoesNotApply(f"it names no file, and fits {where}: write the name before the block")
    return fitting[0]


def _fits(edit: Edit, text: str, effort: Effort) -> bool:
    try:
        _edited(edit, text, effort, hint=False)
    except DoesNotApply:
        return False
    return not edit.whole


def _edited(edit: Edit, text: str | None, effort: Effort, *, hint: bool = True) -> str:
    """A file's text with the first way of an edit that fits it."""
    failed: DoesNotApply | None = None
    for way in edit.ways:
        try:
            edited = _written(way[0], text, effort) if edit.whole else text
            for hunk in () if edit.whole else way:
                edited = _replaced(hunk, edited, effort, hint=hint)
        except DoesNotApply as problem:
            failed = failed or problem
            continue
        if edited is not None and len(edited) <= MOST_CHARACTERS:
            return edited
        failed = failed or DoesNotApply("it makes the file too large")
    raise failed or DoesNotApply("it has no line with a sign")


def _replaced(hunk: Hunk, text: str | None, effort: Effort, *, hint: bool) -> str:
    if not any(line.strip() for line in hunk.old):
        if text is not None and text.strip():
            raise DoesNotApply("it does not say where in the file the new lines belong: add the lines before or after them")
        return _written(hunk, text, effort)
    if text is None:
        raise DoesNotApply("there is no such file")
    newline = _newline(text)
    return newline.join(place(hunk, text.split(newline), effort, hint=hint))


def _written(hunk: Hunk, text: str | None, effort: Effort) -> str:
    """A whole file as it was written anew."""
    before = (text or "").replace("\r\n", "\n").split("\n")
    effort.look(before, hunk.new)
    require_complete(hunk, {line.strip() for line in before})
    if len(before) > SHORT and len(hunk.new) < len(before) // 2:
        raise DoesNotApply(f"it has {len(hunk.new)} lines instead of {len(before)}: write the whole file")
    newline = _newline(text or "")
    return newline.join(hunk.new).rstrip("\r\n") + newline


def _newline(text: str) -> str:
    """What ends the lines of a file."""
    return "\r\n" if text.count("\r\n") == text.count("\n") > 0 else "\n"
