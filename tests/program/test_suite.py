"""Rows of benchmarks in what a command printed: which are the project's, and one number over them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.detection.names import foreign_names, own_names, words_of_project
from overnight.program.detection.printed_metric import LONGEST_PATTERN, PrintedMetric
from overnight.program.detection.suite import suite
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Take, names_time


def chosen(output: str, own: str = "", foreign: str = "", words: str = "") -> PrintedMetric:
    """The number that is chosen; the names are separated by blanks."""
    metric = suite(output.encode(), own=own.split(), foreign=foreign.split(), words=words.split()).chosen
    assert metric is not None
    return metric


def value(metric: PrintedMetric, output: str) -> float:
    """What the metric reads."""
    reading = read_metrics(output.encode(), metric.metric)
    assert isinstance(reading, MetricReading), reading
    return reading.value


LINES = [
    ("clsx x 12,345,678 ops/sec ±0.53% (96 runs sampled)", "clsx_ops_per_sec", "maximize", 12345678),
    (
        "\x1b[1mlib#parse\x1b[0m     x \x1b[34m3,888,043 ops/sec\x1b[0m (11 runs sampled)",
        "lib_parse_ops_per_sec",
        "maximize",
        3888043,
    ),
    ("   · lib fib   3,663,401.39  0.0002  1.2305  0.0003  0.0003  0.0004", "lib_fib_ops_per_s", "maximize", 3663401.39),
    ("lib fib      217.69 ns/iter 211.90 ns  █", "lib_fib_ns", "minimize", 217.69),
    ("index 10 points: 13.01ms", "index_10_points_ms", "minimize", 13.01),
    ("20000: 1.5s", "time_20000_s", "minimize", 1.5),
    ("long plain: Mean +- std dev: 104 ns +- 9 ns", "long_plain_ns", "minimize", 104),
    ("500000 loops, best of 5: 0.513 usec per loop", "time_us", "minimize", 0.513),
    ("  Time (mean ± σ):      12.3 ms ±   0.2 ms    [User: 1.1 ms]", "time_ms", "minimize", 12.3),  # noqa: RUF001
    ("BenchmarkSum-8   1000000   123.4 ns/op", "benchmarksum_ns_per_op", "minimize", 123.4),
    ("BenchmarkSum64/4B-2   \t 100\t         3.52 ns/op\t1135.4 MB/s", "benchmarksum64_4b_ns_per_op", "minimize", 3.52),
    ("test tests::sum ... bench:       1,234 ns/iter (+/- 12)", "tests_sum_ns_per_iter", "minimize", 1234),
    ("fib 20                  time:   [26.029 µs 26.251 µs 26.505 µs]", "fib_20_us", "minimize", 26.251),
    ("BM_sum/8          123 ns          122 ns      5678", "bm_sum_8_ns", "minimize", 123),
    ("├─ fib     1.191 ns      │ 4.2 ns        │ 1.3 ns        │ 1.4 ns  │ 100  │ 51200", "fib_ns", "minimize", 1.3),
    ("Throughput: 812.5 MB/s", "throughput_mb_per_s", "maximize", 812.5),
    ("  p95 latency = 12.5 ms", "p95_latency_ms", "minimize", 12.5),
    ("range-avx2: 4.21 GB/s", "range_avx2_gb_per_s", "maximize", 4.21),
    ("encode took 0.123 seconds", "encode_s", "minimize", 0.123),
    ("sorting\t3.5 cycles/byte", "time_sorting_cycles_per_byte", "minimize", 3.5),
    ("12.3 cycles/byte", "time_cycles_per_byte", "minimize", 12.3),
    ("alloc 3.4 ns per op", "alloc_ns_per_op", "minimize", 3.4),
    ("Benchmark Result: 36.80 usec/dump", "time_benchmark_result_usec_per_dump", "minimize", 36.8),
    ("Elapsed: 1.23s", "elapsed_s", "minimize", 1.23),
    ("Time taken: 0.5", "time_taken", "minimize", 0.5),
    ("CPU time = 1.25", "cpu_time", "minimize", 1.25),
    ("perft(5) nodes 4865609 time 123 ms nps 39557796", "throughput_nps", "maximize", 39557796),
    ("std::sort: 123.4 ms", "std_sort_ms", "minimize", 123.4),
    ("  encode    12.3 MiB/s    ( 3.2 cycles/byte)", "encode_mib_per_s", "maximize", 12.3),
    ("QPS: 1,234", "throughput_qps", "maximize", 1234),
    ("Requests/sec:   1234.5", "requests_sec", "maximize", 1234.5),
    ("12345 ops in 3.2 s: 3857 ops/s", "ops_per_s", "maximize", 3857),
    ("coll.get() : 580.19ms (3447.62) ops/s", "coll_get_ops_per_s", "maximize", 3447.62),
]


@pytest.mark.parametrize(("line", "name", "direction", "number"), LINES)
def test_a_row_is_found_and_read_again(line: str, name: str, direction: str, number: float) -> None:
    """With a name that says that it is a time or a rate, so that its trials run alone, and a direction by its unit."""
    output = f"header\n{line}\n\nfooter 12\n"
    found = chosen(output)
    assert (found.name, found.direction.value) == (name, direction)
    assert value(found, output) == number and found.take is None
    assert names_time(found.name)


OF_OTHERS = [
    "    Finished `release` profile [optimized] target(s) in 0.05s",
    "added 5 packages in 3s",
    "===== 5 passed in 1.23s =====",
    "ok  \tgithub.com/me/x\t12.3s",
    "errors: 5 errors/s",
    "100%|████| 938/938 [00:12<00:00, 77.3it/s]",
    "Test 1: PASSED (0.01 sec)\nTest 2: PASSED (0.02 sec)\n",
    "info depth 9 nodes 12 nps 1234\ninfo depth 10 nodes 13 nps 1235\n",
    "  Reduce two elements:\n    88 833 211 ops/s, ±0.72%\n",
    "benchmark name   samples   iterations    est run time\nfib 20    100    1    4.2 ms\n      42.0 us    41 us   43 us\n",
]


@pytest.mark.parametrize(
    "line", ["step 10 of 20", "version 1.2.3", "took 5 steps", "", "a 5 %", "Epoch 1 took 3.2s\nEpoch 2 took 3 s", *OF_OTHERS]
)
def test_other_lines_are_no_rows(line: str) -> None:
    """Without a unit; nor is the time of each step of one run, of a tool itself, or how long a run is expected to take."""
    assert suite(line.encode(), own=[], foreign=[]).chosen is None


@pytest.mark.parametrize(
    ("first", "better"),
    [
        ("f: Mean +- std dev: 1.2 us +- 0.1 us", "f: Mean +- std dev: 900 ns +- 9 ns"),
        ("f: 1.2s", "f: 900.123ms"),
        ("f   1.2 µs/iter", "f   900 ns/iter"),
        ("f    time:   [1.1 ms 1.2 ms 1.3 ms]", "f    time:   [890 µs 900 µs 910 µs]"),
        ("f took 1.2 ms", "f took 900 us"),
    ],
)
def test_a_better_value_in_another_unit_is_read(first: str, better: str) -> None:
    """Tools choose the unit by the size."""
    assert value(chosen(first), better) == pytest.approx(value(chosen(first), first) * 0.75, rel=0.001)


TABLE = """\
┌─────────┬─────────────────┬──────────────────┬────────────────────────┬─────────┐
│ (index) │ Task name       │ Latency avg (ns) │ Throughput avg (ops/s) │ Samples │
├─────────┼─────────────────┼──────────────────┼────────────────────────┼─────────┤
│ 0       │ 'html'          │ '271.25 ± 0.81%' │ '4000 ± 0.02%'         │ 368661  │
│ 1       │ 'parse-html'    │ '52.86 ± 0.63%'  │ '19669664 ± 0.01%'     │ 1891710 │
└─────────┴─────────────────┴──────────────────┴────────────────────────┴─────────┘
"""


def test_the_project_s_own_rows_of_all_tables_are_one_number() -> None:
    """A name of another package that has the project's name in it is the other package's."""
    output = f"=== A ===\n{TABLE}=== B ===\n{TABLE.replace('4000', '1,000')}"
    found = chosen(output, own="html", foreign="parse-html he")
    assert (found.name, found.take, found.values) == ("html_ops_per_s", "geomean", 2)
    assert value(found, output) == pytest.approx(2000)


TABLES = [
    ("|  ns/op | benchmark\n|--:|:--\n|  7.5 | :wavy_dash: `a b` (Unstable with ~3 iters.)\n", "a_b_ns_per_op", 7.5),
    ("│ (index) │ ops/sec │ ms  │\n│ mine    │ 123     │ 1.2 │\n", "mine_ops_per_s", 123),
    ("║ mine    │     500 │ 4104888.10 op/sec │  ± 1.65 % ║\n", "mine_op_per_sec", 4104888.1),
    (
        "|  ns/op | op/s | total | benchmark\n|--:|--:|--:|:--\n|  7.52 | 132,988,872.17 | 0.01 | `mine`\n",
        "mine_op_per_s",
        132988872.17,
    ),
    ("| name | mean (ms) |\n|---|---|\n| mine | 12.3 |\n", "mine_ms", 12.3),
]


@pytest.mark.parametrize(("output", "name", "number"), TABLES)
def test_tables_of_many_tools_are_read(output: str, name: str, number: float) -> None:
    """The header says what is counted, or the cell does; the label may stand behind."""
    found = chosen(output)
    assert (found.name, value(found, output)) == (name, number)


def test_the_time_of_what_a_script_does_besides_hides_no_table() -> None:
    """Nor is it a row of those that `console.time` prints."""
    assert chosen(f"load: 12ms\n{TABLE}", own="html", foreign="parse-html").name == "html_ops_per_s"
    assert chosen("load data: 12ms\nfind: 3ms\n").name == "find_ms"


def test_rows_of_one_kind_are_one_number_by_a_short_pattern() -> None:
    """As many rows as were found have to be there in each trial."""
    output = "".join(f"case number {number} of the suite x {10**number} ops/sec ±1%\n" for number in range(1, 12))
    found = chosen(output)
    assert (found.values, found.name, len(found.pattern) <= LONGEST_PATTERN) == (11, "ops_per_sec", True)
    assert value(found, output) == pytest.approx(10**6)


def test_a_home_made_suite_is_one_number() -> None:
    """Rows of two sections count, what is printed again and again does not; nor does what only makes the data."""
    output = "setup: 9 ms\nget : 1.00ms\nfind : 4.00ms\n\nget : 2.00ms\nfind : 8.00ms\n"
    found = chosen(output)
    assert (found.take, found.values) == (Take.GEOMEAN, 4)
    assert value(found, output) == pytest.approx(64**0.25)
    assert chosen("load: 3 ms\nrun: 5 ms\n").name == "run_ms"
    assert suite(b"step: 3 ms\nstep: 4 ms\n", own=[], foreign=[]).chosen is None


def test_rows_with_many_numbers_are_read_by_one_that_a_faster_run_changes() -> None:
    """Not by the time of all calls, of which there may be more; the counts in a row may change."""
    output = "set     100 ops in 0.012 secs, 10 ns/op, 8 op/sec, 41.94 bytes/op\nset (cap)  100 ops in 0.006 secs, 40 ns/op\n"
    found = chosen(output)
    assert (found.name, found.values) == ("ns_per_op", 2)
    assert value(found, output) == pytest.approx(20)


def test_many_own_rows_are_read_by_what_they_begin_with() -> None:
    """Their names together would be longer than a pattern may be."""
    rows = [
        f"{name} - a case with a long name {number}: 100ms\n"
        for number in range(20)
        for name in ("mine (1)", "mine (2)", "rival")
    ]
    found = chosen("".join(rows), own="mine", foreign="rival")
    assert (found.values, found.pattern.partition(":")[0]) == (40, r"^mine\s+\(.*?")


def cases(*lines: str) -> str:
    """Lines of columns, each of a case of its own."""
    return "".join(f"{line} name: case {letter}\n" for line, letter in zip(lines, "abcdefgh", strict=False))


COLUMNS = [
    (cases("lex: 1.0us, parse: 2.00us combined: 4us", "lex: 3.0us, parse: 2.00us combined: 9us"), "combined_us", 6, 2),
    (cases("lex: 1.0us, parse: 2.00us", "lex: 4.0us, parse: 2.00us"), "lex_us", 2, 2),
    (cases("lex: 0.0us, parse: 2.00us", "lex: 4.0us, parse: 8.00us"), "parse_us", 4, 2),
    (cases("lex: 1us, total: 0.00us", "lex: 1us, total: 2us", "lex: 1us, total: 8us"), "total_us", 4, 2),
    (cases("took: 3 s, read: 20.5 MB/s", "took: 4 s, read: 20.5 MB/s"), "read_mb_per_s", 20.5, 2),
    ("a: avg = 1.0ms, total = 1s\nb: avg = 4.0ms, total = 1s\n", "avg_ms", 2, 2),
    ("parse: 1.2ms, render: 3ms, total: 4.2ms\n", "total_ms", 4.2, None),
    (
        "Test a\n---\nTotal time: 0.1s. Average run: 4ns.\nTest b:\nTotal time: 0.2s. Average run: 9ns.\n",
        "average_run_ns",
        6,
        2,
    ),
    ("mine parse=4ms, dump=9ms\nrival parse=3ms, dump=7ms\n", "mine_parse_ms", 4, None),
    ("lib mine: parse=4ms, dump=9ms\nlib mine 2: parse=9ms, dump=1ms\nlib rival: parse=3ms, dump=7ms\n", "parse_ms", 6, 2),
]


@pytest.mark.parametrize(("output", "name", "number", "values"), COLUMNS)
def test_a_column_of_lines_with_several_numbers_is_one_number(
    output: str, name: str, number: float, values: int | None
) -> None:
    """What says that it is the whole, without the cases in which it was not taken; else the first that has no zero."""
    found = chosen(output, own="mine", foreign="rival")
    assert (found.name, found.values) == (name, values)
    assert value(found, output) == pytest.approx(number)


def test_cases_named_by_the_line_above_are_all_taken() -> None:
    """No pattern tells them apart by a word of the project; unless one is a rival's, they are its own."""
    output = "Test fuzz:\ntotal: 1s, avg: 4ns\nTest b:\ntotal: 1s, avg: 9ns\n"
    assert value(chosen(output, words="fuzz"), output) == pytest.approx(6)
    found = suite(output.replace("b:", "rival:").encode(), own=["fuzz"], foreign=["rival"]).chosen
    assert found is None or found.values is None


