"""Looks at a repository's files and proposes a front matter, with the reason for every key.

It never decides: the user sees the proposal and what the measure command prints, and says yes or no.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from overnight.program.detection import candidates as commands
from overnight.program.detection import checks, outside, training
from overnight.program.detection.candidates import Candidates, candidates
from overnight.program.detection.checks import tests_of
from overnight.program.detection.command import Command
from overnight.program.detection.from_training import TRAINING_FILES, FromTraining, from_training
from overnight.program.detection.loops import LOOP_FILES, from_crucible, from_session
from overnight.program.detection.metric import PRINTS_IT, metric_entry, metrics_with_unit, printed_metric
from overnight.program.detection.python_scripts import is_of_asv
from overnight.program.detection.readme import tests_in_readme
from overnight.program.detection.seed import seed_option
from overnight.program.front_matter import Value
from overnight.program.writer import FrontMatterEntry
from overnight.words.quantities import listed

ORDER = ("metric", "measure", "produce", "score", "artifacts", "editable", "checks", "readable", "env", "limits", "budget")

NAMED = 4  # commands in a note

_TIMES = ("_ns", "_us", "_ms", "_s", "_sec", "_secs", "_seconds")

OUTSIDE, UNREAD = outside.OUTSIDE, outside.UNREAD
PRINTED = (
    "to measure a number that the command prints instead: a line `NAME: value` with --metric NAME:minimize, a number in a "
    "table with `pattern`, one in JSON with `result` (docs/program.md, metric)"
)
STEADIER = (
    "--metric cpu_s measures its CPU time from outside: steadier if other work shares the machine, but includes its start"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What was found: keys with their reasons, and what else the user should know."""

    entries: Sequence[FrontMatterEntry]
    notes: Sequence[str] = ()
    on_metric: Sequence[str] = ()  # those of the notes that a user who names the metric does not need
    others: Sequence[FrontMatterEntry] = ()  # metrics besides the proposed one, which the user may name instead
    asked: Sequence[str] = ()  # commands of which only the user knows whether they measure, the likeliest first
    trains: str = ""  # the script that is run, if it trains and its result is what counts
    choices: Sequence[str] = ()  # commands that train, if only the user knows which of them is meant

    def having(self, entry: FrontMatterEntry) -> "Detected":
        """With this key in place of what there was of it."""
        return replace(self, entries=_in_order((*self.entries, entry)))


def wants(path: str) -> bool:
    """Whether `detect` wants the content of this file, not only its name."""
    by_pattern = any(wanted.fullmatch(path) for wanted in (checks.WANTED, training.WANTED))
    return path in TRAINING_FILES or path in LOOP_FILES or commands.wants(path) or by_pattern


def detect(
    files: Mapping[str, str | None],
    *,
    home: str,
    name: str = "",
    uv: bool = True,
    gpu: bool = True,
    without: Collection[str] = (),
) -> Detected:
    """The front matter that fits a repository of these files.

    Args:
        files: every path with its text, or None if the text was not read.
        home: the user's home folder, which has the training data of the usual layout.
        name: that of the repository's own folder.
        uv: whether the program `uv` is installed.
        gpu: whether this machine has a GPU.
        without: commands that were tried and measure nothing.
    """
    notes: list[str] = []
    on_metric: list[str] = []
    others: list[FrontMatterEntry] = []
    asked: list[str] = []
    texts = {path: text for path, text in files.items() if text is not None}
    plainly = perhaps = FromTraining()
    trains = partial(from_training, files, home, uv=uv, gpu=gpu, without=without)
    found = (
        from_crucible(texts, notes)
        or from_session(files, texts, notes)
        or (plainly := trains(plain=True)).entries
        or _from_commands(files, candidates(files, name), without, notes=notes, others=others, asked=asked)
        or (perhaps := trains(plain=False)).entries
    )
    if any(entry.key == "metric" and entry.value == OUTSIDE for entry in found):
        on_metric.append(PRINTED)
    if any(entry.key == "metric" and _is_printed_time(entry.value) for entry in found):
        on_metric.append(STEADIER)
    if others:
        on_metric.append(f"it prints more that could be the metric: {', '.join(map(_as_option, others))}")
    entries = _in_order((*_from_tests(files, texts), *found))
    script = next((each for each in (plainly, perhaps) if each.entries), FromTraining())
    return Detected(
        entries=entries,
        notes=(*notes, *script.notes, *on_metric),
        on_metric=on_metric,
        others=others,
        asked=asked,
        trains=script.path,
        choices=() if found else (*plainly.choices, *perhaps.choices),
    )


