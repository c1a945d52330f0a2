"""What `init` detects in the files of a repository."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.program.detection.detect import UNREAD, Detected, detect, wants
from overnight.program.front_matter import Value
from overnight.program.parser import parse_program
from overnight.program.program import Direction
from overnight.program.writer import render_front_matter

TRAIN = 'import prepare\nprint(f"val_bpb:          {val_bpb:.6f}")\nprint(f"train_loss: {loss}")\n'
PREPARE = 'TIME_BUDGET = 300\nCACHE_DIR = os.path.join(os.path.expanduser("~"), ".cache", "autoresearch")\nx.to("cuda")\n'


def found(files: dict[str, str | None]) -> dict[str, Value]:
    """The detected keys; each has a reason, and if they are complete they parse."""
    detected = detect(files, home="/home/ann")
    assert all(entry.reason for entry in detected.entries)
    keys = {entry.key: entry.value for entry in detected.entries}
    if "direction" in str(keys.get("metric")) and "measure" in keys:
        parse_program(render_front_matter(detected.entries), "p.md")
    return keys


def notes(files: dict[str, str | None]) -> str:
    """The notes that the user sees in addition."""
    detected: Detected = detect(files, home="/home/ann")
    return "\n".join(detected.notes)


def test_the_usual_training_layout_needs_no_question() -> None:
    """program.md, train.py and prepare.py: metric, command, limits, data folder, all from the files."""
    assert found({"program.md": "# body", "train.py": TRAIN, "prepare.py": PREPARE, "uv.lock": None}) == {
        "metric": {"name": "val_bpb", "direction": "minimize"},
        "measure": "uv run train.py",
        "editable": ["train.py"],
        "readable": ["/home/ann/.cache/autoresearch"],
        "limits": {"wall": "600s", "gpus": 1, "memory": "32GB", "disk": "10GB"},
    }


def test_a_training_script_that_takes_a_seed_gets_one() -> None:
    """Without uv it is `python train.py`, with `--seed {seed}` if the script knows the option."""
    keys = found({"train.py": TRAIN + 'parser.add_argument("--seed")\n'})
    assert keys["measure"] == "python train.py --seed {seed}"
    assert "readable" not in keys


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("parser.add_argument('--seed', type=int)", " --seed {seed}"),
        ('parser.add_argument("-s", "--seed")', " --seed {seed}"),
        ('@click.option("--random-seed", default=0)', " --random-seed {seed}"),
        ('flags.DEFINE_integer("seed", 0, "")', " --seed={seed}"),
        ("import typer\ndef main(seed: int = 0, n=3): ...", " --seed {seed}"),
        ("import fire\ndef main(n=3, seed=0): ...", " --seed {seed}"),
        ("def main(seed: int = 0): ...", ""),
        ("parser.add_argument('--seeds', nargs='+')", ""),
        ("import typer\n# seed=3\n", ""),
    ],
)
def test_a_benchmark_that_takes_a_seed_gets_one(script: str, words: str) -> None:
    """By the option as the usual libraries declare it; then paired trials share their luck."""
    for path in ("bench.py", "scripts/measure.py"):
        assert found({path: f"{script}\nmain()\n", "a.py": None})["measure"] == f"python {path}{words}"


def test_a_shell_benchmark_that_takes_a_seed_gets_one() -> None:
    """By a case of its options."""
    assert (
        found({"bench.sh": "case $1 in\n  -s|--seed) S=$2 ;;\nesac", "a.py": None})["measure"] == "bash bench.sh --seed {seed}"
    )


def awaits_output(files: dict[str, str | None]) -> bool:
    """Whether the metric only stands for what the first trial will print."""
    return any(entry.key == "metric" and UNREAD in entry.reason for entry in detect(files, home="/").entries)


def test_a_training_script_without_a_known_metric_leaves_that_to_its_output() -> None:
    """No metric is invented; one of its modules may print it."""
    assert awaits_output({"train.py": "print('done')\n"}) and "metric" not in found({"train.py": "x = 1\n"})


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ('echo "METRIC total_ms=$t"', "total_ms"),
        ('print(f"METRIC reward={r}")\nprint(f"loss: {x}")', "reward"),
        ('print(f"loss: {x}")\nprint(f"val_loss: {x}")', "val_loss"),
        ('print("latency: %f" % t)', "latency"),
        ('print("output_bytes:", n)', "output_bytes"),
        ('print("latency: high", n)', "cpu_s"),
        ('print(f"epoch: {i}")', "cpu_s"),
        ("", "cpu_s"),
    ],
)
def test_a_bench_script_is_read_for_its_metric(script: str, name: str) -> None:
    """METRIC lines come first, validation before training, and CPU time if nothing is printed."""
    metric = found({"bench.py": script, "sort.py": None})["metric"]
    assert isinstance(metric, dict)
    assert metric["name"] == name


def test_a_benchmark_measures_the_code_beside_it() -> None:
    """Which files of it may be edited is not guessed from names: the first trial shows what is read."""
    assert found({"bench/run.py": None, "benchmarks.sh": None, "src/a.py": None}) == {
        "metric": {"name": "cpu_s", "direction": "minimize"},
        "measure": "bash benchmarks.sh",
    }


@pytest.mark.parametrize("path", ["measure.py", "evaluate.py", "eval_ratio.py", "scripts/measure.py"])
def test_a_script_that_is_called_as_what_measures_is_run(path: str) -> None:
    """It must not change; a benchmark with such a name is preferred to it, and a module of the code is not one."""
    script = 'print(f"output_bytes: {n}")\n'
    assert found({path: script, "pack.py": None}) == {
        "metric": {"name": "output_bytes", "direction": "minimize"},
        "measure": f"python {path}",
    }
    assert found({path: script, "bench.py": "", "a.py": None})["measure"] == "python bench.py"
    assert found({path: script, "Makefile": "bench:\n\ttrue\n"})["measure"] == "make -s bench"
    for module in ("src/evaluate.py", "evaluator.py", "measurement.py"):
        assert found({module: script}) == {}


def test_only_a_prepare_py_that_is_there_is_called_frozen() -> None:
    """The reason names the files of this repository."""
    for files, said in (({}, "all else is frozen"), ({"prepare.py": ""}, "all else, including prepare.py, is frozen")):
        entries = detect({"train.py": TRAIN, **files}, home="/home/ann").entries
        assert [entry.reason for entry in entries if entry.key == "editable"] == [said]


def test_a_makefile_with_a_bench_target_is_enough() -> None:
    """`make -s bench`, with the metric that the recipe echoes."""
    keys = found({"Makefile": "X := 1\nall:\n\techo\nbench-all: all\n\techo 'latency: $t'\n", "src/x.c": None})
    assert keys["measure"] == "make -s bench-all"
    assert keys["metric"] == {"name": "latency", "direction": "minimize"}
    assert found({"Makefile": "bench := 1\nall:\n"}) == {}


def test_a_pytest_suite_becomes_the_checks() -> None:
    """Existing tests must pass before a trial runs."""
    assert found({"tests/unit/test_a.py": None})["checks"] == ["python -m pytest -q"]
    assert "checks" not in found({"tests/data.py": None, "contest.py": None})


def test_tests_that_only_a_readme_shows_become_the_checks() -> None:
    """With what builds them; a suite that is found by custom comes before them."""
    shown = "```\n$ cc -DT m.c && ./a.out # run tests\n$ cc -DT m.c && BENCH=1 ./a.out # run benchmarks\n```\n"
    files: dict[str, str | None] = {"README.md": shown, "m.c": None}
    assert found(files)["checks"] == ["cc -DT m.c && ./a.out"]
    assert found(files)["measure"] == "cc -DT m.c && BENCH=1 ./a.out"
    assert found({**files, "tests/test_a.py": None})["checks"] == ["python -m pytest -q"]


PROMPT = """\
# Autoresearch: speed
## Metrics
- **Primary**: `total_µs` (µs, lower is better) - median
- **Secondary**: `rss` (KB)
## Files in Scope
- `src/engine/**` - the engine
- `./lib/a.py`
## Off Limits
- `bench/`
"""


def test_a_session_of_pi_autoresearch_is_taken_over() -> None:
    """Script, metric, direction, scope, checks and the limit of iterations."""
    files: dict[str, str | None] = {
        ".auto/measure.sh": "echo METRIC other=1",
        ".auto/prompt.md": PROMPT,
        ".auto/checks.sh": None,
        ".auto/config.json": '{"maxIterations": 50}',
        "tests/test_a.py": None,
        "src/engine/core/a.rs": None,
        "lib/a.py": None,
    }
    assert found(files) == {
        "metric": {"name": "total_µs", "direction": "minimize"},
        "measure": "bash .auto/measure.sh",
        "editable": ["src/engine/**", "lib/a.py"],
        "checks": ["bash .auto/checks.sh"],
        "budget": {"experiments": 50},
    }
    assert ".auto/measure.sh: used as the measure command" in notes(files)


def test_an_older_session_is_taken_over_from_its_log_or_its_script() -> None:
    """The last configuration line names metric and direction; without one, the script's METRIC line does."""
    log = "\n".join(json.dumps({"type": "config", "metricName": name, "bestDirection": "higher"}) for name in ("old", "reward"))
    keys = found({"autoresearch.sh": "echo METRIC x_ms=1", "autoresearch.jsonl": log + "\n{broken\n"})
    assert keys["metric"] == {"name": "reward", "direction": "maximize"}
    keys = found({"autoresearch.sh": "echo METRIC x_ms=1"})
    assert keys == {"metric": {"name": "x_ms", "direction": "minimize"}, "measure": "bash autoresearch.sh"}


