"""What past experiments say to the next proposal, in lines that the brief can cut."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from overnight.gate.near_miss import is_near_miss
from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Verdict
from overnight.research.briefs.constant_edits import ConstantEdit, read_edits, summarise
from overnight.research.briefs.layout import number, quoted
from overnight.research.experiment import Experiment
from overnight.research.ideas.text import words_of
from overnight.research.standing import Kept
from overnight.words.foreign import printable
from overnight.words.quantities import listed

WORDS = 220  # characters of a hypothesis
REASON = 160  # characters of a reason
ROLE = 40  # characters
MOST_KEPT = 40  # newest ones
MOST_LINES = 30  # of one section
EXAMPLES = 4  # experiments named in one line
MOST_NEAR = 10
MOST_EXCERPTS = 3  # failures whose log is quoted

_NUMBERS = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def kept_lines(kept: Sequence[Kept]) -> list[str]:
    """A line for each kept change, newest first; consecutive steps of the same constants share a line."""
    lines: list[str] = []
    chain: list[Kept] = []
    for link in kept[-MOST_KEPT:]:
        if chain and _names(chain[-1].hypothesis) and _names(chain[-1].hypothesis) == _names(link.hypothesis):
            chain.append(link)
        else:
            lines += _chain(chain)
            chain = [link]
    lines += _chain(chain)
    return lines[::-1]


def near_misses(ended: Iterable[Experiment], kept: Sequence[Kept], noise: NoiseReport) -> list[Experiment]:
    """Discards that looked better by more than chance explains, but were not proven; the largest gain first.

    A constant's value that a later change kept is no longer a near miss.
    """
    here = {(edit.name, edit.new) for link in kept for edit in read_edits(link.hypothesis)}
    near = (e for e in ended if is_near_miss(e.conclusion, e.trials, noise))
    promising = [e for e in near if not _all_in(e.hypothesis, here)]
    return sorted(_newest_of_each(promising), key=lambda e: (-_gain(e), e.number))[:MOST_NEAR]


def near_lines(near: Iterable[Experiment]) -> list[str]:
    """Near misses, with what was missing."""
    return [f"{_named(e)}: {_measured(e)}; {quoted(_reason(e), REASON)}" for e in near]


def similar_lines(similar: Iterable[Experiment]) -> list[str]:
    """Past attempts similar to what is to be tried, the most similar first."""
    return [f"{_named(e)}: {_verdict(e) or 'being tried now'}{_because(e)}" for e in similar][:MOST_LINES]


def no_better_lines(ended: Sequence[Experiment], without: Iterable[Experiment]) -> list[str]:
    """Discards listed one by one, newest first: ideas, not values of constants; the same words only once."""
    named = {words_of(e.hypothesis) for e in without}
    discards = [e for e in ended if _verdict(e) is Verdict.DISCARD and not _goes_on(e)]
    groups: dict[tuple[str, ...], list[Experiment]] = {}
    for experiment in reversed(discards):
        if not read_edits(experiment.hypothesis) and words_of(experiment.hypothesis) not in named:
            groups.setdefault(words_of(experiment.hypothesis), []).append(experiment)
    return [_no_better(group) for group in groups.values()][:MOST_LINES]


def constant_lines(ended: Sequence[Experiment]) -> list[str]:
    """One line for each constant whose values were tried."""
    gains = {e.number: e.conclusion.gain if e.conclusion else None for e in ended}
    return summarise([e for e in ended if not _goes_on(e)], gains)[:MOST_LINES]


def failure_lines(ended: Sequence[Experiment]) -> list[str]:
    """Crashes and rejects, grouped by reason, the newest first, those with the lines of their log that say why."""
    groups: dict[tuple[str, str], list[Experiment]] = {}
    for experiment in reversed(ended):
        verdict = _verdict(experiment)
        if verdict in {Verdict.CRASH, Verdict.REJECT}:
            groups.setdefault((verdict, _NUMBERS.sub("N", _reason(experiment))), []).append(experiment)
    newest = list(groups.values())[:MOST_LINES]
    with_log = [id(group) for group in newest if _excerpt(group)][:MOST_EXCERPTS]
    return ["\n".join([_failure(group), *(_excerpt(group) if id(group) in with_log else ())]) for group in newest]


def _names(hypothesis: str) -> frozenset[str]:
    return frozenset(edit.name for edit in read_edits(hypothesis))


def _chain(chain: Sequence[Kept]) -> list[str]:
    if not chain:
        return []
    if len(chain) == 1:
        link = chain[0]
        undone = f"; #{link.replaced_by} has replaced it" if link.replaced_by else ""
        return [f"- #{link.number} {quoted(link.hypothesis, WORDS)}: {_kept_gain(link)}{undone}"]
    first: Mapping[str, ConstantEdit] = {edit.name: edit for edit in read_edits(chain[0].hypothesis)}
    moves = [f"{edit.name} from {first[edit.name].old} to {edit.new}" for edit in read_edits(chain[-1].hypothesis)]
    total = math.fsum(link.conclusion.gain or 0.0 for link in chain)
    numbers = f"#{chain[0].number} to #{chain[-1].number}"
    steps = f"{number(total)} in {len(chain)} steps, the last {number(chain[-1].conclusion.gain or 0.0)}"
    return [f"- {numbers} {quoted(', '.join(moves), WORDS)}: {steps}"]


def _kept_gain(link: Kept) -> str:
    ending = link.conclusion
    text = "no value" if ending.gain is None else number(ending.gain)
    if ending.low is not None and ending.high is not None and number(ending.low) != number(ending.high):
        text += f" ({ending.confidence:.0%} interval {number(ending.low)} to {number(ending.high)})"
    return text if ending.margin is None else f"{text}; kept for less code"


def _named(experiment: Experiment) -> str:
    return f"- #{experiment.number} by {printable(experiment.role, ROLE)}, {quoted(experiment.hypothesis, WORDS)}"


def _measured(experiment: Experiment) -> str:
    ending = experiment.conclusion
    if ending is None or ending.gain is None:
        return quoted(_reason(experiment), REASON)
    if ending.low is not None and ending.high is not None and ending.pairs:
        return f"{number(ending.gain)} ({number(ending.low)} to {number(ending.high)}) in {ending.pairs} pairs"
    trials = "1 trial" if experiment.trials == 1 else f"{experiment.trials} trials"
    return f"{number(ending.gain)} in {trials}"


def _because(experiment: Experiment) -> str:
    if experiment.conclusion is None:
        return ""
    if experiment.conclusion.gain is not None:
        return f", {_measured(experiment)}"
    return f", {quoted(_reason(experiment), REASON)}"


def _no_better(group: Sequence[Experiment]) -> str:
    """A line for a group with the same hypothesis, newest first."""
    earlier = [f"#{e.number} {number(_gain(e))}" for e in group[1 : 1 + EXAMPLES]]
    return f"{_named(group[0])}: {_measured(group[0])}" + (f"; before that {', '.join(earlier)}" if earlier else "")


def _failure(group: Sequence[Experiment]) -> str:
    """A line for a group with the same reason, newest first; the reason may be a line of a log."""
    verdict = "refused unmeasured," if _verdict(group[0]) is Verdict.REJECT else "crashed, its log:"
    reasons = {_reason(e) for e in group}
    reason = reasons.pop() if len(reasons) == 1 else _NUMBERS.sub("N", _reason(group[0]))
    times = Counter(words_of(e.hypothesis) for e in group)
    first = {words_of(e.hypothesis): e for e in reversed(group)}  # the newest of each
    said = [
        f"#{e.number} {quoted(e.hypothesis, WORDS // 2)}" + (f" ({times[words]} times)" if times[words] > 1 else "")
        for words, e in sorted(first.items(), key=lambda item: -item[1].number)
    ]
    return f"- {verdict} {quoted(reason, REASON)}: {listed(said, EXAMPLES, '; ')}"


def _excerpt(group: Sequence[Experiment]) -> list[str]:
    """The lines of the newest one's log that say more than its reason, each quoted."""
    ending = group[0].conclusion
    lines = [quoted(line, REASON) for line in (ending.excerpt if ending else ())]
    reason = quoted(_reason(group[0]), 2 * REASON)
    return [f"  {line}" for line in lines if line.strip('"') not in reason]


def _all_in(hypothesis: str, here: Collection[tuple[str, str]]) -> bool:
    edits = read_edits(hypothesis)
    return bool(edits) and all((edit.name, edit.new) in here for edit in edits)


def _goes_on(experiment: Experiment) -> bool:
    """Whether it was only postponed: proposed again, against a newer head."""
    return experiment.conclusion is not None and experiment.conclusion.superseded


def _newest_of_each(experiments: Iterable[Experiment]) -> list[Experiment]:
    """The newest experiment for each wording of a hypothesis."""
    return list({words_of(e.hypothesis): e for e in experiments}.values())


def _verdict(experiment: Experiment) -> Verdict | None:
    return experiment.conclusion.verdict if experiment.conclusion else None


def _gain(experiment: Experiment) -> float:
    return (experiment.conclusion.gain or 0.0) if experiment.conclusion else 0.0


def _reason(experiment: Experiment) -> str:
    return experiment.conclusion.reason if experiment.conclusion else ""
