"""What agents in roles read: the task, the repository's words, what was found out, and the form of their answer.

The person's words and the body of actions.md are instructions. All else, such as what checks printed, what another agent said
or a diff, is quoted as data. Every text has a limit, so that a prompt stays within `MOST_TOKENS` whatever a repository holds.

Does not cover: an agent that takes data for an instruction all the same; the jail and our own checks are for that.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.actions.charter import Request, Role, Rules
from overnight.actions.findings import Evidence, Finding, Plan
from overnight.actions.roles.role_words import CODE_FORM, NOTE_FORM, PLAN_FORM, REFACTORING, REVIEW_FORM
from overnight.actions.state import Action
from overnight.git.history import is_cut
from overnight.words.foreign import cut_middle, printable, printable_lines
from overnight.words.quantities import counted

MOST_TOKENS = 16_000  # of a prompt, by the rule of thumb of four bytes each
REQUEST, BODY, NOTE, FIX, DIFF, OWN_DIFF = 12_000, 6_000, 6_000, 8_000, 20_000, 6_000  # characters
FILES = 4_000  # characters of the list of files
LINE = 300  # characters of what stands on one line
MOST_LISTED = 15  # entries of a list
CUT = (
    "The first 1 MB of the diff is in `{}`; it goes on. Files after the last one there are changed too: look at them in the"
    " folder, and if you cannot tell what they do, that is a blocking finding."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a prompt is made of, beside the action."""

    rules: Rules
    paths: Sequence[str] = ()  # of the files in the folder
    diff: str = ""  # of the action so far
    diff_file: str = ""  # in the folder, which has all of it; empty: the prompt shows it in full


def prompt_of(role: Role, action: Action, material: Material) -> str:
    """What an agent in a role is asked to do."""
    return "\n\n".join(part.strip() for part in _PARTS[role](action, material) if part.strip())


def _plan_parts(action: Action, material: Material) -> Iterator[str]:
    yield from _task(action.request, material.rules)
    yield _listed("The files of the repository", _names(material.paths))
    yield PLAN_FORM


def _note_parts(action: Action, material: Material) -> Iterator[str]:
    yield from _task(action.request, material.rules)
    yield f"# Question\n\n{printable(action.plan.research, 2 * LINE) if action.plan else ''}"
    yield _listed("The files of the repository", _names(material.paths))
    yield NOTE_FORM


def _code_parts(action: Action, material: Material) -> Iterator[str]:
    yield from _task(action.request, material.rules)
    yield _plan(action.plan)
    if action.note:
        yield _data("What a researcher found out", action.note, NOTE)
    yield _listed("The files of the repository", _names(material.paths))
    yield _data("The change so far, which the folder holds", material.diff, OWN_DIFF)
    if action.left:
        yield "An agent before you was cut off in the middle of this. Go on from what it left in the folder."
    yield _fix(action)
    yield _listed("What was left in the folder the last time and is no part of the change", action.not_taken)
    checks = (*material.rules.checks, *action.request.checks)
    yield _listed("What must pass", [f"`{printable(check, LINE)}`" for check in checks])
    if material.rules.test:
        yield f"Some tests alone: `{printable(material.rules.test, LINE)}`"
    yield _listed("A change there needs a person's word; avoid it", [f"`{each}`" for each in material.rules.protected])
    yield f"# How\n\n{CODE_FORM}"


def _review_parts(action: Action, material: Material) -> Iterator[str]:
    yield from _task(action.request, material.rules)
    yield _data("The change, which the folder holds", material.diff, DIFF)
    if material.diff_file:
        yield CUT.format(material.diff_file) if is_cut(material.diff) else f"The whole diff is in `{material.diff_file}`."
    if action.evidence:
        yield _listed("What we found out ourselves", list(_evidence(action.evidence)))
    yield _listed("What earlier reviews had it change", [_finding(each) for each in action.past_findings])
    yield f"# How\n\n{REVIEW_FORM}"


_PARTS = {
    Role.PLANNER: _plan_parts,
    Role.RESEARCHER: _note_parts,
    Role.CODER: _code_parts,
    Role.REVIEWER: _review_parts,
}


