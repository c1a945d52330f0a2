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
        ({"README": "To run:\n\n    ./bench.sh all\n", "bench.sh": None, "src/x.c": None}, "bash bench.sh all"),
        ({"go.mod": None, "a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ."),
        ({"go.mod": None, "p/a_test.go": "func BenchmarkSum(b *testing.B) {\n"}, "go test -run '^$' -bench . ./..."),
        ({"go.mod": None, "a_test.go": MANY, "p/a_test.go": MANY}, "go test -run '^$' -bench . -benchtime 100ms ."),
        ({"go.mod": None, "a_test.go": CASES}, "go test -run '^$' -bench . -benchtime 100ms ."),
        ({"benches/parse.rs": None}, "cargo bench --bench parse"),
    ],
)
def test_a_command_is_found(files: dict[str, str | None], command: str) -> None:
    """The likeliest comes first."""
    assert candidates(files).measuring[0].text == command


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
    assert candidates(files).measuring == []


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
    assert candidates({"Makefile": makefile}).measuring[0].text == command


def test_other_targets_measure_nothing() -> None:
    """Nor does a variable that is called so."""
    assert candidates({"Makefile": "BENCH := x\nbench := y\nall:\n\tcc x.c\n"}).measuring == []
    assert candidates({"Makefile": None}).measuring == []


PERF = """\
BUILD = out
perf: tests/perf.c lib.o
\t$(CC) -o perf tests/perf.c lib.o -lm
"""
LATER = """\
PROG = build/tool
bench: big.md
\t$(PROG) big.md
big.md:
\tgit clone https://example.org/big
newbench:
\t./build/tool samples/*.md
$(PROG): tool.c
\tcc -o $@ tool.c
"""


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"Makefile": PERF, "tests/perf.c": None}, "make -s perf && ./perf"),
        ({"Makefile": "speed: speed.c\n\tcc -o $@ $<\n"}, "make -s speed && ./speed"),
        ({"Makefile": "B = out\n$(B)/bench: b.c\n\tcc -o $@ b.c\n"}, "make -s out/bench && ./out/bench"),
        ({"Makefile": "bench: bench.o\n", "bench.c": None}, "make -s bench && ./bench"),
        ({"Makefile": "bench: bin/bench\nbin/bench: b.c\n\tcc -o bin/bench b.c\n"}, "make -s bench && ./bin/bench"),
        ({"Makefile": "bench: bin/bench\n\tbin/bench\nbin/bench: b.c\n\tcc -o bin/bench b.c\n"}, "make -s bench"),
        ({"src/Makefile": "bench:\n\t./run\n"}, "make -s -C src bench"),
        ({"src/Makefile": "bench: b.c\n\tcc -o bench b.c\n"}, "cd src && make -s bench && ./bench"),
        ({"Makefile": LATER}, "make -s build/tool > /dev/null && make -s newbench"),
        ({"justfile": "build:\n    cargo build\nbench n='3':\n    ./run {{n}}\n"}, "just bench"),
        ({"tests/Makefile": "bench: b.c\n\tcc b.c -o $@$(EXT)\n"}, "cd tests && make -s bench && ./bench"),
        ({"Makefile": "perf-gen:\n\tperf record ./x\nspeed:\n\t./x\n"}, "make -s speed"),
        ({"tools/Makefile": "bench:\n\t./run\n", "lib/Makefile": "timing:\n\t./run\n"}, "make -s -C lib timing"),
    ],
)
def test_makefiles_are_read_as_make_reads_them(files: dict[str, str | None], command: str) -> None:
    """Programs that a target builds, variables, make's own rules, other folders; what fetches something comes last."""
    assert candidates(files).measuring[0].text == command


CMAKE = 'cmake_minimum_required(VERSION 3.10)\noption(LIB_BENCHMARKS "build them" OFF)\nadd_executable(tool main.c)\n'


def test_a_program_that_cmake_builds_is_built_in_release_and_run() -> None:
    """With the option that turns it on, in the folder that mirrors its own."""
    files = {"CMakeLists.txt": CMAKE, "perf/CMakeLists.txt": "add_executable(lib_bench\n  b.c)\n", "perf/b.c": None}
    assert [command.text for command in candidates(files).measuring] == [
        "cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DLIB_BENCHMARKS=ON > /dev/null"
        " && cmake --build build --target lib_bench > /dev/null && ./build/perf/lib_bench"
    ]
    assert not candidates({"CMakeLists.txt": CMAKE}).measuring


