"""Which committed files a command runs, through whatever it calls, and in which role."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.judge.runs import MOST_STEPS, what_runs
from overnight.program.judge.targets import MOST_LINES, read_targets
from overnight.program.judge.tree import Tree

BENCH = {"bench.py": "", "other.py": "", "src/a.py": ""}


def ran(command: str, files: Mapping[str, str]) -> dict[str, str]:
    """The role of each file that a command runs."""
    return {judge.path: judge.role.value for judge in what_runs([("measure", command)], sorted(files), files.get)}


@pytest.mark.parametrize(
    "command",
    [
        "python bench.py",
        "python3.12 -u -W ignore ./bench.py --in other.py",
        "OMP=1 timeout 10 nice -n 5 env A=1 python bench.py",
        "uv run --with numpy bench.py",
        "uv run python bench.py",
        "poetry run python bench.py | tee log",
        "conda run -n base python bench.py",
        "taskset -c 0 python bench.py",
        "torchrun --nproc_per_node 2 bench.py",
        "coverage run bench.py",
        "python -m bench",
        "python -m cProfile -o x.prof bench.py",
        "if true; then python bench.py; fi",
        "for i in 1 2 3; do python bench.py $i; done",
        "sh -c 'python bench.py'",
        'bash -lc "cd src && python ../bench.py"',
        'eval "python bench.py"',
        "hyperfine --warmup 3 'python bench.py'",
        "X=bench.py; python $X",
        "${PYTHON:-python} bench.py",
        '"$PYTHON" -c "import a"; python "${ROOT}/bench.py"',
        "(python bench.py) 2>&1",
        "value=$(python bench.py)",
        "! python bench.py",
        "env -S 'python bench.py'",
        "env A=1 python bench.py -S other.py",
        "env --split-string='python bench.py'",
        "find . -name 'bench.py' -exec python {} \\;",
        "find src -type f -exec python bench.py {} + -print",
        "python -um bench",
        "function f { python bench.py; }; f",
        "time -p python bench.py",
        "flock -x /tmp/lock python bench.py",
        'for f in bench; do python "$f.py"; done',
        "for f in bench*.py; do python $f; done",
        "busybox timeout 5 python bench.py",
        "./bench.py",
        "ruff check other.py && gcc other.py; cp other.py x; python bench.py",
        "python bench.py # other.py",
        "cat other.py <<EOF\npython other.py\nEOF\npython bench.py",
    ],
)
def test_a_script_is_a_leaf(command: str) -> None:
    """However it is started; files that are only arguments or text are no part of it."""
    assert ran(command, BENCH) == {"bench.py": "leaf"}


@pytest.mark.parametrize(
    "command",
    [
        "gcc src/a.py -o a && ./a",
        "time gcc src/a.py",
        "ruff check .",
        "mypy bench.py",
        "sha256sum bench.py",
        "python -c 'import bench'",
        "echo python bench.py",
        "python /usr/lib/x.py",
        "python - < bench.py",
        "python ../bench.py",
        "python *.txt",
        "",
    ],
)
def test_a_file_that_is_only_data_does_not_run(command: str) -> None:
    """Nor does a program that is not committed."""
    assert ran(command, BENCH) == {}


@pytest.mark.parametrize(
    ("command", "files", "wrappers"),
    [
        ("bash .auto/m.sh", {".auto/m.sh": "#!/bin/bash\nset -e\npython bench.py"}, [".auto/m.sh"]),
        ("./m.sh", {"m.sh": '#!/usr/bin/env bash\ncd "$(dirname "$0")"\nexec python "$PWD/bench.py" "$@"'}, ["m.sh"]),
        ("./run", {"run": "python bench.py"}, ["run"]),
        ("source m.sh", {"m.sh": "python bench.py"}, ["m.sh"]),
        (
            "bash s/m.sh",
            {"s/m.sh": 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\npython "$HERE/../bench.py"'},
            ["s/m.sh"],
        ),
        ("./a.sh", {"a.sh": "./b.sh", "b.sh": "sh c.sh", "c.sh": "python bench.py; ./a.sh"}, ["a.sh", "b.sh", "c.sh"]),
        ("./pin.sh python bench.py", {"pin.sh": 'taskset -c 0 "$@"'}, ["pin.sh"]),
        (
            "make bench",
            {"Makefile": "PY = python\nall: other\n\npython other.py\nbench: build\n\t@$(PY) bench.py\n"},
            ["Makefile"],
        ),
        ("make", {"Makefile": "all: bench\nbench:\n\tpython bench.py\n"}, ["Makefile"]),
        (
            "make -C s b",
            {"s/Makefile": "include ../c.mk\n", "c.mk": "b:\n\tcd .. && python bench.py\n"},
            ["c.mk", "s/Makefile"],
        ),
        ("make bench", {"Makefile": "bench:\n\t$(MAKE) run\nrun: ; python bench.py\n"}, ["Makefile"]),
        ("just bench", {"justfile": "bench n='1':\n    @python bench.py {{n}}\n"}, ["justfile"]),
        (
            "npm run bench --silent",
            {"package.json": '{"scripts": {"prebench": "python bench.py"' + ', "bench": "x"}}'},
            ["package.json"],
        ),
        ("npm test", {"package.json": '{"scripts": {"test": "python bench.py"}}'}, ["package.json"]),
        ("yarn b", {"package.json": '{"scripts": {"b": "yarn c", "c": "python bench.py"}}'}, ["package.json"]),
    ],
)
def test_what_calls_a_script_is_a_wrapper(command: str, files: dict[str, str], wrappers: list[str]) -> None:
    """Shell scripts that call scripts, targets and what they need, included Makefiles, scripts of a package; cycles end."""
    assert ran(command, BENCH | files) == dict.fromkeys(wrappers, "wrapper") | {"bench.py": "leaf"}


TESTS = {
    "src/core.py": "",
    "tests/test_a.py": "",
    "tests/data/x.json": "",
    "conftest.py": "",
    "pyproject.toml": "",
    "setup.py": "",
}
PYTHON = ["conftest.py", "pyproject.toml", "tests/data/x.json", "tests/test_a.py"]


@pytest.mark.parametrize(
    ("command", "files", "tests"),
    [
        ("python -m pytest -q", TESTS, PYTHON),
        ("uv run --frozen pytest tests -x", TESTS, PYTHON),
        ("pytest tests/test_a.py::test_x", TESTS, ["conftest.py", "pyproject.toml", "tests/test_a.py"]),
        ("python -m unittest -q test_k", {"test_k.py": "", "k.py": ""}, ["test_k.py"]),
        ("python -m unittest tests.test_a.Case.test_x", {"tests/test_a.py": "", "tests/b.py": ""}, ["tests/test_a.py"]),
        ("tox", {"tox.ini": "", "a_test.py": "", "a.py": ""}, ["a_test.py", "tox.ini"]),
        ("npx jest", {"src/a.test.ts": "", "src/a.ts": "", "jest.config.js": ""}, ["jest.config.js", "src/a.test.ts"]),
        ("node --test", {"test/a.js": "", "b.test.mjs": "", "b.mjs": ""}, ["b.test.mjs", "test/a.js"]),
        ("npx vitest run src", {"src/a.spec.tsx": "", "lib/b.spec.ts": ""}, ["src/a.spec.tsx"]),
        ("go test ./...", {"s/a_test.go": "", "s/a.go": "", "s/testdata/x": ""}, ["s/a_test.go", "s/testdata/x"]),
        ("cargo test", {"Cargo.toml": "", "src/lib.rs": "", "tests/a.rs": ""}, ["Cargo.toml", "tests/a.rs"]),
        ("cargo bench", {"Cargo.toml": "", "src/lib.rs": "", "benches/a.rs": ""}, ["Cargo.toml", "benches/a.rs"]),
    ],
)
def test_what_a_test_runner_collects(command: str, files: Mapping[str, str], tests: list[str]) -> None:
    """The files that are given, or those of the convention, and what decides which are collected; never the code under test."""
    assert ran(command, files) == dict.fromkeys(tests, "test")


def test_other_languages() -> None:
    """Node, Go and Rust run a folder by the name that they look for in it."""
    assert ran("node app", {"app/index.js": ""}) == {"app/index.js": "leaf"}
    assert ran("go run ./cmd/x", {"cmd/x/main.go": "", "cmd/x/b.go": ""}) == {"cmd/x/main.go": "leaf"}
    rust = {"Cargo.toml": "", "src/main.rs": "", "src/bin/b.rs": "", "src/lib.rs": ""}
    assert ran("cargo run --release", rust) == {"Cargo.toml": "leaf", "src/main.rs": "leaf"}
    assert ran("python pkg", {"pkg/__main__.py": "", "pkg/a.py": ""}) == {"pkg/__main__.py": "leaf"}
    assert ran("node -r ./hook.js run.js", {"hook.js": "", "run.js": ""}) == {"hook.js": "leaf", "run.js": "leaf"}
    assert ran("perl -e 'print 1' a.pl; bash -e b.sh", {"a.pl": "", "b.sh": ""}) == {"b.sh": "leaf"}


def test_the_way_is_named() -> None:
    """From the key of the command over every file to the last one."""
    files = {".auto/m.sh": "make b", "Makefile": "b:\n\tpython bench.py", "bench.py": ""}
    ways = [judge.way for judge in what_runs([("measure", "bash .auto/m.sh")], sorted(files), files.get)]
    assert ways[-1] == ("measure", ".auto/m.sh", "Makefile", "bench.py")


@pytest.mark.parametrize(
    "name", ["my file.py", "it's.py", 'a"b.py', "ü.py", "a$b.py", "$(touch x).py", "a\nb.py", "a;b.py", "#.py", "[a].py"]
)
def test_any_name_of_a_file_in_quotes(name: str) -> None:
    """Blanks, quotes, line breaks and what a shell would expand, inside single quotes or escaped."""
    quoted = "'" + name.replace("'", "'\\''") + "'"
    found = ran(f"python ./{quoted}", {name: "", "other.py": ""})
    assert found == ({} if "$" in name else {name: "leaf"}), "a name with a dollar is taken for a variable"


@given(
    st.dictionaries(
        st.sampled_from(["a.sh", "b.sh", "Makefile", "package.json", "c.mk"]),
        st.text(alphabet="abhs./mkinclude:;$()\"'{}\n\t =-", max_size=80),
    ),
    st.text(alphabet="abhs./mk ;$()\"'\n@*", max_size=40),
)
def test_any_files_end(files: dict[str, str], command: str) -> None:
    """Whatever they say, the answer names only committed files."""
    assert ran(command, files).keys() <= files.keys()


def test_hostile_files_are_read_within_bounds() -> None:
    """Cycles, fans, deep chains, texts that run texts, and megabytes of one line."""
    fan = {f"{n}.sh": "\n".join(f"./{m}.sh $RANDOM {m}" for m in range(60)) for n in range(60)}
    assert len(ran("./0.sh", fan)) <= MOST_STEPS
    chain = {f"{n}.sh": f"./{n + 1}.sh" for n in range(500)}
    assert 10 < len(ran("./0.sh", chain)) < 20
    assert ran("eval " * 3000 + "python bench.py", BENCH) == {}
    grown = {"a.sh": "A=x\n" + "A=$A$A$A\n" * 500 + "python $A bench.py"}
    assert "a.sh" in ran("./a.sh", grown)
    assert ran("make", {"Makefile": "a" + " " * 500_000 + "\n" + "$(x " * 200_000}) == {"Makefile": "leaf"}
    assert ran("npm test", {"package.json": "[" * 500_000}) == {}
    assert ran("./a.sh", {"a.sh": "python *.py\n" * 4000, **{f"{n}.py": "" for n in range(500)}})
    assert len(ran("./a.sh", {"a.sh": "pytest\n" * 3000, **{f"test_{n}.py": "" for n in range(500)}})) == 501


def test_a_makefile_of_many_targets_and_lines_is_read_within_bounds() -> None:
    """Each of many targets with one long recipe would be a copy of it."""
    text = " ".join(f"t{number}" for number in range(300)) + ":\n" + "\ta\n" * 10_000
    targets = read_targets("Makefile", Tree.of(["Makefile"], {"Makefile": text}.get))
    assert MOST_LINES - 1000 <= sum(map(len, targets.recipes.values())) <= MOST_LINES
