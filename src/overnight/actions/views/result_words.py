"""A result in words, for one minute: as sections of lines for a terminal, and as Markdown for agents and pages. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from overnight.actions.findings import NewTest, Proof, foremost
from overnight.actions.views.result import Result, ResultCheck
from overnight.words.foreign import printable
from overnight.words.markdown import code, fenced, inline
from overnight.words.moments import moment
from overnight.words.quantities import compact, counted, duration, listed, more

LINE = 300  # characters of foreign text
MOST = 8  # lines of one kind
ASKED = 12  # lines of the request
EXCERPT = 6  # lines of an output
SHORT = 12  # digits of a commit
DIFF_CHARACTERS = 60_000  # of the diff in Markdown: an agent asks for JSON to have all of it


class Tone(StrEnum):
    """What a line is, for the mark before it and its colour."""

    PLAIN = " "
    PROVEN = "✓"  # we found it out ourselves
    CLAIM = "?"  # an agent says so
    LOOK = "!"  # a person should look
    BAD = "✗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; its text may be foreign, and is printable."""

    text: str
    tone: Tone = Tone.PLAIN
    quoted: Sequence[str] = ()  # lines of an output below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what is below it."""

    title: str
    lines: Sequence[Line]


def heading(result: Result) -> str:
    """Which result it is, and how it stands."""
    return f"#{result.number} {printable(result.title, LINE)}  ({printable(result.repository, LINE)}, {standing(result)})"


def standing(result: Result) -> str:
    """How it stands, in a few words."""
    if result.dropped is not None:
        return f"dropped: {printable(result.dropped, LINE)}" if result.dropped else "dropped"
    if result.merged:
        return f"merged as {result.merged[:SHORT]}"
    if result.waiting is None:
        return result.stage
    return f"needs you: {printable(result.waiting, LINE)}" if result.waiting else "waits for your word"


def sections(result: Result) -> Iterator[Section]:
    """All but the diff, in the order in which a person reads; a section without anything to say is left out."""
    parts: Sequence[tuple[str, Callable[[Result], Iterator[Line]]]] = (
        ("Look at", _flags),
        ("Asked", _asked),
        ("What it does now", _does),
        ("Assumptions", _assumptions),
        ("Not taken", _not_taken),
        ("Risks", _risks),
        ("Checks", _checks),
        ("Review", _review),
        ("Cost", _cost),
        ("Size", _size),
        ("Your words so far", _judgements),
    )
    for title, write in parts:
        if lines := [replace(line, text=printable(line.text, 2 * LINE)) for line in write(result)]:
            yield Section(title=title, lines=lines)


def result_markdown(result: Result) -> str:
    """The whole page, the diff last; of a very long one its beginning."""
    parts = [f"# {inline(heading(result), 2 * LINE)}", ""]
    for section in sections(result):
        parts += [f"## {section.title}", ""]
        for line in section.lines:
            mark = "" if line.tone is Tone.PLAIN else f"{_MARKS[line.tone]} "
            parts.append(f"- {mark}{inline(line.text, 2 * LINE, first=not mark)}")
            parts += [f"  {each}" for each in fenced(line.quoted)] if line.quoted else []
        parts.append("")
    if result.diff:
        shown = result.diff[:DIFF_CHARACTERS]
        parts += ["## Diff", "", *fenced((printable(each, 2000) for each in shown.splitlines()), "diff"), ""]
        if left := len(result.diff) - len(shown):
            parts += [f"{left:,} characters more: `overnight result {result.number} --json` has them.", ""]
    parts += [f"{word}: {code(command, LINE)}  " for word, command in next_commands(result)]
    return "\n".join(parts).rstrip() + "\n"


def next_commands(result: Result) -> Sequence[tuple[str, str]]:
    """What can be typed about it now: a verb and the command."""
    if not result.is_there:
        return ()
    number = result.number
    accept = (("Accept", f"overnight accept {number} {result.commit[:SHORT]}"),) if result.commit else ()
    back = f'overnight send back {number} "{"" if result.is_only_stuck else "what to change"}"'
    return (*accept, ("Try again" if result.is_only_stuck else "Send back", back), ("Drop", f"overnight drop {number}"))


_MARKS = {Tone.PROVEN: "**proven**", Tone.CLAIM: "*claimed*", Tone.LOOK: "**look**", Tone.BAD: "**fails**"}