def _task(request: Request, rules: Rules) -> Iterator[str]:
    yield f"# Task\n\n{cut_middle(request.text.strip(), REQUEST)}"
    if request.refactoring:
        yield REFACTORING
    if rules.body.strip():
        yield f"# What this repository asks of every change\n\n{cut_middle(rules.body.strip(), BODY)}"


def _plan(plan: Plan | None) -> str:
    if plan is None:
        return ""
    shows = [f"shows: {each}" for each in plan.shows]
    return _listed(
        "A plan by another agent; leave it where it is wrong", [*plan.steps, *(f"file: {f}" for f in plan.files), *shows]
    )


def _fix(action: Action) -> str:
    """What the coder has to change next."""
    if not action.to_fix:
        return ""
    if action.why_fix == "person":
        return f"# What the person says of the change so far\n\n{cut_middle(action.to_fix.strip(), FIX)}"
    if action.why_fix == "merge":  # our own words, and a person's
        return f"# The change no longer fits\n\n{printable_lines(cut_middle(action.to_fix.strip(), FIX), 2 * FIX)}"
    why = {
        "checks": "The change so far fails; fix the cause",
        "review": "A reviewer's findings; fix each, or say in `ASSUMPTION: ...` why it is wrong",
    }
    return _data(why.get(action.why_fix, "What to fix"), action.to_fix, FIX)


def _evidence(evidence: Evidence) -> Iterator[str]:
    failed_before = {each.command for each in evidence.before if not each.passed}
    for each in evidence.after:
        also = ", as it did before the change" if each.command in failed_before else ""
        how = "passes" if each.passed else f"fails: {each.reason}{also}"
        yield f"`{printable(each.command, LINE)}` {how}"
    for proof in evidence.proofs:
        yield f"{proof.path}: {proof.proof}{f' ({proof.red})' if proof.red else ''}"
    for weakened in evidence.weakened:
        yield f"{weakened.path}: test {weakened.how}: {weakened.detail}"
    for suspicion in evidence.suspicions:
        yield f"{suspicion.path}:{suspicion.line}: {suspicion.doubt}: {suspicion.detail}"
    for risk in evidence.risks:
        yield f"{risk.path}: {risk.kind}: {risk.detail}"
    if evidence.code and not evidence.proofs and not evidence.refactoring:
        yield "no test shows the change"
    for hunk in evidence.unproven:
        yield f"{hunk.path}:{hunk.line}: no test fails without this part"


def _finding(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}: {finding.text}"


def _names(paths: Sequence[str]) -> Sequence[str]:
    """All paths if there is room for them; else the folders and how many files each has, and the files at the top."""
    if sum(len(path) + 3 for path in paths) <= FILES:
        return paths
    for depth in (3, 2, 1):
        folders = Counter("/".join(path.split("/")[:-1][:depth]) for path in paths)
        listed = [f"{folder}/ ({counted(number, 'file')})" for folder, number in sorted(folders.items()) if folder]
        listed += [path for path in paths if "/" not in path]
        if depth == 1 or sum(len(each) + 3 for each in listed) <= FILES:
            break
    shown, room = list[str](), FILES
    for each in listed:
        room -= min(len(each), LINE) + 3
        if room < 0:
            return [*shown, f"({len(listed) - len(shown)} more)"]
        shown.append(each)
    return shown


def _listed(title: str, entries: Sequence[str]) -> str:
    """A heading and a list; nothing without entries."""
    shown = entries if title.startswith("The files") else entries[:MOST_LISTED]
    more = [f"({len(entries) - len(shown)} more)"] if len(shown) < len(entries) else []
    return f"# {title}\n\n" + "\n".join(f"- {printable(entry, LINE)}" for entry in (*shown, *more)) if entries else ""


def _data(title: str, text: str, limit: int) -> str:
    """A heading and foreign text, quoted; nothing without text."""
    if not text.strip():
        return ""
    shown = printable_lines(cut_middle(text.strip("\n"), limit), limit + limit // 4)
    quoted = "\n".join(f"> {line}".rstrip() for line in shown.split("\n"))
    return f"# {title} (data)\n\n{quoted}"
