"""Looks at a repository's files and proposes a front matter, with the reason for every key.

It never decides: the user sees the proposal and what the measure command prints, and says yes or no.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.program.detection import candidates as commands
from overnight.program.detection import checks
from overnight.program.detection.candidates import candidates
from overnight.program.detection.checks import tests_of
from overnight.program.detection.command import Command
from overnight.program.detection.loops import LOOP_FILES, from_crucible, from_session
from overnight.program.detection.metric import PRINTS_IT, metric_entry, metrics_with_unit, printed_metric
from overnight.program.detection.python_scripts import is_of_asv
from overnight.program.detection.readme import tests_in_readme
from overnight.program.detection.seed import seed_option
from overnight.program.front_matter import Value
from overnight.program.writer import FrontMatterEntry
from overnight.words.quantities import listed

TRAINING_FILES = ("program.md", "train.py", "prepare.py", "Makefile", "pyproject.toml")
ORDER = ("metric", "measure", "editable", "checks", "readable", "env", "limits", "budget")

NAMED = 4  # commands in a note

_GRACE_S = 60  # on top of the script's own TIME_BUDGET: start, compilation, evaluation
_TIME_BUDGET = re.compile(r"^TIME_BUDGET\s*=\s*([0-9]{1,6})\b", re.MULTILINE)
_PRINTS_TIME = re.compile(r"\bprint\([^\n]{0,80}\b(?:took|elapsed|seconds|secs)\b", re.IGNORECASE)
_PRINTS = re.compile(r"\b(?:print|log|info|write|pbar|tqdm|echo)\b")
_SPEAKS_OF_QUALITY = re.compile(r"(?:loss|acc|accuracy|perplexity|ppl|bpb|nll|score|reward)(?![a-z])", re.IGNORECASE)
_TIMES = ("_ns", "_us", "_ms", "_s", "_sec", "_secs", "_seconds")
_CACHE = re.compile(r"""~/\.cache/([\w.-]+)|["']~["']\s*\)\s*,\s*["']\.cache["']\s*,\s*["']([\w.-]+)["']""")

UNREAD = "a result, which only its output shows"  # in the reason of a metric that stands for it until then
OUTSIDE: Value = {"name": "cpu_s", "direction": "minimize"}
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

    def having(self, entry: FrontMatterEntry) -> "Detected":
        """With this key in place of what there was of it."""
        return replace(self, entries=_in_order((*self.entries, entry)))


def wants(path: str) -> bool:
    """Whether `detect` wants the content of this file, not only its name."""
    return path in TRAINING_FILES or path in LOOP_FILES or commands.wants(path) or checks.WANTED.fullmatch(path) is not None


def detect(files: Mapping[str, str | None], *, home: str, uv: bool = True, without: Collection[str] = ()) -> Detected:
    """The front matter that fits a repository of these files.

    Args:
        files: every path with its text, or None if the text was not read.
        home: the user's home folder, which has the training data of the usual layout.
        uv: whether the program `uv` is installed.
        without: commands that were tried and measure nothing.
    """
    notes: list[str] = []
    on_metric: list[str] = []
    others: list[FrontMatterEntry] = []
    asked: list[str] = []
    texts = {path: text for path, text in files.items() if text is not None}
    found = (
        from_crucible(texts, notes)
        or from_session(files, texts, notes)
        or _from_training(files, texts, home, uv=uv)
        or _from_commands(files, without, notes, others, asked)
    )
    if any(entry.key == "metric" and entry.value == OUTSIDE for entry in found):
        on_metric.append(PRINTED)
    if any(entry.key == "metric" and _is_printed_time(entry.value) for entry in found):
        on_metric.append(STEADIER)
    if others:
        on_metric.append(f"it prints more that could be the metric: {', '.join(map(_as_option, others))}")
    entries = _in_order((*_from_tests(files, texts), *found))
    return Detected(entries=entries, notes=(*notes, *on_metric), on_metric=on_metric, others=others, asked=asked)


def _in_order(entries: Sequence[FrontMatterEntry]) -> tuple[FrontMatterEntry, ...]:
    """One for each key, the last of each, as they are written."""
    keys = {entry.key: entry for entry in entries}
    return tuple(keys[key] for key in ORDER if key in keys)


def _from_training(files: Iterable[str], texts: Mapping[str, str], home: str, *, uv: bool) -> list[FrontMatterEntry]:
    """`train.py`, usually with a read-only `prepare.py` next to it."""
    train = texts.get("train.py")
    if train is None:
        return []
    everything = "\n".join(texts.get(name, "") for name in TRAINING_FILES)
    by_uv = "uv.lock" in files or "uv run train.py" in everything
    runner = "uv run train.py" if by_uv and uv else "python train.py"
    seed = seed_option(train)
    taken = ", and takes a seed" if seed else ""
    reason = "train.py is the script to improve" + taken
    reason += "; without uv, which is not installed here" if by_uv and not uv else ""
    name = printed_metric(train)
    if name is None and "val_bpb" in everything:
        name = "val_bpb"
    if name is None and _PRINTS_TIME.search(train) and not _SPEAKS_OF_QUALITY.search(train):
        return [
            FrontMatterEntry(key="metric", value=OUTSIDE, reason="train.py prints only a time; this is its CPU time"),
            FrontMatterEntry(key="measure", value=runner + seed, reason="train.py is what runs the code" + taken),
            *_training_limits(everything),
            *_training_data(everything, home),
        ]
    frozen = "all else, including prepare.py, is frozen" if "prepare.py" in files else "all else is frozen"
    return [
        *(metric_entry(name, f"train.py {PRINTS_IT}") or _unread(train)),
        FrontMatterEntry(key="measure", value=runner + seed, reason=reason),
        FrontMatterEntry(key="editable", value=["train.py"], reason=frozen),
        *_training_limits(everything),
        *_training_data(everything, home),
    ]


def _unread(train: str) -> list[FrontMatterEntry]:
    """What stands for the metric until the first trial shows what the script prints, if it prints anything."""
    if not _PRINTS.search(train):
        return []
    return [FrontMatterEntry(key="metric", value=OUTSIDE, reason=f"train.py prints {UNREAD}")]


def _training_limits(text: str) -> list[FrontMatterEntry]:
    limits: dict[str, Value] = {}
    if budget := _TIME_BUDGET.search(text):
        limits["wall"] = f"{int(budget[1]) + max(int(budget[1]), _GRACE_S)}s"
    if "cuda" in text:
        limits |= {"gpus": 1, "memory": "32GB", "disk": "10GB"}
    reason = "the script's own TIME_BUDGET, and time to start and evaluate" if budget else ""
    reason += " and " * bool(budget and "gpus" in limits) + "a GPU, since it says cuda" * ("gpus" in limits)
    return [FrontMatterEntry(key="limits", value=limits, reason=reason)] if limits else []


def _training_data(text: str, home: str) -> list[FrontMatterEntry]:
    hit = _CACHE.search(text)
    if hit is None or not home.startswith("/"):
        return []
    folder = f"{home.rstrip('/')}/.cache/{hit[1] or hit[2]}"
    return [FrontMatterEntry(key="readable", value=[folder], reason="prepared data is there; jobs may read it, not write it")]


def _is_printed_time(metric: Value) -> bool:
    return isinstance(metric, dict) and "pattern" in metric and str(metric["name"]).endswith(_TIMES)


def _as_option(metric: FrontMatterEntry) -> str:
    return f"--metric {metric.value['name']}" if isinstance(metric.value, dict) else ""


def _from_commands(
    files: Mapping[str, str | None],
    without: Collection[str],
    notes: list[str],
    others: list[FrontMatterEntry],
    asked: list[str],
) -> list[FrontMatterEntry]:
    """The likeliest command that measures; a note names the next ones, and `asked` gets those that may."""
    found = candidates(files)
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
