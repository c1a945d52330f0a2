"""Commands that a README shows or names."""

import pytest

from overnight.program.detection.candidates import candidates

PACKAGE = '{"scripts": {"bench": "node bench/bench.js"}}'


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"README.md": "Run `./perf/run.js`.\n", "perf/run.js": None}, "node perf/run.js"),
        ({"README.md": "    $ ./bench.py 3\n", "bench.py": "run()\n"}, "python bench.py 3"),
        ({"README.md": "    $ cd perf\n    $ ./perf.rb\n", "perf/perf.rb": None}, "cd perf && ruby perf.rb"),
        (
            {"README.md": "    $ ./bench.ts\n", "bench.ts": "#!/usr/bin/env -S node --import=tsx\n"},
            "node --import=tsx bench.ts",
        ),
        ({"README.md": "    $ ./bench.sh\n", "bench.sh": "#!/bin/zsh\n"}, "zsh bench.sh"),
        ({"README.md": "    $ ./bench\n", "bench": "#!/bin/sh\n"}, "./bench"),
    ],
)
def test_a_script_of_a_readme_is_run_by_its_interpreter(files: dict[str, str | None], command: str) -> None:
    """A README shows scripts as programs that were never made executable."""
    assert candidates(files).measuring[0].text == command


def test_the_package_s_own_script_comes_before_a_file_that_a_readme_only_mentions() -> None:
    """`See bench/tiles.js` is no way to run the benchmark; `node bench/tiles.js` in a block is."""
    files = {"package.json": PACKAGE, "bench/bench.js": "run()\n", "bench/tiles.js": "run()\n"}
    assert candidates({**files, "README.md": "See `bench/tiles.js`.\n"}).measuring[0].text == "npm run --silent bench"
    assert candidates({**files, "README.md": "    node bench/tiles.js\n"}).measuring[0].text == "node bench/tiles.js"


def test_what_prepares_a_benchmark_is_not_run_for_it() -> None:
    """A script that generates the cases of a benchmark is called so, and shown first."""
    readme = "    ./gen_perf_cases.py\n    ./perf.py\n"
    found = candidates({"perf/README.md": readme, "perf/gen_perf_cases.py": "make()\n", "perf/perf.py": "run()\n"})
    assert [command.text for command in found.measuring] == ["cd perf && python perf.py", "python perf/perf.py"]


def test_a_tool_that_fetches_its_environment_comes_last() -> None:
    """A trial has no network, from which tox would install."""
    files = {"README.md": "    tox -e benchmark\n", "tox.ini": "", "benchmark/run.py": "run()\n"}
    assert [each.text for each in candidates(files).measuring] == ["python benchmark/run.py", "tox -e benchmark"]


def test_a_benchmark_of_everything_comes_before_those_of_parts() -> None:
    """Then that of the project's main part, by its name."""
    paths = [f"bench/bench_{part}.py" for part in ("decode", "all", "scale", "sortedlist")]
    package = {"sortedthings/__init__.py": ""}
    found = candidates({**dict.fromkeys(paths, "run()\n"), **package}).measuring
    assert [each.leaf for each in found][:2] == ["bench/bench_all.py", "bench/bench_sortedlist.py"]
