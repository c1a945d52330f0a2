"""Pure: rows of a benchmark in what a command printed: a label and a number, and the patterns that read them again."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.program.program import Direction, TimeUnit

MOST_BYTES = 256_000  # at the end of an output
MOST_LINES = 2_000
LONGEST = 400  # characters of a line
LABEL = "{label}"  # in a pattern: where the labels stand

NUMBER = r"[0-9][0-9,]{0,20}(?:\.[0-9]{1,20})?(?:e[-+]?[0-9]{1,3})?"
TIME = r"ns|us|µs|μs|ms|s|secs?|seconds?|msecs?|usecs?|nsecs?|milliseconds|microseconds|nanoseconds"
# What a pattern reads. A pattern that is not tied to the start of a line has other characters before it: so a long run of
# digits is read once.
READ_NUMBER = "([0-9][0-9.,e+-]*)"
READ_TIME = "([0-9.,]+ ?[nuµμm]?s(?:ec)?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What rows have in common that are measured alike."""

    named: str  # the pattern for rows of some labels, with LABEL; empty: the rows have none
    every: str  # the pattern for all rows; empty: there is none
    unit: str  # as a part of a metric's name; empty: a time, whose unit stands in the row
    direction: Direction
    by_tool: bool = True  # a tool for benchmarks prints such rows, and nothing else does


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One of them."""

    label: str
    number: str
    form: Form
    time_unit: TimeUnit | None = None  # that of this row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    line: re.Pattern[str]  # groups label and number; unit if it is a time
    form: Form


def _tool(line: str, named: str, every: str, unit: str = "", *, more: bool = False) -> _Tool:
    """How a tool prints: <N> stands for a number, <U> for its unit of time, <T> for another one, # for what is read."""
    numbered = line.replace("<N>", f"(?P<number>{NUMBER})").replace("<U>", f"(?P<unit>{TIME})").replace("<T>", f"(?:{TIME})")
    named, every = (text.replace("#", READ_NUMBER if unit else READ_TIME) for text in (named, every))
    direction = Direction.MAXIMIZE if more else Direction.MINIMIZE
    return _Tool(line=re.compile(numbered), form=Form(named=named, every=every, unit=unit, direction=direction))


