"""Pure: what a command says of its result in words and a number: the quality of a model, or the score of a search."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from overnight.program.detection.printed_metric import LONGEST_PATTERN, PrintedMetric
from overnight.program.detection.quality_words import WORDS, Word
from overnight.program.detection.rows import lines_of
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.output import plain
from overnight.program.program import Direction, Take

_MOST_IN_LINE = 12
_MOST_READ = 12  # numbers that are looked for in the whole output
_LONGEST_NAME = 48
_MOST_OTHERS = 4

# A script that trains a model.
TRAINS = re.compile(
    r"\b(?:import|from)\s+(?:torch|tensorflow|keras|jax|flax|sklearn|lightgbm|xgboost|mxnet|paddle|tinygrad|mlx)\b"
    r"|\.backward\(|\bloss\.item\(|\bnum_epochs\b|\bn_epochs\b|\.fit\(\w",
)

_BARE = re.compile(
    r"\b(?:print|console\.log)\(\s*\w{1,24}\s*,\s*([A-Za-z_]\w{0,40})"
    r"(?:\.item\(\)|\.data(?:\[0\]|\.item\(\))?|\.numpy\(\))?\s*\)"
)
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,20})?|[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][-+]?[0-9]{1,3})?"
_PAIR = re.compile(
    r"(?<![\w.])(?P<name>[^\W\d_][\w/.@-]{0,24}(?:[ _][^\W\d_][\w/.@-]{0,24}){0,3}?)"
    r"(?P<rest> (?:of|on|for|over|after) [^:=|,\n]{1,48}?)?"
    r"(?P<between>[\"']?[ \t]{0,8}(?:[:=|]|\bis\b|\bwas\b|->)[ \t]{0,12}|(?(rest)(?!)|[ \t]{1,12}))"
    rf"(?P<number>-?(?:{_NUMBER})|nan)(?!\w|/(?![0-9])|\.[0-9])",
    re.IGNORECASE,
)
# What is read, as `_NUMBER`; a result that is no number any more must not leave an earlier one as the last.
_READ = r"(-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|nan\b|-?inf\b)"
_OTHER_DATA = re.compile(
    r"(?:^|[^a-z])(?:val|valid|validation|test(?:ing)?|dev|eval|evaluation|holdout|heldout)(?:$|[^a-z])", re.I
)
_OWN_DATA = re.compile(r"(?:^|[^a-z])(?:train|training|trn)(?:$|[^a-z])", re.I)
_STEP = re.compile(
    r"\b(?:epochs?|steps?|it|iter(?:ation)?s?|batch|episodes?|gen(?:eration)?|rounds?|games?|ep)\b\W{0,4}[0-9]|^\W{0,2}[0-9]+\s?/\s?[0-9]+",
    re.I,
)
_DIGIT = re.compile(r"[0-9]|nan", re.IGNORECASE)
_FINAL = re.compile(r"(?:^|_)(?:final|best|total|overall|mean|avg|average|optimal|min|minimum|max|maximum)(?:_|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One such number in a line."""

    name: str  # as a metric is called
    words: str
    between: str
    heading: str  # of the line, if that says the data
    word: Word
    stepping: bool

    @property
    def on_other_data(self) -> bool:
        return _OTHER_DATA.search(self.name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a command says of its result."""

    chosen: PrintedMetric | None
    either: Sequence[PrintedMetric] = ()  # both directions of one that only a person knows the direction of
    others: Sequence[PrintedMetric] = ()  # that are printed of the same data, as plainly


NOTHING = Quality(chosen=None)


def quality_of_model(output: bytes, *, trains: bool = False) -> Quality:
    """A loss or an accuracy: one that is printed in the end before one of each step, on other data before the training's.

    Args:
        output: all that the command printed.
        trains: whether it is known to train a model; if not, an error may be that of a comparison.
    """
    return _chosen([one for one in _found(output, trains=trains) if one.word.of_model], output)


def bare_quality(output: bytes, scripts: Iterable[str]) -> Quality:
    """What a script prints behind the number of each step, without words: `print(epoch, loss.item())`."""
    for script in scripts:
        for hit in islice(_BARE.finditer(script), _MOST_READ):
            name = _slug(hit[1])
            word = next((word for word in WORDS if word.of_model and word.found.search(name)), None)
            if word is None or word.direction is None:
                continue
            found = PrintedMetric(
                name=name, words=hit[0], pattern=rf"^\s*[0-9]+[,:]?\s+{_READ}\s*$", direction=word.direction, take=Take.LAST
            )
            if isinstance(read_metrics(output, found.metric), MetricReading):
                return Quality(chosen=found)
    return NOTHING


def score_of_search(output: bytes) -> Quality:
    """The score, distance or cost that a game or a search ends with."""
    return _chosen([one for one in _found(output, trains=False) if not one.word.of_model], output)


def _found(output: bytes, *, trains: bool) -> Sequence[_Found]:
    lines = lines_of(plain(output).decode(errors="replace"))
    return [one for line in lines if _DIGIT.search(line) for one in _in_line(line, trains=trains)]


def _in_line(line: str, *, trains: bool) -> Iterator[_Found]:
    stepping = _STEP.search(line) is not None
    for _, hit in zip(range(_MOST_IN_LINE), _PAIR.finditer(line), strict=False):
        slug = _slug(hit["name"])
        word = next((word for word in WORDS if word.found.search(slug)), None)
        if word is None:
            continue
        words, before = hit["name"] + (hit["rest"] or ""), line[: hit.end("rest") if hit["rest"] else hit.start()]
        heading = ""
        if not (_OTHER_DATA.search(slug) or _OWN_DATA.search(slug)) and (data := _data_in(before)):
            slug, heading = f"{data[1]}_{slug}", "" if hit["rest"] else data[0]
        if word.shared and not (trains or stepping or _OTHER_DATA.search(slug) or _OWN_DATA.search(slug)):
            continue
        yield _Found(
            name=slug[:_LONGEST_NAME].strip("_"),
            words=words,
            between=hit["between"],
            heading=heading,
            word=word,
            stepping=stepping,
        )


def _data_in(before: str) -> tuple[str, str] | None:
    """The last word before a number that says on which data it is, and as a part of a name."""
    hits = [hit for kind in (_OTHER_DATA, _OWN_DATA) for hit in kind.finditer(before)]
    if not hits:
        return None
    word = re.sub(r"[^A-Za-z]", "", max(hits, key=lambda hit: hit.start())[0])
    return word, word.lower()


def _chosen(found: Sequence[_Found], output: bytes) -> Quality:
    times = Counter(one.name for one in found)
    ranks: dict[tuple[int, ...], dict[str, _Found]] = {}
    for one in found:
        ranks.setdefault(_rank(one, times[one.name]), {})[one.name] = one
    left = _MOST_READ
    for _, ones in sorted(ranks.items(), key=lambda item: item[0]):
        for one in islice(ones.values(), left) if len(ones) == 1 or next(iter(ones.values())).on_other_data else ():
            left -= 1
            if quality := _read_by(one, output):
                return replace(quality, others=_others(one, quality, ranks, output))
        if len(ones) > 1 and not next(iter(ones.values())).on_other_data:
            return NOTHING
    return NOTHING


def _others(
    one: _Found, quality: Quality, ranks: Mapping[tuple[int, ...], Mapping[str, _Found]], output: bytes
) -> list[PrintedMetric]:
    """What else a model is judged by on the same data, by what is likelier."""
    if quality.chosen is None or not (one.word.of_model and one.on_other_data):
        return []
    places = [ones for _, ones in sorted(ranks.items(), key=lambda item: item[0])]
    near = [other for ones in places for other in ones.values() if other.on_other_data and other.name != one.name]
    read = (_read_by(other, output) for other in near[:_MOST_OTHERS])
    return [each.chosen for each in read if each and each.chosen and each.chosen.take == quality.chosen.take]


def _rank(one: _Found, times: int) -> tuple[int, ...]:
    """In the end, on other data, by the word; of the training, a loss first."""
    running = one.stepping or times > 1
    place = WORDS.index(one.word)
    if one.on_other_data:
        return (int(running), 0, place)
    unlike_a_result = 0 if _FINAL.search(one.name) else 1
    last = not one.word.of_model or (one.word.shared and one.word.direction is Direction.MAXIMIZE)
    return (2 + int(running), unlike_a_result, place if last else -place)


def _read_by(one: _Found, output: bytes) -> Quality | None:
    between = (
        r"[\s:=|]*"
        if re.fullmatch(r"[\s:=|]*", one.between)
        else r"[\s:=\"']*"
        if one.between[0] in "\"'"
        else rf"\s*{re.escape(one.between.strip())}\s*"
    )
    heading = rf"\b{re.escape(one.heading)}\b.*?" if one.heading else ""
    words = re.sub(r"(?<= )[0-9]+(?= |$)", "#", one.words)  # such as the step
    words = r"\s+".join("[0-9]+" if word == "#" else re.escape(word) for word in words.split())
    pattern = rf"{heading}(?:^|[^\w.]){words}{between}{_READ}"
    if len(pattern) > LONGEST_PATTERN:
        return None
    for take in (None, Take.LAST):
        both = [
            PrintedMetric(name=one.name, words=one.words, pattern=pattern, direction=direction, take=take)
            for direction in ([one.word.direction] if one.word.direction else Direction)
        ]
        if isinstance(read_metrics(output, both[0].metric), MetricReading) and not (one.stepping and take is None):
            return Quality(chosen=both[0]) if len(both) == 1 else Quality(chosen=None, either=both)
    return None


def _slug(words: str) -> str:
    return re.sub(r"\W+", "_", words.replace("-", "_"), flags=re.ASCII).strip("_").lower()