def test_a_benchmark_in_c_that_nothing_builds_is_compiled_with_what_it_includes() -> None:
    """With the sources beside its headers, but not with another program; a build file at the top says it better."""
    files: dict[str, str | None] = {
        "tests/bench.c": '#include <stdio.h>\n#include "../lib.h"\nint main(void) {}\n',
        "lib.h": '#include "map.h"\n',
        "lib.c": "int f(void);\n",
        "map.h": "",
        "map.c": "int main(int argc) {}\n",
    }
    run = "cc -O3 -I. tests/bench.c lib.c -o measure.out -lm && ./measure.out"
    assert [command.text for command in candidates(files).measuring] == [run]
    assert not candidates({**files, "meson.build": ""}).measuring


PACKAGE = '{"name": "@me/fast", "scripts": {%s}, "devDependencies": {"tsx": "4"}}'


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"package.json": PACKAGE % '"perf": "node p.js"'}, ["npm run --silent perf"]),
        ({"package.json": PACKAGE % '"bench:clean": "rm x", "bench:a": "node a.js"'}, ["npm run --silent bench:a"]),
        ({"bench/express.js": "app.listen(3000)\n", "bench/own.js": "run()\n"}, ["node bench/own.js"]),
        ({"bench/load.js": "cannon = require('autocannon')\napp.listen(3000)\n"}, ["node bench/load.js"]),
        (
            {"package.json": PACKAGE % "", "benchmark/all.js": "", "benchmark/fast.js": "", "benchmark/aaa.js": ""},
            ["node benchmark/all.js", "node benchmark/fast.js", "node benchmark/aaa.js"],
        ),
        ({"benchmark/aaa.js": "require('./tools')\n", "benchmark/tools.js": "run()\n"}, ["node benchmark/aaa.js"]),
        ({"package.json": PACKAGE % "", "bench.ts": "run()\n"}, ["npx tsx bench.ts"]),
        (
            {"package.json": PACKAGE % '"x": "node --import=tsx scripts/x.ts"', "benchmark/a.ts": "run()\n"},
            ["node --import=tsx benchmark/a.ts"],
        ),
        ({"package.json": '{"devDependencies": {"vitest": "1"}}', "src/a.bench.ts": None}, ["npx vitest bench --run"]),
        ({"packages/core/package.json": PACKAGE % '"bench": "node b.js"'}, ["cd packages/core && npm run --silent bench"]),
    ],
)
def test_benchmarks_of_javascript_are_found(files: dict[str, str | None], commands: list[str]) -> None:
    """The one of everything or of the project first; no server that only waits, and nothing that others import."""
    assert [command.text for command in candidates(files).measuring] == commands