CRUCIBLE = """\
name: sorting
files:
  editable: ["sort.py"]
  hidden: [evaluate.py]
commands:
  run: "python3 benchmark.py > run.log 2>&1"
  eval: "grep '^ops_per_sec:' run.log"
metric:
  name: "ops_per_sec"
  direction: "maximize"
constraints:
  timeout_seconds: 60
"""


def test_an_autocrucible_configuration_is_taken_over() -> None:
    """Metric, direction, commands, editable files and the timeout; notes say what is left out."""
    files: dict[str, str | None] = {".crucible/config.yaml": CRUCIBLE, "sort.py": None, "benchmark.py": "print(f'loss: {x}')"}
    assert found(files) == {
        "metric": {"name": "ops_per_sec", "direction": "maximize"},
        "measure": "python3 benchmark.py > run.log 2>&1 && grep '^ops_per_sec:' run.log",
        "editable": ["sort.py"],
        "limits": {"wall": "60s"},
    }
    assert "understood metric, measure, editable, limits" in notes(files)
    assert "hidden files are frozen here but visible" in notes(files)


def test_flat_and_broken_autocrucible_configurations() -> None:
    """Plain top-level keys work too; what is not YAML is reported and skipped."""
    flat = "metric: loss\ndirection: minimize\ncommand: make run\neditable: a.py\n"
    assert found({".crucible/config.yaml": flat})["measure"] == "make run"
    broken: dict[str, str | None] = {".crucible/config.yaml": "a: [", "train.py": TRAIN}
    assert found(broken)["measure"] == "python train.py"
    assert "cannot be read" in notes(broken)


