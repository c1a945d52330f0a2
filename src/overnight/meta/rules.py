"""What the brief of an organiser says: what may be changed, and which researchers an organisation may have."""

import json
from collections.abc import Iterator

from overnight.meta.charter import Charter
from overnight.meta.organisation import MOST_MEMBERS
from overnight.words.foreign import printable

ENTRY = 400  # characters of an allowed researcher


def rules(charter: Charter) -> str:
    """The rules in Markdown, as a section of the campaign's program."""
    return "\n".join(["", "## What may change", "", *_lines(charter)]) + "\n"


def _lines(charter: Charter) -> Iterator[str]:
    yield f"- `{charter.organisation}` is a research organisation: who works, on which ideas, in whose words."
    yield "- Free are its text below the front matter (roles, priorities, risk, ideas), `researchers` and `gate.max_pairs`."
    yield "- Everything else is frozen: a change of it is refused without a trial, and so is a command or a model of your own."
    yield f"- `researchers` are entries of this list, each with a role and a count that you choose, {MOST_MEMBERS} at most:"
    yield ""
    for entry in charter.allowed_raw:
        yield f"      {printable(json.dumps(dict(entry), default=str), ENTRY)}"
    yield ""
    if families := [f"`{target.name}`" for target in charter.targets if not target.fixed]:
        yield f"- On {', '.join(families)} each pair of campaigns has a new instance, so no answer can be learnt."
    if fixed := [f"`{target.name}`" for target in charter.targets if target.fixed]:
        yield f"- On {', '.join(fixed)} the ideas are the target's own; your list counts on the others."
    sealed = " and sealed targets" if charter.holdout else ""
    yield f"- No number and no line that only one target needs: what is kept must be better on all{sealed} together."