def test_the_other_columns_are_offered() -> None:
    """A person may be after another one."""
    found = suite(COLUMNS[0][0].encode(), own=[], foreign=[])
    assert [metric.name for metric in found.others] == ["lex_us", "parse_us"]


def test_columns_of_one_long_run_are_no_cases() -> None:
    """Nor lines that say nothing but the numbers."""
    progress = "step 1 forward: 1.2ms, backward: 3s\nstep 2 forward: 1.3ms, backward: 2s\n"
    assert suite(progress.encode(), own=[], foreign=[]).chosen is None
    assert suite(b"forward: 1.2ms, backward: 3ms\n" * 5, own=[], foreign=[]).chosen is None


def test_a_total_is_the_number_of_a_home_made_suite() -> None:
    """The program itself says what its rows come to."""
    assert chosen("foo: 1.0 s\nbar: 2.2 s\nTotal time: 3.2 s\n").name == "total_time_s"
    assert chosen("foo: 1.0s\nbar: 2.2s\nTotal time: 3.2s\n").name == "total_time_s"
    assert (
        not suite(b"Total time: 3.2s\n", own=[], foreign=[]).by_tool and suite(b"a x 1 ops/sec\n", own=[], foreign=[]).by_tool
    )


def test_sub_benchmarks_that_differ_by_a_number_are_told_apart() -> None:
    """A person may take one of them."""
    output = "BenchmarkSum/n=10-2  100  5.0 ns/op\nBenchmarkSum/n=100-2  100  45.0 ns/op\n"
    found = suite(output.encode(), own=[], foreign=[])
    assert found.chosen is not None and value(found.chosen, output) == pytest.approx(15)
    assert [value(other, output) for other in found.others] == [5, 45]


