"""Commands that measure by the customs of a language."""

import pytest

from overnight.program.detection.commands import measuring_commands

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
        ({"Makefile": "bench: bench.c\n\tgcc -O2 -o $@ bench.c\n"}, "make -s bench && ./bench"),
        ({"go.mod": None, "a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ./..."),
        ({"benches/parse.rs": None}, "cargo bench --bench parse"),
    ],
)
def test_a_command_is_found(files: dict[str, str | None], command: str) -> None:
    """The likeliest comes first."""
    assert next(measuring_commands(files)).text == command


@pytest.mark.parametrize(
    "files",
    [{"benchmarks/suite.py": ASV}, {"package.json": "{"}, {"Makefile": "bench: all\n\t./run\n"}, {"a_test.go": "func TestA()"}],
)
def test_what_runs_nothing_is_not_proposed(files: dict[str, str | None]) -> None:
    """A benchmark that only defines functions has no runner that is known; the rest is no benchmark."""
    assert list(measuring_commands(files)) == []
