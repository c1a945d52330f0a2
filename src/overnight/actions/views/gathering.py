"""A result, gathered from an action's events, our own checks and what of it is in files; and what stands out of it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.actions.charter import Role
from overnight.actions.events import Event, Judged, Planned, Reviewed, TurnBegun, TurnEnded
from overnight.actions.findings import CheckOutcome, Evidence, Finding, Proof, TurnOutcome
from overnight.actions.state import Action, Stage
from overnight.actions.views.diff_size import PartSize
from overnight.actions.views.result import (
    Judgement,
    Result,
    ResultCheck,
    ResultClaim,
    ResultRisk,
    ResultTurn,
    ReviewFinding,
    ShownOutput,
)
from overnight.ledger.port import Recorded
from overnight.words.foreign import printable

MOST_CLAIMS = 20  # lines of an agent's last words
LINE = 400  # characters of one
MARKERS = ("ASSUMPTION", "QUESTION", "FINDING")  # lines of an agent's that are shown elsewhere
MUCH_TOKENS = 50_000  # less is never called much
MUCH_PER_LINE = 20_000  # tokens for one changed line


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFiles:
    """What of a result is not in its events."""

    diff: str
    parts: Sequence[PartSize]
    shown: Sequence[ShownOutput]
    trouble: str = ""


def make_result(action: Action, entries: Sequence[Recorded[Event]], files: ResultFiles, *, repository: str) -> Result:
    """The result of an action as its events, and its files, have it."""
    evidence, usage = action.evidence or Evidence(), action.usage
    lines = sum(part.added + part.removed for part in files.parts)
    per_line = usage.tokens / lines if lines else None
    return Result(
        number=action.number,
        title=action.request.title,
        asked=action.request.text,
        by=action.by,
        folder=action.request.repo,
        repository=repository,
        stage=action.stage.value,
        waiting=action.waiting if action.stage is Stage.WAITING else None,
        fault=action.fault,
        fault_log=action.fault_log,
        flags=tuple(flags_of(action)),
        base=action.commit_base,
        commit=action.commit,
        claims=tuple(_claims(action.claims or _said(_last_words(entries)), evidence)),
        proofs=evidence.proofs,
        shown=files.shown,
        show_problem=evidence.show_problem,
        suspicions=evidence.suspicions,
        assumptions=action.assumptions,
        not_taken=action.not_taken,
        risks=tuple(ResultRisk(kind=risk.kind, path=risk.path, detail=risk.detail) for risk in evidence.risks),
        weakened=evidence.weakened,
        unproven=evidence.unproven,
        unproven_left=evidence.unproven_left,
        tried_lines=evidence.tried_lines,
        unproven_lines=evidence.unproven_lines,
        refactoring=evidence.refactoring,
        checks=tuple(_checks(evidence)),
        reviewed=action.findings is not None and not action.unreviewed,
        unreviewed=action.unreviewed,
        findings=tuple(_findings(action)),
        plan=action.plan,
        note=action.note,
        turns=tuple(_turns(entries)),
        judgements=tuple(_judgements(entries)),
        asked_at=action.asked_at,
        ready_at=action.ready_at or None,
        working_s=action.working_s,
        calls=usage.calls,
        tokens=usage.tokens,
        cached_tokens=usage.cached_tokens,
        cost_usd=usage.cost_usd,
        parts=files.parts,
        lines=lines,
        tokens_per_line=per_line,
        is_costly=usage.tokens >= MUCH_TOKENS and (per_line is None or per_line >= MUCH_PER_LINE),
        merged=action.merged,
        flaky=action.flaky,
        failing=action.failing,
        conflicts=action.conflicts,
        split_into=action.split_into,
        delivered=action.delivered,
        problem=action.problem,
        dropped=action.dropped,
        trouble=files.trouble,
        diff=files.diff,
    )


def flags_of(action: Action) -> Iterator[str]:
    """What a person should look at before they accept, a line each; nothing for an action without a commit."""
    evidence = action.evidence
    if not action.commit:
        return
    if evidence is None:
        yield "not checked"
        return
    yield from evidence.flags
    if not evidence.after:
        yield "no check was run"
    for kind in dict.fromkeys(risk.kind for risk in evidence.risks):
        yield f"touches {kind}"
    if action.blocking:
        yield f"blocking findings: {len(action.blocking)}"
    elif action.findings is None or action.unreviewed:
        yield "not reviewed"


def _last_words(entries: Sequence[Recorded[Event]]) -> str:
    """What the coder said at last."""
    said = [each.event.outcome.text for each in entries if isinstance(each.event, TurnEnded) and each.event.role is Role.CODER]
    return next((text for text in reversed(said) if text.strip()), "")


def _said(text: str) -> Sequence[str]:
    """The lines of an agent's words that claim something."""
    lines = [line.strip().lstrip("-*# ").strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("```", "~~~", *MARKERS))]