@pytest.mark.parametrize(
    ("labels", "own", "foreign", "taken"),
    [
        ("classnames clsx", "clsx", "", ["clsx"]),
        ("1*benchFastQ 1*benchAsyncQueue 1*benchFastQPromise 1*setImmediate", "fastq", "async", ["FastQ", "FastQPromise"]),
        ("native mylib", "mylib", "", ["mylib"]),
        ("memcpy first second", "", "memcpy", ["first", "second"]),
        ("std::sort our_sort", "", "std", ["our_sort"]),
        ("the-cache he", "", "he", ["the-cache"]),
    ],
)
def test_rows_of_the_project_are_told_from_those_it_is_compared_with(
    labels: str, own: str, foreign: str, taken: list[str]
) -> None:
    """By its names; without one, all that do not name another package."""
    output = "".join(f"{label} x {number}00 ops/sec ±1%\n" for number, label in enumerate(labels.split(), 1))
    found = chosen(output, own=own, foreign=foreign)
    assert found.values == (len(taken) if len(taken) > 1 else None)
    assert all(name in found.pattern.replace("\\", "") for name in taken)


@pytest.mark.parametrize(
    ("labels", "foreign", "words", "taken"),
    [
        ("branchless Hoehrmann Simple", "", "branchless utf8", ["branchless"]),
        ("utf8-a utf8-b", "", "branchless utf8", ["utf8-a", "utf8-b"]),
        ("tidwall(M) google", "", "tidwall btree", ["tidwall"]),
        ("quickSort heapSort", "", "quick", ["quickSort"]),
        ("sorted heap", "", "sort", ["sorted", "heap"]),
        ("lookup std::lookup naive", "std", "lookup", ["lookup"]),
    ],
)
def test_rows_with_a_word_of_the_project_are_told_from_others(labels: str, foreign: str, words: str, taken: list[str]) -> None:
    """Where no row has a whole name, and other rows have no such word."""
    output = "".join(f"{label}: {number}00.5 MB/s, 0 errors\n" for number, label in enumerate(labels.split(), 1))
    found = chosen(output, own="branchless-utf8", foreign=foreign, words=words)
    assert found.values == (len(taken) if len(taken) > 1 else None)
    assert value(found, output) == pytest.approx(100.5 if len(taken) == 1 else (100.5 * 200.5) ** 0.5)


