"""What the name of a constant reveals: its role, or that the tuner must not change it."""

import re

# fmt: off
_UNTOUCHED = frozenset((
    "seed", "seeds", "rng", "random", "salt", "nonce",
    # what is measured and how
    "eval", "evaluate", "evaluation", "evaluator", "val", "valid", "validate", "validation", "test", "tests", "testing",
    "holdout", "heldout", "score", "scoring", "metric", "target",
    # places and hardware
    "path", "paths", "dir", "dirs", "directory", "folder", "file", "files", "filename", "url", "uri", "host", "port",
    "device", "dtype", "cuda", "gpu", "gpus", "cpu", "cpus", "world", "workers", "threads", "processes", "jobs",
    # how much may be spent
    "budget", "timeout", "deadline", "seconds", "minutes", "hours", "flops", "limit", "limits",
    # the shape of what is computed
    "axis", "keepdims", "keepdim", "inplace",
    # what other parts depend on, and what changes nothing
    "version", "vocab", "classes", "log", "logs", "logging", "verbose", "debug", "print", "save",
))
_AMOUNTS = frozenset(("steps", "iters", "iter", "iterations", "iteration", "epochs", "epoch", "repeats", "trials", "updates"))
_WHOLE_RUN = frozenset(("max", "num", "n", "total", "train", "training", "number", "of"))
# fmt: on
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> frozenset[str]:
    """The words of an identifier or dotted name, in lower case: `maxGradNorm_2` is max, grad, norm and 2."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def is_untouched(name: str) -> bool:
    """Whether a constant of this name must stay unchanged: a seed in any form, evaluation, places, budgets and the like."""
    said = words(name)
    return bool(said & _UNTOUCHED) or _is_run_length(words(name.rsplit(".", 1)[-1]))


def _is_run_length(said: frozenset[str]) -> bool:
    """`STEPS` and `max_iters` buy progress with compute; `warmup_steps` does not."""
    return bool(said & _AMOUNTS) and said <= _AMOUNTS | _WHOLE_RUN
