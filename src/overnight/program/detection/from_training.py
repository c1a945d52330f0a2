"""Pure: what is proposed for a repository with a training script: its command, and what that needs."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from overnight.program.detection.command import Files
from overnight.program.detection.metric import PRINTS_IT, metric_entry, printed_metric
from overnight.program.detection.outside import OUTSIDE, UNREAD
from overnight.program.detection.python_calls import python_calls
from overnight.program.detection.training import Training, of_script, training
from overnight.program.detection.training_folder import has_own_modules
from overnight.program.front_matter import Value
from overnight.program.writer import FrontMatterEntry

TRAINING_FILES = ("program.md", "train.py", "prepare.py", "Makefile", "pyproject.toml")

_GRACE_S = 60  # on top of the script's own TIME_BUDGET: start, compilation, evaluation
_TIME_BUDGET = re.compile(r"^TIME_BUDGET\s*=\s*([0-9]{1,6})\b", re.MULTILINE)
_PRINTS_TIME = re.compile(r"\bprint\([^\n]{0,80}\b(?:took|elapsed|seconds|secs)\b", re.IGNORECASE)
_PRINTS = re.compile(r"\b(?:print|log|info|write|pbar|tqdm|echo)\b")
_SPEAKS_OF_QUALITY = re.compile(r"(?:loss|acc|accuracy|perplexity|ppl|bpb|nll|score|reward)(?![a-z])", re.IGNORECASE)
_CACHE = re.compile(r"""~/\.cache/(\w[\w.-]*)|["']~["']\s*\)\s*,\s*["']\.cache["']\s*,\s*["'](\w[\w.-]*)["']""")
_BESIDE_SECRETS = {"huggingface": "huggingface/hub"}  # the part of a cache that holds no token


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTraining:
    """What a training script leads to."""

    entries: Sequence[FrontMatterEntry] = ()
    notes: Sequence[str] = ()
    path: str = ""  # of the script; empty if its result is not what is measured
    choices: Sequence[str] = ()  # commands, if only a person knows which of them is meant


def from_training(
    files: Files, home: str, *, uv: bool, gpu: bool, without: Collection[str] = (), plain: bool = True
) -> FromTraining:
    """What the script leads to that a person would train with.

    Args:
        files: every path with its text, or None if the text was not read.
        home: the user's home folder, which has the training data of the usual layout.
        uv: whether the program `uv` is installed.
        gpu: whether this machine has a GPU.
        without: commands that were tried and measure nothing.
        plain: only scripts whose names or the README say that they are run; else only others.
    """
    files = {path: text for path, text in files.items() if path.isprintable()}  # no program.md names others
    if files.get("train.py") is not None:
        return _usual(files, home, uv=uv, gpu=gpu) if plain else FromTraining()
    found = [each for each in training(files, python_calls(files), gpu=gpu) if each.command not in without]
    if not found or found[0].plain is not plain:
        return FromTraining()
    if len(found) > 1:
        return FromTraining(choices=[each.command for each in found])
    [script] = found
    metric = printed_metric(script.text) if "METRIC " in script.text else None
    return FromTraining(
        entries=[
            *(metric_entry(metric, f"{script.path} {PRINTS_IT}") or _unread(script.path)),
            FrontMatterEntry(key="measure", value=script.command, reason=script.reason),
            *_limits(script.text, gpu=gpu),
            *_data(script.text, home),
            *_variables(script),
        ],
        notes=script.notes,
        path=script.path,
    )


def _usual(files: Files, home: str, *, uv: bool, gpu: bool) -> FromTraining:
    """`train.py`, usually with a read-only `prepare.py` next to it."""
    train = files["train.py"] or ""
    everything = "\n".join(files.get(name) or "" for name in TRAINING_FILES)
    script = of_script("train.py", files, python_calls(files), gpu=gpu)
    by_uv = "uv.lock" in files or "uv run train.py" in everything
    command = script.command.replace("python ", "uv run ", 1) if by_uv and uv else script.command
    taken = ", and takes a seed" if "{seed}" in command else ""
    reason = "train.py is the script to improve" + taken
    reason += "; without uv, which is not installed here" if by_uv and not uv else ""
    name = printed_metric(train)
    if name is None and "val_bpb" in everything:
        name = "val_bpb"
    needs = [*_limits(everything, gpu=gpu), *_data(everything, home), *_variables(script)]
    if name is None and _PRINTS_TIME.search(train) and not _SPEAKS_OF_QUALITY.search(train):
        return FromTraining(
            entries=[
                FrontMatterEntry(key="metric", value=OUTSIDE, reason="train.py prints only a time; this is its CPU time"),
                FrontMatterEntry(key="measure", value=command, reason="train.py is what runs the code" + taken),
                *needs,
            ],
            notes=script.notes,
        )
    frozen = "all else, including prepare.py, is frozen" if "prepare.py" in files else "all else is frozen"
    prints = _PRINTS.search(train) or has_own_modules("train.py", files)
    alone = "prepare.py" in files or not has_own_modules("train.py", files)
    return FromTraining(
        entries=[
            *(metric_entry(name, f"train.py {PRINTS_IT}") or (_unread("train.py") if prints else [])),
            FrontMatterEntry(key="measure", value=command, reason=reason),
            *([FrontMatterEntry(key="editable", value=["train.py"], reason=frozen)] if alone else []),
            *needs,
        ],
        notes=script.notes,
        path="train.py",
    )


def _unread(script: str) -> list[FrontMatterEntry]:
    return [FrontMatterEntry(key="metric", value=OUTSIDE, reason=f"{script} prints {UNREAD}")]


def _variables(script: Training) -> list[FrontMatterEntry]:
    variables: Mapping[str, str] = script.env
    value: Value = dict(variables)
    reason = "a trial has no display, no network, and nobody who looks"
    return [FrontMatterEntry(key="env", value=value, reason=reason)] if variables else []


def _limits(text: str, *, gpu: bool) -> list[FrontMatterEntry]:
    limits: dict[str, Value] = {}
    if budget := _TIME_BUDGET.search(text):
        limits["wall"] = f"{int(budget[1]) + max(int(budget[1]), _GRACE_S)}s"
    if "cuda" in text and gpu:
        limits |= {"gpus": 1, "memory": "32GB", "disk": "10GB"}
    reason = "the script's own TIME_BUDGET, and time to start and evaluate" if budget else ""
    reason += " and " * bool(budget and "gpus" in limits) + "a GPU, since it says cuda" * ("gpus" in limits)
    return [FrontMatterEntry(key="limits", value=limits, reason=reason)] if limits else []


def _data(text: str, home: str) -> list[FrontMatterEntry]:
    hit = _CACHE.search(text)
    if hit is None or not home.startswith("/"):
        return []
    name = hit[1] or hit[2]
    folder = f"{home.rstrip('/')}/.cache/{_BESIDE_SECRETS.get(name, name)}"
    return [FrontMatterEntry(key="readable", value=[folder], reason="prepared data is there; jobs may read it, not write it")]