def _flags(result: Result) -> Iterator[Line]:
    if result.waiting:
        fault = "not the fault of the work, but ours or the machine's: " if result.fault else ""
        yield Line(text=f"{fault}{printable(result.waiting, LINE)}", tone=Tone.BAD)
        if result.fault_log:
            yield Line(text=f"all of it: overnight action output {result.number} {result.fault_log}")
    if result.trouble:
        yield Line(text=printable(result.trouble, LINE), tone=Tone.BAD)
    yield from (Line(text=printable(flag, LINE), tone=Tone.LOOK) for flag in result.flags[:MOST])
    yield from _more(len(result.flags) - MOST)
    if result.conflicts and result.is_there:
        yield Line(text=f"it did not fit on what was merged meanwhile: {_joined(result.conflicts)}", tone=Tone.LOOK)
    if result.is_costly:
        yield Line(text=_much(result), tone=Tone.LOOK)
    if result.problem:
        yield Line(text=f"it was not delivered: {printable(result.problem, LINE)}", tone=Tone.BAD)


def _much(result: Result) -> str:
    what = f"a diff of {counted(result.lines, 'line')}" if result.lines else "no change"
    return f"{compact(result.tokens)} tokens for {what}"


def _asked(result: Result) -> Iterator[Line]:
    lines = [line.rstrip() for line in result.asked.strip().splitlines() if line.strip()]
    yield from (Line(text=printable(line, LINE)) for line in lines[:ASKED])
    yield from _more(len(lines) - ASKED)
    if result.plan and result.plan.steps:
        yield Line(text=f"planned in {counted(len(result.plan.steps), 'step')}: {_joined(result.plan.steps)}")


def _does(result: Result) -> Iterator[Line]:
    """What we saw first, then what the coder says."""
    yield from (_proof(proof, result) for proof in result.proofs[:MOST])
    yield from _more(len(result.proofs) - MOST)
    for shown in result.shown:
        if shown.picture:
            yield Line(text=f"a picture, {shown.artifact[:SHORT]}: on the page of the result", tone=Tone.PROVEN)
        else:
            lines = [printable(line, LINE) for line in shown.text.splitlines()]
            yield Line(text="`show` printed", tone=Tone.PROVEN, quoted=lines[:EXCERPT])
    if result.show_problem:
        yield Line(text=f"`show` did not end well: {printable(result.show_problem, LINE)}", tone=Tone.LOOK)
    for claim in result.claims[:MOST]:
        tests = f" (tested by {_joined(claim.tests)})" if claim.tests else ""
        yield Line(text=f"{claim.text}{tests}", tone=Tone.CLAIM)
    yield from _more(len(result.claims) - MOST)
    if not result.commit and result.turns:
        yield Line(text="nothing was changed", tone=Tone.BAD)


def _proof(test: NewTest, result: Result) -> Line:
    """What a test that it adds or changes says about the change."""
    path, red = printable(test.path, LINE), printable(test.red, LINE)
    without = f"if {printable(test.taken_out, LINE)}" if test.taken_out else "without the change"
    match test.proof:
        case Proof.RED_GREEN:
            others = f"; {counted(len(test.others), 'test')} in it pass without it as well" if test.others else ""
            return Line(text=f"{path} fails {without} ({red}), passes with the change{others}", tone=Tone.PROVEN)
        case Proof.WEAK_RED:
            return Line(text=f"{path} passes now; without the change it cannot run ({red}), which proves little")
        case Proof.NO_RED if result.refactoring:
            return Line(text=f"{path} passes as before", tone=Tone.PROVEN)
        case Proof.NO_RED:
            return Line(text=f"{path} passes without the change as well: it shows nothing", tone=Tone.LOOK)
        case Proof.NOT_GREEN:
            return Line(text=f"{path} fails with the change{f' ({red})' if red else ''}", tone=Tone.BAD)
        case Proof.NOT_RUN:
            return Line(text=f"{path}: no command of ours runs it", tone=Tone.LOOK)


def _assumptions(result: Result) -> Iterator[Line]:
    yield from (Line(text=printable(each, LINE), tone=Tone.CLAIM) for each in result.assumptions[:MOST])
    yield from _more(len(result.assumptions) - MOST)


def _not_taken(result: Result) -> Iterator[Line]:
    yield from (Line(text=printable(each, LINE), tone=Tone.LOOK) for each in result.not_taken[:MOST])
    yield from _more(len(result.not_taken) - MOST)


def _risks(result: Result) -> Iterator[Line]:
    for risk in foremost(result.risks, lambda each: each.kind, MOST):
        yield Line(text=f"{risk.kind}: {printable(risk.path, LINE)}: {printable(risk.detail, LINE)}", tone=Tone.LOOK)
    yield from _more(len(result.risks) - MOST)
    for test in foremost(result.weakened, lambda each: each.how, MOST):
        yield Line(text=f"test {test.how}: {printable(test.path, LINE)}: {printable(test.detail, LINE)}", tone=Tone.LOOK)
    yield from _more(len(result.weakened) - MOST)
    for doubt in foremost(result.suspicions, lambda each: each.doubt, MOST):
        text = f"{doubt.doubt}: {printable(doubt.path, LINE)}:{doubt.line}: {printable(doubt.detail, LINE)}"
        yield Line(text=text, tone=Tone.LOOK)
    yield from _more(len(result.suspicions) - MOST)
    for hunk in result.unproven[:MOST]:
        why = printable(hunk.why, LINE) or "the tests pass without this part too"
        yield Line(text=f"unproven: {printable(hunk.path, LINE)}:{hunk.line}: {why}")
    yield from _more(len(result.unproven) - MOST)
    if result.unproven_left:
        yield Line(text=f"{counted(result.unproven_left, 'part')} of the diff not tried alone: there was no time")