_WORDS = r"(?P<label>\S(?:.{0,200}?\S)??)"
_TOOLS = (
    # benchmark.js, bench-node: `name x 1,234,567 ops/sec ±0.52% (90 runs sampled)`
    _tool(rf"\s*{_WORDS}\s+x\s+<N> ops/sec\b", r"^\s*{label}\s+x\s+# ops/sec", r" x\s+# ops/sec", "ops_per_sec", more=True),
    # vitest: `· name  3,663,401.39  0.0002  1.2305 ...`
    _tool(
        rf"\s*·\s{_WORDS}\s{{2,}}<N>(?:\s+[0-9.]+){{4}}",
        r"^\s*·\s{label}\s+#",
        r"\s([0-9,]+\.[0-9]{2})\s+[0-9]+\.[0-9]{4}\s+[0-9]+\.[0-9]{4}\s",
        "ops_per_s",
        more=True,
    ),
    # pyperf: `name: Mean +- std dev: 653 ns +- 32 ns`
    _tool(rf"{_WORDS}: Mean \+- std dev: <N> <U> \+-", r"^{label}: Mean \+- std dev: #", r": Mean \+- std dev: #"),
    # timeit: `500000 loops, best of 5: 0.513 usec per loop`
    _tool(r"(?P<label>)(?:.{0,80}[\s:])?[0-9]+ loops?, best of [0-9]+: <N> <U> per loop", "", r"best of [0-9]+: # per loop"),
    # hyperfine: `  Time (mean ± ...):      12.3 ms ±   0.2 ms`
    _tool(r"(?P<label>)\s*Time \((?:mean|abs)[^)]{0,9}\):\s+<N> <U>", "", r"Time \([^)]+\):\s+#"),
    # Go: `BenchmarkSum-8   1000000   123.4 ns/op`
    _tool(
        r"(?P<label>Benchmark\S*?)(?:-[0-9]+)?\s+[0-9]+\s+<N> ns/op",
        r"^{label}(?:-[0-9]+)?\s+[0-9]+\s+# ns/op",
        r"^Benchmark\S*\s+[0-9]+\s+# ns/op",
        "ns_per_op",
    ),
    # Rust's own: `test name ... bench:       1,234 ns/iter (+/- 12)`
    _tool(
        r"test (?P<label>\S+)\s+\.\.\. bench:\s+<N> ns/iter",
        r"^test {label}\s+\.\.\. bench:\s+# ns/iter",
        r"\.\.\. bench:\s+# ns/iter",
        "ns_per_iter",
    ),
    # Criterion: `name   time:   [1.2 µs 1.3 µs 1.4 µs]`, the label on a line of its own if it is long
    _tool(
        r"(?P<label>(?:\S(?:.{0,200}?\S)??)?)\s+time:\s+\[[0-9.]+ (?:<T>) <N> <U> ",
        r"^{label}\s+time:\s+\[\S+ \S+ # ",
        r"time:\s+\[[0-9.]+ \S+ # ",
    ),
    # Google Benchmark: `BM_x/8   123 ns   122 ns   5678`
    _tool(
        r"(?P<label>\S+?)\s+<N> <U>\s+[0-9.e+]+ (?:<T>)\s+[0-9]+",
        r"^{label}\s+#\s+[0-9.e+]+ \w+\s+[0-9]",
        r"^\S+\s+#\s+[0-9.e+]+ \w+\s+[0-9]",
    ),
    # divan: `├─ name   1.2 ns   │ 4.2 ns   │ 1.3 ns  │ ...`, of which the median
    _tool(
        rf"[│ ]*[├╰]─\s{_WORDS}\s+[0-9.]+ (?:<T>)\s+│\s[0-9.]+ (?:<T>)\s+│\s<N> <U>\s+│",
        r"─\s{label}\s+[0-9.]+ \S+\s+│\s[0-9.]+ \S+\s+│\s#",
        r"│\s[0-9.]+ \S+\s+│\s#\s+│",
    ),
    # mitata: `name   217.69 ns/iter 211.90 ns ...`
    _tool(r"\W*(?P<label>\w(?:.{0,200}?\S)??)[\s|`]+<N> <U>/iter", r"^\W*{label}[\s|`]+#/iter", r"[\s`]#/iter"),
    # console.time, fastbench: `name*1000: 12.345ms`
    _tool(rf"{_WORDS}: <N>(?P<unit>m?s)\s*$", r"^{label}: #\s*$", r": #\s*$"),
)
CONSOLE_TIME = _TOOLS[-1].form  # what else a script does may be timed so, too
_COLUMN = re.compile(rf"[:=]\s{{0,16}}{NUMBER}\s?(?:{TIME})\b")  # in a label: more than one number stands in the row
_AGGREGATE = re.compile(r".*_(?:mean|median|stddev|cv|min|max)")


def lines_of(output: str) -> Sequence[str]:
    """The last lines, each cut."""
    return [line[:LONGEST] for line in output[-MOST_BYTES:].splitlines()[-MOST_LINES:]]


def tool_rows(lines: Sequence[str]) -> Iterator[Row]:
    """The rows that well-known tools print."""
    for line in lines:
        hits = ((tool, tool.line.match(line)) for tool in _TOOLS)
        tool, hit = next(((tool, hit) for tool, hit in hits if hit), (None, None))
        if tool is not None and hit is not None and not _AGGREGATE.fullmatch(hit["label"]):
            if tool.form == CONSOLE_TIME and _COLUMN.search(hit["label"]):
                continue
            unit = None if tool.form.unit else unit_of(hit["unit"])
            yield Row(label=hit["label"], number=hit["number"], form=tool.form, time_unit=unit)


def unit_of(word: str) -> TimeUnit:
    """The unit that a word of TIME names."""
    if word.startswith(("u", "µ", "μ", "micro")):
        return TimeUnit.US
    return {"n": TimeUnit.NS, "m": TimeUnit.MS}.get(word[0], TimeUnit.S)