ENTRY = '[project]\nname = "web"\n[project.scripts]\nweb-bench = "web.cmd.bench:main"\nweb = "web.cli:main"\n'


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"tests/test_benchmark.py": DEFINES}, [f"python -m pytest -q tests/test_benchmark.py::test_speed {COLUMNS}"]),
        ({"tests/test_performance.py": "def test_it():\n    pass\n"}, []),
        ({"benchmarks/__main__.py": "run()\n"}, ["python -m benchmarks"]),
        ({"pkg/__init__.py": "", "pkg/bench.py": "from pkg import run\nrun()\n"}, ["python -m pkg.bench"]),
        ({"src/pkg/__init__.py": "", "src/pkg/bench.py": "from . import run\nrun()\n"}, ["PYTHONPATH=src python -m pkg.bench"]),
        ({"pyproject.toml": ENTRY, "web/cmd/bench.py": "__main__"}, ["python -m web.cmd.bench"]),
        (
            {"pyproject.toml": ENTRY, "src/web/cmd/bench.py": None},
            ["PYTHONPATH=src python -c 'from web.cmd.bench import main; main()'"],
        ),
        ({"docker/benchmark.sh": "pip list\nweb-bench\n", ".github/bench.sh": "run", "docs/bench.py": "run()"}, []),
        ({"bench.sh": "docker compose up\n", "benchmark/run.sh": "pip install x\n"}, []),
        ({"locustfile.py": "run()", "src/speedups.py": "run()", "benchmarks/utils.py": "run()"}, []),
        (
            {"benchmarks/common.py": "run()\n", "benchmarks/delete.py": "import common\n", "benchmarks/queries.py": "run()\n"},
            ["python benchmarks/queries.py", "python benchmarks/delete.py"],
        ),
    ],
)
def test_benchmarks_of_python_are_found(files: dict[str, str | None], commands: list[str]) -> None:
    """As a module where the package is imported; not what belongs to containers, CI or documents, or installs something."""
    assert [command.text for command in candidates(files).measuring] == commands


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (
            {"go.mod": None, "bench/go.mod": None, "bench/a_test.go": "func BenchmarkSum(b *testing.B) {\n"},
            ["cd bench && go test -run '^$' -bench . ."],
        ),
        ({"go.mod": None, "cmd/bench/main.go": "package main\n"}, ["go run ./cmd/bench"]),
        ({"crates/core/benches/a.rs": None}, ["cd crates/core && cargo bench --bench a"]),
        (
            {"benches/a.rs": "#![feature(test)]\n", "benches/b.rs": ""},
            ["cargo bench --bench b", "cargo bench --bench a"],
        ),
        ({"src/bin/bench_io.rs": None}, ["cargo run --release --quiet --bin bench_io"]),
        ({"examples/bench.rs": None}, ["cargo run --release --quiet --example bench"]),
    ],
)
def test_benchmarks_of_go_and_cargo_are_found(files: dict[str, str | None], commands: list[str]) -> None:
    """Of each module; programs that are called so; those for a nightly compiler last."""
    assert [command.text for command in candidates(files).measuring] == commands


CC = ("$ cc -DT m.c && ./a.out  # run tests", "$ cc -DT -O3 m.c && BENCH=1 ./a.out  # run benchmarks")


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"benchmark/run.rb": "run\n", "benchmark/helper.rb": "x\n"}, ["ruby benchmark/run.rb"]),
        ({"bench.lua": None, "perf/a.php": "<?php"}, ["lua bench.lua", "php perf/a.php"]),
        (
            {"benchmark/benchmarks.jl": "const SUITE = BenchmarkGroup()\n", "benchmark/run.jl": "go()"},
            ["julia --project benchmark/run.jl"],
        ),
    ],
)
def test_benchmarks_of_other_interpreters_are_found(files: dict[str, str | None], commands: list[str]) -> None:
    """By the ending of the file; not what only a benchmark runner reads."""
    assert [command.text for command in candidates(files).measuring] == commands