def _claims(said: Sequence[str], evidence: Evidence) -> Iterator[ResultClaim]:
    """What an agent says, each with the red and green tests that it names."""
    proven = [each.path for each in evidence.proofs if each.proof is Proof.RED_GREEN]
    for line in said[:MOST_CLAIMS]:
        named = [path for path in proven if path in line or path.rpartition("/")[2] in line]
        yield ResultClaim(text=printable(line, LINE), tests=named)


def _checks(evidence: Evidence) -> Iterator[ResultCheck]:
    before = {each.command: each for each in evidence.before}
    for after in evidence.after:
        yield _check(before.pop(after.command, None), after)
    for left in before.values():
        yield _check(left, None)


def _check(before: CheckOutcome | None, after: CheckOutcome | None) -> ResultCheck:
    newest = after or before
    return ResultCheck(
        command=newest.command if newest else "",
        before=before.passed if before else None,
        after=after.passed if after else None,
        reason=after.reason if after else "",
        excerpt=after.excerpt if after else (),
        wall_s=after.wall_s if after else 0.0,
        log=newest.log if newest else "",
        flaky=after.flaky if after else False,
        note=after.note if after else "",
    )


def _findings(action: Action) -> Iterator[ReviewFinding]:
    """Those of this commit, then those that the coder was asked to fix before."""
    now = action.findings or ()
    for each in now:
        yield _finding(each, "open" if each.blocking else "noted")
    known = {(each.path, each.text) for each in now}
    for each in action.past_findings:
        if (each.path, each.text) not in known:
            after = "the next review does not have it" if action.findings is not None else "not reviewed since"
            yield _finding(each, f"sent back to the coder; {after}")


def _finding(found: Finding, became: str) -> ReviewFinding:
    return ReviewFinding(path=found.path, line=found.line, blocking=found.blocking, text=found.text, became=became)


def _turns(entries: Sequence[Recorded[Event]]) -> Iterator[ResultTurn]:
    """The turns that have ended, oldest first."""
    begun = 0
    for entry in entries:
        match entry.event:
            case TurnBegun(turn=turn):
                begun = turn
            case TurnEnded(turn=turn, role=role, outcome=outcome, commit=commit):
                yield _turn(turn, role, outcome, commit)
            case Planned(outcome=outcome):
                yield _turn(begun, Role.PLANNER, outcome, "")
            case Reviewed(outcome=outcome):
                yield _turn(begun, Role.REVIEWER, outcome, "")
            case _:
                pass


def _turn(turn: int, role: Role, outcome: TurnOutcome, commit: str) -> ResultTurn:
    return ResultTurn(
        turn=turn,
        role=role,
        agent=outcome.agent,
        models=tuple(f"{use.model or 'its model'} at {use.provider}" for use in outcome.models),
        tried=tuple(outcome.tried),
        reason=outcome.reason,
        tokens=outcome.usage.tokens,
        cost_usd=outcome.usage.cost_usd,
        wall_s=outcome.wall_s,
        commit=commit,
        transcript=outcome.transcript,
    )


def _judgements(entries: Sequence[Recorded[Event]]) -> Iterator[Judgement]:
    for entry in entries:
        if isinstance(said := entry.event, Judged):
            yield Judgement(word=said.word.value, text=said.text, by=said.by, commit=said.commit, at=entry.at)