def _checks(result: Result) -> Iterator[Line]:
    for check in result.checks:
        quoted = [printable(line, LINE) for line in check.excerpt[:EXCERPT]] if check.after is False else ()
        yield Line(text=_check(check), tone=_check_tone(check), quoted=quoted)


def _check(check: ResultCheck) -> str:
    words = {True: "passed", False: "failed", None: "not run"}
    reason = f": {printable(check.reason, LINE)}" if check.reason else ""
    note = f" ({printable(check.note, LINE)})" if check.note else ""
    took = f" in {duration(check.wall_s)}" if check.after is not None else ""
    took += ", at the second try" if check.flaky else ""
    return f"{printable(check.command, LINE)}: {words[check.before]} before, {words[check.after]} now{took}{reason}{note}"


def _check_tone(check: ResultCheck) -> Tone:
    if check.after is None:
        return Tone.LOOK
    if check.after:
        return Tone.PROVEN
    return Tone.LOOK if check.before is False else Tone.BAD


def _review(result: Result) -> Iterator[Line]:
    if result.commit and not result.reviewed:
        why = f": {printable(result.unreviewed, LINE)}" if result.unreviewed else ""
        yield Line(text=f"nobody reviewed this commit{why}", tone=Tone.LOOK)
    elif result.reviewed and not result.findings:
        yield Line(text="no findings")
    for found in result.findings[:MOST]:
        line = f":{found.line}" if found.line else ""
        where = f"{printable(found.path, LINE)}{line}: " if found.path else ""
        kind = "blocking" if found.blocking else "minor"
        tone = Tone.LOOK if found.blocking and found.became == "open" else Tone.PLAIN
        yield Line(text=f"{kind}, {found.became}: {where}{printable(found.text, LINE)}", tone=tone)
    yield from _more(len(result.findings) - MOST)


def _cost(result: Result) -> Iterator[Line]:
    per_line = f", {compact(result.tokens_per_line)} a changed line" if result.tokens and result.tokens_per_line else ""
    money = f", ${result.cost_usd:.2f}" if result.cost_usd else ""
    cached = f", {compact(result.cached_tokens)} of them cached" if result.cached_tokens else ""
    yield Line(
        text=f"{compact(result.tokens)} tokens{cached}{money}{per_line}; {counted(result.calls, 'call')} to models",
        tone=Tone.LOOK if result.is_costly else Tone.PLAIN,
    )
    ready = f", ready after {duration(result.ready_at - result.asked_at)}" if result.ready_at else ""
    asked = f"asked {moment(result.asked_at)} by {printable(result.by, LINE)}"
    yield Line(text=f"{asked}{ready}; agents worked {duration(result.working_s)}")
    if result.turns:
        yield Line(text=", ".join(_turns(result)))


def _turns(result: Result) -> Iterator[str]:
    """Who took turns: each role and agent, how often, and with how many tokens."""
    roles: dict[tuple[str, str], list[int]] = {}
    for turn in result.turns:
        who = " and ".join(dict.fromkeys(turn.models)) or turn.agent
        roles.setdefault((turn.role.value, who), []).append(turn.tokens)
    for (role, agent), tokens in roles.items():
        times = f" {len(tokens)} times" if len(tokens) > 1 else ""
        yield f"{role}{f' by {printable(agent, LINE)}' if agent else ''}{times} ({compact(sum(tokens))} tokens)"
    failed = [turn for turn in result.turns if turn.reason]
    yield from (f"{turn.role} of turn {turn.turn} did not end well: {printable(turn.reason, LINE)}" for turn in failed[:MOST])


def _size(result: Result) -> Iterator[Line]:
    for part in result.parts:
        yield Line(text=f"{part.part}: +{part.added} -{part.removed} in {counted(part.files, 'file')}")


def _judgements(result: Result) -> Iterator[Line]:
    for said in result.judgements:
        text = f": {printable(said.text, LINE)}" if said.text else ""
        yield Line(text=f"{said.word} {said.commit[:SHORT]} by {printable(said.by, LINE)}{text}")


def _more(left: int) -> Iterator[Line]:
    if left > 0:
        yield Line(text=more(left))


def _joined(texts: Sequence[str]) -> str:
    return listed((printable(each, LINE) for each in texts), MOST)
