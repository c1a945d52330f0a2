"""What past experiments say to the next proposal, in lines that the brief can cut."""

import math
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from overnight.gate.near_miss import is_near_miss
from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Verdict
from overnight.research.briefs.constant_edits import ConstantEdit, read_edits, summarise
from overnight.research.briefs.edits import constants_of, edit_to_show, same_change, with_edit
from overnight.research.briefs.layout import number, quoted
from overnight.research.experiment import Edit, Experiment
from overnight.research.origin import origin_words
from overnight.research.standing import Kept
from overnight.words.foreign import printable
from overnight.words.quantities import listed, numbered

WORDS = 220  # characters of a hypothesis
REASON = 160  # characters of a reason
ROLE = 40  # characters
MOST_KEPT = 40  # newest ones
MOST_LINES = 30  # of one section
EXAMPLES = 4  # experiments named in one line
MOST_NEAR = 10
MOST_EXCERPTS = 3  # failures whose log is quoted, and crashes whose change is shown
EXPLAINED = 3  # newest discards with the gate's reason

_NUMBERS = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def kept_lines(kept: Sequence[Kept], edits: Mapping[int, Edit], unread: Collection[int] = ()) -> list[str]:
    """A line for each kept change, newest first; consecutive steps of the same constants share a line.

    `edits` has what some of them changed, by number. What is `unread` is unbelievable until a person has read it: how it came
    by its gain is nothing to learn from.
    """
    lines: list[str] = []
    chain: list[Kept] = []
    for link in kept[-MOST_KEPT:]:
        if link.number in unread:
            lines += [
                *_chain(chain, edits),
                f"- #{link.number}: waits for a person to read it, and is not described until then",
            ]
            chain = []
            continue
        names = _names(link, edits)
        if chain and names and names == _names(chain[-1], edits):
            chain.append(link)
        else:
            lines += _chain(chain, edits)
            chain = [link]
    lines += _chain(chain, edits)
    return lines[::-1]


def near_misses(
    ended: Iterable[Experiment], kept: Sequence[Kept], noise: NoiseReport, edits: Mapping[int, Edit]
) -> list[Experiment]:
    """Discards that looked better by more than chance explains, but were not proven; the largest gain first.

    After them those whose text conflicts with a change that was kept first: they were only judged as what replaces it. A
    constant's value that a later change kept is no longer a near miss.
    """
    here = {(edit.name, edit.new) for link in kept for edit in _constants(link, edits)}
    near = (e for e in ended if is_near_miss(e.conclusion, e.trials, noise) or _conflicts(e))
    promising = [e for e in near if not _all_in(constants_of(e), here)]
    return sorted(_newest_of_each(promising), key=lambda e: (_conflicts(e), -(_gain(e) or 0.0), e.number))[:MOST_NEAR]


def near_lines(near: Iterable[Experiment]) -> list[str]:
    """Near misses, with what was missing."""
    return [_shown(f"{_named(e)}: {_missed_by(e)}", e) for e in near]


def similar_lines(similar: Iterable[Experiment]) -> list[str]:
    """Past attempts similar to what is to be tried, the most similar first."""
    return [_shown(f"{_named(e)}: {_verdict(e) or 'being tried now'}{_because(e)}", e) for e in similar][:MOST_LINES]


def no_better_lines(ended: Sequence[Experiment], without: Iterable[Experiment]) -> list[str]:
    """Discards listed one by one, newest first: ideas, not values of constants; the same change only once."""
    named = {same_change(e) for e in without}
    discards = [e for e in ended if _verdict(e) is Verdict.DISCARD and not _goes_on(e)]
    groups: dict[Hashable, list[Experiment]] = {}
    for experiment in reversed(discards):
        if not constants_of(experiment) and same_change(experiment) not in named:
            groups.setdefault(same_change(experiment), []).append(experiment)
    shown = list(groups.values())[:MOST_LINES]
    return [_no_better(group, explained=at < EXPLAINED) for at, group in enumerate(shown)]


