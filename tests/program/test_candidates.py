"""Commands that measure by the customs of a language."""

import pytest

from overnight.program.detection.candidates import candidates
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Direction, Metric

DEFINES = "import pkg\n\nN = 3\n\ndef test_speed(benchmark):\n    benchmark(pkg.run)\n"
ROWS = DEFINES.replace("def", "@pytest.mark.parametrize('n', [1, 2])\ndef")
COLUMNS = "--benchmark-columns=min --benchmark-time-unit=ms"
SAID = "To run the benchmark:\n\n    $ ./t --bench\n\nor `./t; rm -rf bench`\n"
MANY = "".join(f"func BenchmarkSum{n}(b *testing.B) {{\n}}\n" for n in range(9))
CASES = "func BenchmarkSum(b *testing.B) {\n" + '\tb.Run("n", sum)\n' * 8 + "}\n"
ASV = "class Suite:\n    def time_run(self):\n        pass\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": '{"scripts": {"bench:all": "a", "bench": "node b.js"}}'}, "npm run --silent bench"),
        ({"bench/index.js": None, "src/a.js": None}, "node bench/index.js"),
        ({"test/benchmark.js": None}, "node test/benchmark.js"),
        ({"benchmark/bench.py": "import x\nx.run()\n"}, "python benchmark/bench.py"),
        ({"pkg/tests/benchmarks.py": "for _ in range(3):\n    print(_)\n"}, "python pkg/tests/benchmarks.py"),
        ({"benchmarks/speed.py": DEFINES}, f"python -m pytest -q benchmarks/speed.py::test_speed {COLUMNS}"),
        ({"benchmarks/speed.py": ROWS}, "python -m pytest -q benchmarks/speed.py --benchmark-disable"),
        ({"benchmarks/speed.py": "def test_speed():\n    run()\n"}, "python -m pytest -q benchmarks/speed.py"),
        (
            {"bench/bench/__init__.py": "", "bench/bench/conftest.py": "", "bench/bench/s.py": "run()\n"},
            "python bench/bench/s.py",
        ),
        ({"benchmarks/common.js": "module.exports.n = 3\n", "benchmarks/find.js": "run()\n"}, "node benchmarks/find.js"),
        ({"benchmarks/a.mjs": "export const n = 3\n", "benchmarks/b.mjs": "run()\n"}, "node benchmarks/b.mjs"),
        ({"README.md": SAID, "Makefile": "all: t\nt: t.o x.o\n\tcc -o $@ $^\n"}, "make -s t && ./t --bench"),
        ({"README": "To run:\n\n    ./bench.sh all\n", "bench.sh": None, "src/x.c": None}, "./bench.sh all"),
        ({"go.mod": None, "a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ."),
        ({"go.mod": None, "p/a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ./..."),
        ({"go.mod": None, "a_test.go": MANY, "p/a_test.go": MANY}, "go test -run '^$' -bench . -benchtime 100ms ."),
        ({"go.mod": None, "a_test.go": CASES}, "go test -run '^$' -bench . -benchtime 100ms ."),
        ({"benches/parse.rs": None}, "cargo bench --bench parse"),
    ],
)
def test_a_command_is_found(files: dict[str, str | None], command: str) -> None:
    """The likeliest comes first."""
    assert candidates(files)[0].text == command


@pytest.mark.parametrize(
    "files",
    [
        {"benchmarks/suite.py": ASV},
        {"package.json": "{"},
        {"a_test.go": "func TestA()"},
        {"bench/__init__.py": ""},
        {"README.md": SAID},
        {"README.md": "    ./t --bench; rm x\n    ./t $(bench)\n", "Makefile": "t:\n\tcc t.c\n"},
    ],
)
def test_what_runs_nothing_is_not_proposed(files: dict[str, str | None]) -> None:
    """A benchmark that only defines functions has no runner that is known; the rest is no benchmark."""
    assert candidates(files) == []


@pytest.mark.parametrize(
    ("makefile", "command"),
    [
        ("all:\n\tcc x.c\nbench: all\n\t./run\n", "make -s bench"),
        ("bench: bench.c\n\tgcc -O2 -o $@ bench.c\n", "make -s bench && ./bench"),
        ("hashbench: hash.c\n\tcc -o hashbench hash.c\n", "make -s hashbench && ./hashbench"),
        ("bench: bench.c\n\tgcc -o bench bench.c && ./bench\n", "make -s bench"),
        ("run:\n\t./run\nmicrobench: run\n\t./run x\nbench-fast:\n\t./run y\n", "make -s bench-fast"),
    ],
)
def test_a_target_of_a_makefile_is_run(makefile: str, command: str) -> None:
    """One that only compiles the benchmark measures nothing, so that what it compiles is run as well."""
    assert candidates({"Makefile": makefile})[0].text == command


def test_other_targets_measure_nothing() -> None:
    """Nor does a variable that is called so."""
    assert candidates({"Makefile": "BENCH := x\nbench := y\nall:\n\tcc x.c\n"}) == []
    assert candidates({"Makefile": None}) == []


def test_the_table_of_pytest_benchmark_is_read() -> None:
    """It repeats a call until a time is over, so CPU time from outside would not show a gain."""
    first, second = candidates({"benchmarks/speed.py": DEFINES + DEFINES.replace("test_speed", "test_size")})
    assert first.metric is not None and second.metric is not None
    assert first.metric["direction"] == "minimize"
    metric = Metric(name="test_speed_ms", direction=Direction.MINIMIZE, pattern=str(first.metric["pattern"]))
    table = b"Name (time in ms)          Min\n------------\ntest_speed            1,012.1257\n------------\n"
    assert read_metrics(table, metric) == MetricReading(value=1012.1257, metrics={"test_speed_ms": 1012.1257})
    assert second.metric["name"] == "test_size_ms"
