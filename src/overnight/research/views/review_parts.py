"""A kept change of many parts as one commit for each of them: what is shown to matter comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from overnight.gate.audit import ChangePart, PartAudit
from overnight.git.port import FileChange, KeptChange, KeptPart
from overnight.research.changes.parts import Parts
from overnight.research.state import State
from overnight.research.views.audit import part_line, part_words

MOST = 50  # commits for one change; what is left is in the last
UNMEASURED = "not measured alone"


def split(state: State, number: int, whole: KeptChange, parts: Parts) -> KeptChange:
    """The change in parts: those that the newest audit of this head showed to matter, the others that it measured, the rest.

    The last commit has the very files that were measured, and the evidence of the whole.
    """
    audited = _audited(state, number)
    ordered = sorted(parts.parts, key=lambda part: (_rank(audited.get(part.part)), part.part))
    groups = [[part] for part in ordered[: MOST - 1]] + ([ordered[MOST - 1 :]] if ordered[MOST - 1 :] else [])
    commits, made = list[KeptPart](), set[int]()
    for place, group in enumerate(groups, start=1):
        files: dict[str, FileChange] = {}
        for part in group:
            change = parts.with_also(part.part, made)
            files[change.path] = change
            made.add(part.part)
        where = f"{place} of {len(groups)}"
        last = place == len(groups)
        commits.append(
            KeptPart(
                changes=tuple(files.values()),
                subject=_subject(number, where, group),
                body=_body(state, number, where, whole, [_measured(audited.get(part.part), part) for part in group], last=last),
            )
        )
    return replace(whole, parts=tuple(commits))


def _audited(state: State, number: int) -> Mapping[int, PartAudit]:
    """What the newest finished audit of this head says of the parts of a change."""
    audit = state.audit
    if audit is None or audit.concluded is None or audit.opened.head != state.head:
        return {}
    return {part.of.part: part for part in audit.concluded.parts if part.of.experiment == number}


def _rank(audit: PartAudit | None) -> tuple[int, float]:
    if audit is None:
        return 2, 0.0
    return int(not audit.matters), -audit.estimate.gain if audit.estimate else 0.0


def _measured(audit: PartAudit | None, part: ChangePart) -> str:
    return part_line(audit) if audit else f"{part_words(part)}: {UNMEASURED}"


def _subject(number: int, where: str, group: Sequence[ChangePart]) -> str:
    what = part_words(group[0]) if len(group) == 1 else f"the last {len(group)} parts"
    return f"#{number}, {where}: {what}"


def _body(state: State, number: int, where: str, whole: KeptChange, measured: Sequence[str], *, last: bool) -> str:
    """What the audit says of it; the last one has the evidence of the whole change, which is what was measured."""
    shown = [*(f"{line}." for line in measured), "", f"Part {where} of experiment {number}: {whole.subject}"]
    if last:
        *evidence, _attempt = whole.body.splitlines()  # no receipt is about this commit alone
        trailers = [f"Overnight-Part: {where}", f"Overnight-Measured: {whole.commit}"]
        return "\n".join([*shown, "", "The whole change, with all of its parts:", "", *evidence, *trailers])
    trailers = [f"Overnight-Campaign: {state.tag}", f"Overnight-Experiment: {number}", f"Overnight-Part: {where}"]
    return "\n".join([*shown, "", *trailers])