def constant_lines(ended: Sequence[Experiment], kept: Sequence[Kept], edits: Mapping[int, Edit]) -> list[str]:
    """One line for each constant whose values were tried."""
    held = {edit.name: edit.new for link in kept for edit in _constants(link, edits)}
    return summarise([e for e in ended if constants_of(e) and not _goes_on(e)], held)[:MOST_LINES]


def failure_lines(ended: Sequence[Experiment]) -> list[str]:
    """Crashes and rejects, grouped by reason, the newest first; those with the lines of their log, and what they changed."""
    groups: dict[tuple[str, str], list[Experiment]] = {}
    for experiment in reversed(ended):
        verdict = _verdict(experiment)
        if verdict in {Verdict.CRASH, Verdict.REJECT}:
            groups.setdefault((verdict, _NUMBERS.sub("N", _reason(experiment))), []).append(experiment)
    newest = list(groups.values())[:MOST_LINES]
    with_log = [id(group) for group in newest if _excerpt(group)][:MOST_EXCERPTS]
    lines = ["\n".join([_failure(group), *(_excerpt(group) if id(group) in with_log else ())]) for group in newest]
    crashes = [at for at, group in enumerate(newest) if _verdict(group[0]) is Verdict.CRASH][:MOST_EXCERPTS]
    return [_shown(line, newest[at][0]) if at in crashes else line for at, line in enumerate(lines)]


def _constants(link: Kept, edits: Mapping[int, Edit]) -> tuple[ConstantEdit, ...]:
    """The constants that a kept change is about; none if it has lines to show, as its sentence does not say all of it."""
    return () if edits.get(link.number, Edit()).files else read_edits(link.hypothesis)


def _names(link: Kept, edits: Mapping[int, Edit]) -> frozenset[str]:
    return frozenset(edit.name for edit in _constants(link, edits))


def _chain(chain: Sequence[Kept], edits: Mapping[int, Edit]) -> list[str]:
    if not chain:
        return []
    if len(chain) == 1:
        link = chain[0]
        undone = f"; #{link.replaced_by} has replaced it" if link.replaced_by else ""
        line = f"- #{link.number} {quoted(link.hypothesis, WORDS)}: {_kept_gain(link)}{undone}"
        return [with_edit(line, edits.get(link.number, Edit()))]
    first: Mapping[str, ConstantEdit] = {edit.name: edit for edit in read_edits(chain[0].hypothesis)}
    moves = [f"{edit.name} from {first[edit.name].old} to {edit.new}" for edit in read_edits(chain[-1].hypothesis)]
    total = math.fsum(link.conclusion.gain or 0.0 for link in chain)
    numbers = f"#{chain[0].number} to #{chain[-1].number}"
    steps = f"{number(total)} in {len(chain)} steps, the last {_number(chain[-1].conclusion.gain)}"
    return [f"- {numbers} {quoted(', '.join(moves), WORDS)}: {steps}"]


def _kept_gain(link: Kept) -> str:
    ending = link.conclusion
    text = _number(ending.gain)
    if ending.low is not None and ending.high is not None and number(ending.low) != number(ending.high):
        text += f" ({ending.confidence:.0%} interval {number(ending.low)} to {number(ending.high)})"
    return text if ending.margin is None else f"{text}; kept for less code"


def _named(experiment: Experiment) -> str:
    joined = f" ({origin})" if (origin := origin_words(0, experiment.together)) else ""
    return f"- #{experiment.number} by {printable(experiment.role, ROLE)}, {quoted(experiment.hypothesis, WORDS)}{joined}"


def _shown(line: str, experiment: Experiment) -> str:
    """A line about an experiment with what it changed, unless its sentence says all of that."""
    return with_edit(line, edit_to_show(experiment))


def _missed_by(experiment: Experiment) -> str:
    if not _conflicts(experiment):
        return f"{measured(experiment)}; {quoted(_reason(experiment), REASON)}"
    instead = "" if _gain(experiment) is None else f"; in place of it {measured(experiment)}"
    return f"not judged alone, as its text conflicts with {numbered(experiment.replaces)}, which was kept first{instead}"


