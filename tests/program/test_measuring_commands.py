"""Commands that measure by the customs of a language."""

import pytest

from overnight.program.detection.commands import bench_target, measuring_commands

DEFINES = "import pkg\n\nN = 3\n\ndef test_speed(benchmark):\n    benchmark(pkg.run)\n"
ASV = "class Suite:\n    def time_run(self):\n        pass\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": '{"scripts": {"bench:all": "a", "bench": "node b.js"}}'}, "npm run --silent bench"),
        ({"bench/index.js": None, "src/a.js": None}, "node bench/index.js"),
        ({"test/benchmark.js": None}, "node test/benchmark.js"),
        ({"benchmark/bench.py": "import x\nx.run()\n"}, "python benchmark/bench.py"),
        ({"pkg/tests/benchmarks.py": "for _ in range(3):\n    print(_)\n"}, "python pkg/tests/benchmarks.py"),
        ({"benchmarks/speed.py": DEFINES}, "python -m pytest -q benchmarks/speed.py"),
        ({"go.mod": None, "a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ./..."),
        ({"benches/parse.rs": None}, "cargo bench --bench parse"),
    ],
)
def test_a_command_is_found(files: dict[str, str | None], command: str) -> None:
    """The likeliest comes first."""
    assert next(measuring_commands(files)).text == command


@pytest.mark.parametrize(
    "files",
    [{"benchmarks/suite.py": ASV}, {"package.json": "{"}, {"a_test.go": "func TestA()"}],
)
def test_what_runs_nothing_is_not_proposed(files: dict[str, str | None]) -> None:
    """A benchmark that only defines functions has no runner that is known; the rest is no benchmark."""
    assert list(measuring_commands(files)) == []


@pytest.mark.parametrize(
    ("makefile", "command"),
    [
        ("all:\n\tcc x.c\nbench: all\n\t./run\n", "make bench"),
        ("bench: bench.c\n\tgcc -O2 -o $@ bench.c\n", "make -s bench && ./bench"),
        ("hashbench: hash.c\n\tcc -o hashbench hash.c\n", "make -s hashbench && ./hashbench"),
        ("bench: bench.c\n\tgcc -o bench bench.c && ./bench\n", "make bench"),
        ("run:\n\t./run\nmicrobench: run\n\t./run x\nbench-fast:\n\t./run y\n", "make bench-fast"),
    ],
)
def test_a_target_of_a_makefile_is_run(makefile: str, command: str) -> None:
    """One that only compiles the benchmark measures nothing, so that what it compiles is run as well."""
    found = bench_target({"Makefile": makefile})
    assert found is not None and found[0].text == command


def test_other_targets_measure_nothing() -> None:
    """Nor does a variable that is called so."""
    assert bench_target({"Makefile": "BENCH := x\nbench := y\nall:\n\tcc x.c\n"}) is None
    assert bench_target({"Makefile": None}) is None