def test_words_of_the_project_are_in_its_names_and_files() -> None:
    """Not those that any project may have, nor what others are called."""
    words = words_of_project(
        ["branchless-utf8", "fastJsonThing", "py-lib"],
        {"go.mod": "module github.com/me-too/x\n"},
        ["src/range-avx2.c", "lib/__init__.py", "utils.js", "lemire.c"],
        ["lemire-sse"],
    )
    assert words == {"branchless", "utf8", "thing", "range", "avx2", "too"}


def test_what_a_benchmark_includes_from_a_vendored_folder_is_another_s() -> None:
    """A folder of that kind holds what others wrote."""
    script = '#include <time.h>\n#include "../third_party/snappy/snappy.h"\n#include "deps/qsort.h"\n#include "src/mine.h"\n'
    assert {"snappy", "qsort"} <= foreign_names({}, [script], []) and not {"mine", "time"} & foreign_names({}, [script], [])


def test_names_of_the_project_and_of_its_rivals_are_in_its_files() -> None:
    """The folder and the manifests name the project; what is imported or needed is compared with, but for plain tools."""
    texts = {
        "package.json": '{"name": "@me/fast-q", "devDependencies": {"neo-async": "1", "eslint": "9"}}',
        "pyproject.toml": '[project]\nname = "py-thing"\n',
        "go.mod": "module github.com/me/quick\n",
    }
    own = own_names("fastq.js", texts)
    assert {"fastq.js", "fastq", "fast-q", "py-thing", "thing", "quick"} <= own
    scripts = [
        "const b = require('benchmark')\nimport he from \"he\"\nimport {x} from '../src'",
        "import time\nimport json\nfrom thing import f\n",
    ]
    assert foreign_names(texts, scripts, own) == {
        "memcpy",
        "std",
        "stdlib",
        "baseline",
        "reference",
        "builtin",
        "neo-async",
        "eslint",
        "he",
        "json",
    }
    assert own_names("x", {"package.json": "[" * 100_000}) == frozenset()