def measured(experiment: Experiment) -> str:
    """What an experiment was measured to gain, and in how many trials."""
    ending = experiment.conclusion
    if ending is None or ending.gain is None:
        return f"not measured, {quoted(_reason(experiment), REASON)}"
    if experiment.same_as_head:
        return "no effect: exactly the value of the files before it, with the same seed"
    if ending.low is not None and ending.high is not None and ending.pairs:
        return f"{number(ending.gain)} ({number(ending.low)} to {number(ending.high)}) in {ending.pairs} pairs"
    trials = "1 trial" if experiment.trials == 1 else f"{experiment.trials} trials"
    return f"{number(ending.gain)} in {trials}"


def _because(experiment: Experiment) -> str:
    if experiment.conclusion is None:
        return ""
    return f", {measured(experiment)}"


def _no_better(group: Sequence[Experiment], *, explained: bool) -> str:
    """A line for a group with the same change, newest first."""
    newest = group[0]
    why = f"; {quoted(_reason(newest), REASON)}" if explained and _gain(newest) is not None and not newest.same_as_head else ""
    earlier = [f"#{e.number} {_number(_gain(e))}" for e in group[1 : 1 + EXAMPLES]]
    again = f"; before that {', '.join(earlier)}" if earlier else ""
    return _shown(f"{_named(newest)}: {measured(newest)}{why}{again}", newest)


def _failure(group: Sequence[Experiment]) -> str:
    """A line for a group with the same reason, newest first; the reason may be a line of a log."""
    verdict = "refused unmeasured," if _verdict(group[0]) is Verdict.REJECT else "crashed, its log:"
    reasons = {_reason(e) for e in group}
    reason = reasons.pop() if len(reasons) == 1 else _NUMBERS.sub("N", _reason(group[0]))
    times = Counter(same_change(e) for e in group)
    first = {same_change(e): e for e in reversed(group)}  # the newest of each
    said = [
        f"#{e.number} {quoted(e.hypothesis, WORDS // 2)}" + (f" ({times[change]} times)" if times[change] > 1 else "")
        for change, e in sorted(first.items(), key=lambda item: -item[1].number)
    ]
    return f"- {verdict} {quoted(reason, REASON)}: {listed(said, EXAMPLES, '; ')}"


def _excerpt(group: Sequence[Experiment]) -> list[str]:
    """The lines of the newest one's log that say more than its reason, each quoted."""
    ending = group[0].conclusion
    lines = [quoted(line, REASON) for line in (ending.excerpt if ending else ())]
    reason = quoted(_reason(group[0]), 2 * REASON)
    return [f"  {line}" for line in lines if line.strip('"') not in reason]


def _all_in(edits: Sequence[ConstantEdit], here: Collection[tuple[str, str]]) -> bool:
    return bool(edits) and all((edit.name, edit.new) in here for edit in edits)


def _goes_on(experiment: Experiment) -> bool:
    """Whether it was only postponed: proposed again, against a newer head."""
    return experiment.conclusion is not None and experiment.conclusion.superseded


def _newest_of_each(experiments: Iterable[Experiment]) -> list[Experiment]:
    """The newest experiment for each change."""
    return list({same_change(e): e for e in experiments}.values())


def _conflicts(experiment: Experiment) -> bool:
    """Whether its text conflicts with a change that was kept before it was judged."""
    return bool(experiment.replaces) and _verdict(experiment) is Verdict.DISCARD


def _verdict(experiment: Experiment) -> Verdict | None:
    return experiment.conclusion.verdict if experiment.conclusion else None


def _gain(experiment: Experiment) -> float | None:
    """None: it was not measured; a change that crashed or was refused never was, whatever its trials had."""
    measured = _verdict(experiment) in {Verdict.KEEP, Verdict.DISCARD}
    return experiment.conclusion.gain if experiment.conclusion and measured else None


def _number(gain: float | None) -> str:
    return "not measured" if gain is None else number(gain)


def _reason(experiment: Experiment) -> str:
    return experiment.conclusion.reason if experiment.conclusion else ""