def test_only_telling_files_are_read() -> None:
    """For most files the name is enough."""
    assert wants("train.py")
    assert wants(".auto/prompt.md")
    assert wants("bench/benchmark_x.py")
    assert wants("src/deep/train.py")
    assert not wants("src/deep/parse.py")
    assert not wants("data.bin")


PATHS = st.sampled_from(
    ["train.py", "prepare.py", "Makefile", "bench.py", "autoresearch.sh", "autoresearch.md", "autoresearch.jsonl", "src/a.py",
     "autoresearch.config.json", ".crucible/config.yaml", "test_a.py"]
)  # fmt: skip
PIECES = st.sampled_from(
    [TRAIN, PREPARE, PROMPT, CRUCIBLE, "bench:\n", '{"maxIterations": "x"}', "METRIC ", "**Primary**: ", "`"]
)
TEXTS = st.none() | st.lists(PIECES | st.text(max_size=20), max_size=3).map("".join)


@settings(deadline=None)
@given(st.dictionaries(PATHS, TEXTS, max_size=5))
def test_no_files_break_it(files: dict[str, str | None]) -> None:
    """Keys are found or not, whatever the files contain."""
    for entry in detect(files, home="/home/ann").entries:
        if entry.key == "metric" and isinstance(entry.value, dict):
            assert entry.value.get("direction") in {None, *Direction}


def test_a_benchmark_that_only_defines_functions_is_run_by_its_runner() -> None:
    """As a script it would measure nothing; what only asv runs is not proposed, and a note says so."""
    by_pytest = "import sort\n\ndef test_sort(benchmark):\n    benchmark(sort.run)\n"
    assert found({"bench.py": by_pytest, "sort.py": None})["measure"] == (
        "python -m pytest -q bench.py::test_sort --benchmark-columns=min --benchmark-time-unit=ms"
    )
    by_asv: dict[str, str | None] = {"benchmarks/bench_sort.py": "class Suite:\n    def time_sort(self):\n        pass\n"}
    assert found(by_asv) == {} and "benchmarks for asv" in notes(by_asv)


def test_a_benchmark_without_a_metric_line_comes_with_the_ways_to_read_one() -> None:
    """CPU time is proposed, and a note says how to read a table or JSON; a printed metric needs no note."""
    detected = detect({"bench.py": "print(json.dumps(result))", "lib.py": None}, home="/home/ann")
    assert detected.entries[0].value == {"name": "cpu_s", "direction": "minimize"}
    assert any("`pattern`" in note and "`result`" in note for note in detected.notes)
    assert not detect({"bench.py": "print('METRIC latency=1')", "lib.py": None}, home="/home/ann").notes


