"""Which way a metric improves, by the words of its name."""

import re
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from overnight.program.program import Direction


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# These decide before the others, so that a name that needed no direction once never needs one later.
_LOW = _words(
    "loss bpb perplexity ppl error errors mse rmse mae latency time duration s ms us ns seconds size memory bytes kb mb"
)
_HIGH = _words("accuracy acc score throughput f1 auc per")
_LOSS = _words(
    "loss nll bpb bpc perplexity ppl error errors err mse rmse mae mape wer cer fid brier regret cost price overhead penalty "
    "failures violations conflicts misses faults drops dropped timeouts gap"
)
_COST = _words(
    "sec secs µs μs usec usecs micros microseconds msec millis milliseconds nsec nanos nanoseconds minutes hours runtime "
    "walltime elapsed makespan delay lag jitter ttft tpot p50 p75 p90 p95 p99 p999 mem rss byte bits gb kib mib gib cycle "
    "cycles instructions insns instrs allocs allocations energy joules watts"
)
_QUALITY = _words(
    "auroc auprc map50 mrr ndcg bleu chrf rouge iou dice precision recall r2 psnr ssim coverage fitness elo solved wins "
    "similarity sharpe goodput bandwidth speed speedup qps rps tps fps iops ips ipc mfu gflops tflops mflops"
)
MINIMIZED = _LOW | _LOSS | _COST
MAXIMIZED = _HIGH | _QUALITY
_RATE = re.compile(r"(?:^|[\W_])(?:success|win|pass|hit|solve)[_-]rate(?![^\W_])")
_TIMES = _words("s sec secs second seconds ms us µs μs ns min minute minutes h hr hour hours day")
# What is counted in a second by names such as `req_s`; other names that end in `_s` are times.
_COUNTED = _words(
    "ops req reqs requests queries tok toks tokens it its iters samples images imgs frames rows msgs kb mb gb mib gib"
)
_A_SECOND = _words("s sec second")
_PER = re.compile(r"((?:.*?[\W_])?)per[\W_](.+)", re.DOTALL)
_SLASH = re.compile(r"(.+?)/(?:s|sec|second)(?:/.*)?", re.DOTALL)
_PAIR = 2  # words
_BETWEEN = re.compile(r"[\W_]+")


def guess_direction(name: str) -> Direction | None:
    """The direction that a metric's name makes obvious, None if it does not."""
    name = name.lower()
    words = _BETWEEN.split(name)
    if (rate := _of_rate(name, words)) is not None:
        return rate
    if not (_LOW | _HIGH).isdisjoint(words):
        return _one_sided(words, _LOW, _HIGH)
    return _one_sided(words + ["wins"] * bool(_RATE.search(name)), MINIMIZED, MAXIMIZED)


def _one_sided(words: Collection[str], low: AbstractSet[str], high: AbstractSet[str]) -> Direction | None:
    less, more = not low.isdisjoint(words), not high.isdisjoint(words)
    if less == more:
        return None
    return Direction.MINIMIZE if less else Direction.MAXIMIZE


def _of_rate(name: str, words: Sequence[str]) -> Direction | None:
    """The direction of so much per something; None if it is not written as a rate, or contradicts itself."""
    if parts := _PER.fullmatch(name):
        amount, unit = (_BETWEEN.split(part) for part in parts.groups())
        if unit[0] in _TIMES:
            return _of_amount(amount, _LOSS)
        if unit == ["cycle"] and "instructions" in amount:
            return Direction.MAXIMIZE
        return _of_amount(amount, MINIMIZED) if MAXIMIZED.isdisjoint(amount) else None
    if parts := _SLASH.fullmatch(name):
        return _of_amount(_BETWEEN.split(parts[1]), _LOSS)
    if len(words) == _PAIR and words[0] in _COUNTED and words[1] in _A_SECOND:
        return Direction.MAXIMIZE
    return None


def _of_amount(amount: Collection[str], bad: AbstractSet[str]) -> Direction:
    """More of it is better, unless it is something bad."""
    return Direction.MAXIMIZE if bad.isdisjoint(amount) else Direction.MINIMIZE
