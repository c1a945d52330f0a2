"""Whether a command repeats a call until a time is over, so that its CPU time shows no gain."""

import pytest

from overnight.program.detection.fixed_time import repeats_for_a_time

SCRIPTS = [
    ("const { Suite } = require('benchmark')", "`benchmark`"),
    ('import { Bench } from "tinybench";', "`tinybench`"),
    ("import {run, bench} from 'mitata'", "`mitata`"),
    ("import { bench, describe } from 'vitest'", "`vitest`"),
    ("import pyperf\n", "`pyperf`"),
    ('subprocess.run([sys.executable, "-m", "pyperf", "timeit"])', "`pyperf`"),
    ("def test_sum(benchmark):\n    benchmark(f)", "pytest-benchmark"),
    ("timeit.Timer(f).autorange()", "timeit"),
    ("#include <benchmark/benchmark.h>", "Google Benchmark"),
    ('#include "3rd/nanobench.h"', "nanobench"),
    ("use criterion::{criterion_group, Criterion};", "Criterion"),
    ("    #[bench]\n    fn b(b: &mut Bencher) {}", "`cargo bench`"),
    ("while time.time() - start < 5:\n    f()", "a loop"),
    ("end = time.perf_counter() + 2\nwhile end > time.perf_counter():\n    f()", "a loop"),
    ("while (performance.now() - t0 < 1000) f()", "a loop"),
    ("for time.Since(start) < time.Second {", "a loop"),
    ("while (System.nanoTime() - start < 1e9) f();", "a loop"),
    ("while True:\n    if time.time() - start > 5:\n        break\n    f()", "a loop"),
    ("loop { if start.elapsed() > limit { break; } f(); }", "a loop"),
    ("for (n = 0; clock() - start < CLOCKS_PER_SEC; n++) f();", "a loop"),
]


@pytest.mark.parametrize(("script", "tool"), SCRIPTS)
def test_a_script_that_repeats_for_a_time_is_told(script: str, tool: str) -> None:
    """By the tool that it uses, or by its own loop."""
    assert repeats_for_a_time("node bench.js", ["const x = 1\n", script]).startswith(tool)


@pytest.mark.parametrize(
    "command",
    [
        "go test -run '^$' -bench .",
        "python -m timeit -s 'x=1' x",
        "cargo bench --bench a",
        "npx vitest bench --run",
        "bun bench",
    ],
)
def test_a_command_that_repeats_for_a_time_is_told(command: str) -> None:
    """Whatever it runs."""
    assert repeats_for_a_time(command, [])


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python bench.py", "timeit.timeit(f, number=1000)\nprint(min(timeit.repeat(f, number=10)))"),
        ("go test -bench . -benchtime 100x", ""),
        ("go test ./...", ""),
        ("python -m pytest -q b.py --benchmark-disable", "def test_sum(benchmark):\n    benchmark(f)"),
        ("python -m timeit -n 100 x", ""),
        ("node bench.js", "const bench = require('fastbench')\nconst benchmark = require('./benchmark')"),
        ("node bench.js", "for (let i = 0; i < 10; i++) times.push(performance.now() - start)\nwhile (i < n) f()"),
        ("python bench.py", "for i in range(9):\n    if time.time() - start > 5:\n        print('slow')\n    f()"),
        ("./bench", "for (int i = 0; i < n; i++) { double t = now(); f(); elapsed += now() - t; }"),
        ("python bench.py", "for n in sizes:\n    start = time.time()\n    f()\n    print(time.time() - start)"),
    ],
)
def test_a_fixed_number_of_calls_is_not_a_fixed_time(command: str, script: str) -> None:
    """There CPU time follows the speed."""
    assert not repeats_for_a_time(command, [script])


@pytest.mark.parametrize("piece", ["while ", "for (", "elapsed<", "time() ", "from '", "-m "])
def test_hostile_scripts_take_no_time(piece: str) -> None:
    """A file of the repository may be anything."""
    repeats_for_a_time(piece * 10_000, [piece * 100_000])