def test_an_option_for_each_row_is_exact() -> None:
    """A person who takes another row copies it."""
    [first, _] = suite(b"a: 1.2s\nb: 2.5s\n", own=[], foreign=[]).others
    assert first.options == "--metric a_s:minimize --pattern '^a: ([0-9.,]+ ?[nuµμm]?s(?:ec)?)\\s*$' --unit s"


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.lists(st.sampled_from(LINES), max_size=5).map(lambda rows: "\n".join(row[0] for row in rows).encode())
)
def test_any_output_is_read(output: bytes) -> None:
    """What it gives reads one finite number from the same output."""
    found = suite(output, own=["lib"], foreign=["he"])
    for metric in filter(None, (found.chosen, *found.others)):
        assert isinstance(read_metrics(output, metric.metric), MetricReading)


@pytest.mark.parametrize(
    "piece",
    [b"a", b"a ", b"a 1", b"1,", b"x x ", b" ", b"a\t", b"m/s ", b"| ", "│".encode(), b"1 ns ", b"a: ", b"a: 1us, ", b"a=0s "],
)
def test_hostile_lines_take_no_time(piece: bytes) -> None:
    """A line is cut before it is matched."""
    suite(piece * 200_000 + b"\n" + (piece * 100 + b"\n") * 1000, own=["a"], foreign=["x"])
    suite(b"".join(b"case %d of %s: %d ms\n" % (number, piece, number) for number in range(2000)), own=["a"], foreign=["x"])


@pytest.mark.parametrize("line", [line for line, *_ in LINES])
@pytest.mark.parametrize("piece", [" ", "1", "1 ", "a", "│ ", "x "])
def test_no_pattern_is_slow_on_hostile_output(line: str, piece: str) -> None:
    """A candidate prints what it likes, and each trial is read by the pattern."""
    read_metrics((piece * (4000 // len(piece)) + "\n").encode() * 20, chosen(line).metric)


def test_few_of_many_packages_are_looked_for() -> None:
    """A script may import as many as it likes."""
    output = "".join(f"case{i} x 1,000 ops/sec\n" for i in range(90)).encode()
    assert suite(output, own=["abc"], foreign=[f"package{i}" for i in range(200_000)]).chosen