def _in_order(entries: Sequence[FrontMatterEntry]) -> tuple[FrontMatterEntry, ...]:
    """One for each key, the last of each, as they are written."""
    keys = {entry.key: entry for entry in entries}
    return tuple(keys[key] for key in ORDER if key in keys)


def _is_printed_time(metric: Value) -> bool:
    return isinstance(metric, dict) and "pattern" in metric and str(metric["name"]).endswith(_TIMES)


def _as_option(metric: FrontMatterEntry) -> str:
    return f"--metric {metric.value['name']}" if isinstance(metric.value, dict) else ""


def _from_commands(
    files: Mapping[str, str | None],
    found: Candidates,
    without: Collection[str],
    *,
    notes: list[str],
    others: list[FrontMatterEntry],
    asked: list[str],
) -> list[FrontMatterEntry]:
    """The likeliest command that measures; a note names the next ones, and `asked` gets those that may."""
    asked += [command.text for command in found.asked if command.text not in without]
    seeds = {command.text: _seed(files, command) for command in found.measuring}
    left = [command for command in found.measuring if command.text + seeds[command.text] not in without]
    if not left:
        notes += [f"{path} defines benchmarks for asv: name a command that runs one, with --measure" for path in _of_asv(files)]
        return []
    first, *more = left
    if more:
        notes.append(f"other commands that may measure, with --measure: {listed((f'`{each.text}`' for each in more), NAMED)}")
    seed = seeds[first.text]
    if first.metric:
        metric = [FrontMatterEntry(key="metric", value=dict(first.metric), reason="the least time that its table prints")]
    else:
        metric = _printed_or_time(files.get(first.leaf or "") or first.said, first.leaf or first.place, others)
        if first.scores and metric and metric[0].value == OUTSIDE:
            metric = [FrontMatterEntry(key="metric", value=OUTSIDE, reason=f"{first.leaf or first.place} prints {UNREAD}")]
    return [
        *metric,
        FrontMatterEntry(key="measure", value=first.text + seed, reason=first.reason + (", and takes a seed" if seed else "")),
    ]


def _seed(files: Mapping[str, str | None], command: Command) -> str:
    option = seed_option(files.get(command.leaf or "") or "")
    return "" if option and option.split("{")[0].strip(" =") in command.text else option


def _of_asv(files: Mapping[str, str | None]) -> list[str]:
    return [path for path, text in files.items() if text is not None and is_of_asv(path, text)][:1]


def _printed_or_time(text: str, place: str, others: list[FrontMatterEntry]) -> list[FrontMatterEntry]:
    """The metric that the text prints, plain or with a unit, else CPU time; further metrics that it prints go to `others`."""
    name, with_unit = printed_metric(text), dict(metrics_with_unit(text, place))
    if name is not None and name not in with_unit:
        return metric_entry(name, f"{place} {PRINTS_IT}")
    if with_unit:
        first = with_unit.pop(name or next(iter(with_unit)))
        others += with_unit.values()
        return [first]
    reason = f"{place} prints no known metric line; this is its CPU time, measured from outside"
    return [FrontMatterEntry(key="metric", value=OUTSIDE, reason=reason)]


def _from_tests(files: Mapping[str, str | None], texts: Mapping[str, str]) -> list[FrontMatterEntry]:
    command = tests_of(files, texts) or tests_in_readme(files)
    reason = "the tests must pass before a trial is worth running"
    return [FrontMatterEntry(key="checks", value=[command], reason=reason)] if command else []