def in_readme(*lines: str, about: str = "") -> str:
    """A README that shows these lines as code."""
    return f"# Tool\n\n{about}\n\n```sh\n" + "\n".join(lines) + "\n```\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (
            {
                "README.md": in_readme(
                    "$ cc -DT m.c && ./a.out  # run tests", "$ cc -DT -O3 m.c && BENCH=1 ./a.out  # run benchmarks"
                ),
                "m.c": None,
            },
            "cc -DT -O3 m.c && BENCH=1 ./a.out",
        ),
        (
            {"README.md": in_readme("g++ -O3 src/*.cpp -o m", "./m bench"), "src/m.cpp": None},
            "g++ -O3 src/*.cpp -o m && ./m bench",
        ),
        ({"README.md": in_readme("python x.py < in.txt # speed"), "x.py": "run()", "in.txt": None}, "python x.py < in.txt"),
        (
            {"README.md": in_readme("cargo build --release", "./target/release/x --bench"), "Cargo.toml": None},
            "cargo build --release && ./target/release/x --bench",
        ),
        ({"README.md": in_readme("cc -O2 -DPERF=1 c.c", "./a.out > run1.log"), "c.c": None}, "cc -O2 -DPERF=1 c.c && ./a.out"),
        (
            {"README.md": in_readme("zig build bench -Doptimize=ReleaseFast"), "build.zig": None},
            "zig build bench -Doptimize=ReleaseFast",
        ),
        (
            {"README.md": in_readme("x.py --help", "./bench.py --help", "poe bench"), "bench.py": "", "pyproject.toml": ""},
            "poe bench",
        ),
        (
            {"README.md": in_readme("./configure", "make", "bin/x bench"), "configure": "", "Makefile": "all:\n\tcc\n"},
            "make -s && ./bin/x bench",
        ),
        ({"README.md": in_readme("rustc -O x.rs && ./x bench"), "x.rs": None}, "rustc -O x.rs && ./x bench"),
        ({"README.md": in_readme("gcc -O3 m.c -o m", "./m --bench"), "m.c": None}, "gcc -O3 m.c -o m && ./m --bench"),
        ({"README.md": in_readme("make", "./out/bench"), "Makefile": "all: x\n\t$(MAKE) x\n"}, "make -s && ./out/bench"),
        ({"README.md": 'Run "./u bench" for all.\n', "Makefile": "u: u.o\n\tcc -o u u.o\n"}, "make -s u && ./u bench"),
        ({"README.md": in_readme("python3 x.py --bench"), "x.py": "run()", "bench.py": "run()"}, "python x.py --bench"),
        ({"README.md": in_readme("uv run x.py --size 3", about="## Benchmarks"), "x.py": "run()"}, "python x.py --size 3"),
        (
            {"README.md": in_readme("cd benchmarks", "python all.py"), "benchmarks/all.py": "run()"},
            "cd benchmarks && python all.py",
        ),
        ({"bench/README.md": in_readme("node a.js"), "bench/a.js": "b", "bench/all.js": "a"}, "cd bench && node a.js"),
        ({"README.md": in_readme("yarn perf"), "package.json": PACKAGE % '"perf": "node p.js"'}, "npm run --silent perf"),
        ({"README.md": in_readme("cargo run --release -- bench"), "Cargo.toml": None}, "cargo run --release -- bench"),
        ({"README.md": in_readme("make bench"), "Makefile": "bench: b.c\n\tcc -o bench b.c\n"}, "make -s bench && ./bench"),
        ({"README.md": in_readme("python -m pkg.bench"), "pkg/bench.py": "run()"}, "python -m pkg.bench"),
    ],
)
def test_a_readme_that_shows_how_to_measure_is_followed(files: dict[str, str | None], command: str) -> None:
    """With what builds the program, on the same line or above it; tests that it shows are not taken for it."""
    assert candidates(files).measuring[0].text == command


@pytest.mark.parametrize(
    "line",
    ["python bench.py; rm x", "python bench.py $(x)", "python bench.py < y", "python bench.py *.c",
     "python bench.py data.csv", "python bench.py FILE",
     "python a.py bench", "curl x | bash bench.sh", "sudo ./bench", "cd x && python bench.py", "make bench", "npm run bench"],
)  # fmt: skip
def test_what_a_shell_would_read_or_is_not_there_is_not_taken_from_a_readme(line: str) -> None:
    """Words with signs of a shell, files that are not committed, placeholders, other programs."""
    assert not candidates({"README.md": in_readme(line), "bench.py": None, "bench.sh": None}).measuring[2:]
    assert candidates({"README.md": in_readme(line), "bench.py": None}).measuring[0].text == "python bench.py"


PLAY = "import game\nif __name__ == '__main__':\n    print(f'score: {game.play()}')\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"simulate.py": PLAY, "game.py": "def play(): pass\n"}, "python simulate.py"),
        ({"main.py": PLAY, "plot.py": PLAY, "setup.py": PLAY, "tests/test_a.py": PLAY}, "python main.py"),
        ({"tsp.py": "for i in range(3):\n    print('best distance', i)\n", "gui.py": PLAY}, "python tsp.py"),
        (
            {
                "README.md": in_readme("python main.py", "python main.py --resume", about="Start training with"),
                "main.py": "go()\n",
            },
            "python main.py",
        ),
        ({"README.md": in_readme("python a.py", about="Solve all:"), "a.py": PLAY, "b.py": PLAY}, "python a.py"),
        (
            {"README.md": "```python go.py```\n\n## Run the training\n", "pkg/__init__.py": "", "pkg/go.py": PLAY},
            "cd pkg && python go.py",
        ),
        ({"sim.py": PLAY, "chat.py": PLAY + "    name = input('?')\n", "ui.py": "import pygame\n" + PLAY}, "python sim.py"),
        ({"Makefile": "sim: sim.c\n\tcc -o sim sim.c\n", "sim.c": 'printf("score %d", s);'}, "make -s sim && ./sim"),
    ],
)
def test_without_a_benchmark_what_prints_a_score_is_taken(files: dict[str, str | None], command: str) -> None:
    """If one program is clearly likelier than the others: by the README, by what its text prints, by its name."""
    found = candidates(files)
    assert [command.text for command in found.measuring] == [command] and found.measuring[0].scores


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        (
            {"fizz.py": "import net\nnet.train(3)\n", "xor.py": "import net\nnet.train(2)\n"},
            ["python fizz.py", "python xor.py"],
        ),
        (
            {"a/one.py": PLAY, "b/two.py": PLAY, "a/three.py": "run()\n"},
            ["python a/one.py", "python b/two.py", "python a/three.py"],
        ),
        ({"build_readme.py": PLAY, "docs/Makefile": "html:\n\tsphinx\n", "lib/__init__.py": "", "lib/a.py": "run()\n"}, []),
        (
            {"src/c/Makefile": "all: x y\nx: x.c\n\tcc -o $@ $<\ny: y.c\n\tcc -o $@ $<\n"},
            ["cd src/c && make -s x && ./x", "cd src/c && make -s y && ./y"],
        ),
    ],
)
def test_of_equal_programs_none_is_taken(files: dict[str, str | None], commands: list[str]) -> None:
    """They are what the user is asked about, the likeliest first; what only builds or documents is not among them."""
    found = candidates(files)
    assert not found.measuring and [command.text for command in found.asked] == commands


