"""Files that a proposal would let be edited, though breaking them changed no trial."""

from dataclasses import replace

from overnight.program.code_files import is_code
from overnight.research.setup.first_look import Proposal, entry_of, rendered, with_note
from overnight.research.setup.wishes import BY_HAND
from overnight.research.views.connection import Connection, Outcome, names


def without_idle(proposal: Proposal, connection: Connection) -> tuple[Proposal, Connection, str]:
    """The proposal without the files of code that it names and that do not matter, the proof without them, and a note.

    All stay if a person named them, or if no other would be left; the note is empty then.
    """
    entry = entry_of(proposal, "editable")
    idle = {path for path in connection.with_outcome(Outcome.STAYS, Outcome.NOT_READ) if is_code(path)}
    if entry is None or entry.reason == BY_HAND or not isinstance(entry.value, list):
        return proposal, connection, ""
    dropped = [path for path in entry.value if path in idle]
    left = [path for path in entry.value if path not in idle]
    if not dropped or not left:
        return proposal, connection, ""
    note = f"left out of `editable`, since breaking it on purpose changed no trial: {names(list(map(str, dropped)))}"
    narrow = rendered(proposal.detected.having(replace(entry, value=left)), proposal.body)
    files = tuple(file for file in connection.editable if file.path not in dropped)
    return with_note(narrow, note), replace(connection, editable=files), note