def test_without_uv_the_script_is_run_by_python() -> None:
    """A program that says `uv run` is still measured on a machine without uv, and the reason says so."""
    files = {"train.py": "print(f'val_bpb: {x}')", "program.md": "uv run train.py"}
    entries = {entry.key: entry for entry in detect(files, home="/home/ann", uv=False).entries}
    assert entries["measure"].value == "python train.py" and "without uv" in entries["measure"].reason
    assert {entry.key: entry for entry in detect(files, home="/home/ann").entries}["measure"].value == "uv run train.py"


def test_a_short_time_budget_leaves_time_to_start() -> None:
    """Twice a budget of two seconds would end every trial before it evaluates anything."""
    files = {"train.py": "print(f'val_bpb: {x}')", "prepare.py": "TIME_BUDGET = 2\n"}
    assert {e.key: e.value for e in detect(files, home="/home/ann").entries}["limits"] == {"wall": "62s"}


@pytest.mark.parametrize(
    ("script", "printed", "name", "value"),
    [
        ('print(f"p50: {p50:.2f} ms")', "p50: 68.07 ms", "p50_ms", "68.07"),
        ('print(f"total      {total * 1e3:>7.2f} ms")', "total        96.58 ms", "total_ms", "96.58"),
        ('print(f"latency: {mean:.2f} ms")', "latency: 1.25 ms", "latency_ms", "1.25"),
        ("print('resident = %.1fMB' % size)", "resident = 12.5MB", "resident_MB", "12.5"),
    ],
)
def test_a_number_with_a_unit_comes_with_its_pattern(script: str, printed: str, name: str, value: str) -> None:
    """What a benchmark prints for people, with the unit after the number, is read as it is."""
    metric = found({"latency.py": script, "app/a.py": None})["metric"]
    assert isinstance(metric, dict)
    assert (metric["name"], metric["direction"]) == (name, "minimize")
    hit = re.search(str(metric["pattern"]), printed)
    assert hit is not None
    assert hit[1] == value


@pytest.mark.parametrize("script", ['print(f"{n} requests")', 'print(f"rate: {r:.1f} ops/s")', 'print(f"step {i} started")'])
def test_what_is_no_cost_is_not_taken_for_one(script: str) -> None:
    """Counts, rates and words are not costs with a unit."""
    assert found({"bench.py": script, "a.py": None})["metric"] == {"name": "cpu_s", "direction": "minimize"}


def test_other_numbers_with_a_unit_are_named() -> None:
    """The first one is proposed, and notes say how to choose another one or CPU time."""
    script = 'print(f"p50: {a:.2f} ms")\nprint(f"p95: {b:.2f} ms")\n'
    detected = detect({"latency.py": script, "app/a.py": None}, home="/home/ann")
    steadier, more = detected.notes
    assert "--metric cpu_s" in steadier
    assert not notes({"bench.sh": 'printf "heap: %d kB"', "a.py": None}), "no time"
    assert more == "it prints more that could be the metric: --metric p95_ms"


def test_a_training_script_that_prints_only_a_time_is_measured_by_it() -> None:
    """What it calls is to be made faster; one that speaks of a loss is not measured by its time unasked."""
    took = 'import bpe\nbpe.train()\nprint(f"Training took {t:.2f} seconds")\n'
    keys = found({"train.py": took, "bpe.py": None})
    assert keys["metric"] == {"name": "cpu_s", "direction": "minimize"} and "editable" not in keys
    assert not awaits_output({"train.py": took}) and awaits_output({"train.py": took + "print('the loss is', loss)\n"})


def test_a_command_that_measures_nothing_leaves_the_next_one() -> None:
    """What was tried in vain is not proposed again, with its seed or without; the rest is named in a note."""
    files = {"bench.py": "parser.add_argument('--seed')\n", "Makefile": "bench:\n\t./run\n", "benches/parse.rs": None}
    left = detect(files, home="/home/ann", without=("python bench.py --seed {seed}",))
    assert [entry.value for entry in left.entries if entry.key == "measure"] == ["make -s bench"]
    assert "`cargo bench --bench parse`" in left.notes[0] and "bench.py" not in left.notes[0]
    tried = ("python bench.py --seed {seed}", "make -s bench", "cargo bench --bench parse")
    assert not detect(files, home="/home/ann", without=tried).entries