def test_names_are_quoted_for_the_shell() -> None:
    """Whatever a file or a folder is called, the command runs that one file."""
    files = {"bench/$(x) b.py": "run()", "d e/package.json": PACKAGE % '"bench": "x"', "f&/Makefile": "perf:\n\t./x\n"}
    assert {command.text for command in candidates(files).measuring} == {
        "python 'bench/$(x) b.py'",
        "cd 'd e' && npm run --silent bench",
        "make -s -C 'f&' perf",
    }


def test_no_text_takes_the_parser_of_python_long() -> None:
    """A name of very many parts takes memory with their square: such a file is not parsed, and runs as it is."""
    for text in ("from " + "a." * 400_000, "import a" + ".\\\na" * 70_000):
        assert [command.text for command in candidates({"bench.py": text}).measuring] == ["python bench.py"]


def test_the_table_of_pytest_benchmark_is_read() -> None:
    """It repeats a call until a time is over, so CPU time from outside would not show a gain."""
    first, second = candidates({"benchmarks/speed.py": DEFINES + DEFINES.replace("test_speed", "test_size")}).measuring
    assert first.metric is not None and second.metric is not None
    assert first.metric["direction"] == "minimize"
    metric = Metric(name="test_speed_ms", direction=Direction.MINIMIZE, pattern=str(first.metric["pattern"]))
    table = b"Name (time in ms)          Min\n------------\ntest_speed            1,012.1257\n------------\n"
    assert read_metrics(table, metric) == MetricReading(value=1012.1257, metrics={"test_speed_ms": 1012.1257})
    assert second.metric["name"] == "test_size_ms"


def test_a_branch_of_a_makefile_for_another_system_is_not_taken() -> None:
    """`EXT = .exe` stands in many, before the empty one that holds here."""
    makefile = "ifneq (,$(filter Windows%,$(OS)))\nEXT =.exe\nelse\nEXT =\nendif\nfullbench: bench.c\n\t$(CC) $^ -o $@$(EXT)\n"
    found = candidates({"Makefile": makefile, "bench.c": "int main(void) {}"}).measuring
    assert found[0].text == "make -s fullbench && ./fullbench"


def test_a_picture_in_a_readme_is_no_program() -> None:
    """Nor is an absolute path."""
    readme = "# Benchmarks\n\n`/docs/logo.png` `./docs/logo.png` `./docs/notes.md`\n"
    found = candidates({"README.md": readme, "docs/logo.png": None, "docs/notes.md": None})
    assert not found.measuring and not found.asked


@pytest.mark.parametrize("name", ["bench_\udcff.py", "bench_\x1b[31m.py", "bench\n.py", "bench_\u202e.py"])
def test_a_name_that_no_program_can_have_is_left_aside(name: str) -> None:
    """Else the whole proposal would be refused for it, though another file measures."""
    files = {name: "print(1)\n", "perf_all.py": "print(1)\n"}
    assert [command.text for command in candidates(files).measuring] == ["python perf_all.py"]
