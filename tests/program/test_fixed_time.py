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
    ("timeit.main(['-s', 'import x', 'x.f()'])", "timeit"),
    (
        "import timeit\n_clock = timeit.default_timer\ndef f(clock=_clock):\n    spent = 0\n    while True:\n"
        "        start = clock()\n        g()\n        end = clock()\n        total = end - start\n        spent += total\n"
        "        if spent >= 0.5:\n            break\n    return spent\n",
        "a loop",
    ),
    (
        "def f():\n    t0 = time.time()\n    t1 = t0\n    while t1 - t0 < 2:\n        g()\n        t1 = time.time()\n",
        "a loop",
    ),
    ("from time import perf_counter as tick\nend = tick() + 1\nwhile tick() < end:\n    f()\n", "a loop"),
    ("done = False\nstart = time.time()\nwhile not done:\n    f()\n    done = time.time() - start > 1\n", "a loop"),
    ("ok = True\nt = clock()\nwhile ok:\n    f()\n    if clock() - t > 1:\n        ok = False\n", "a loop"),
    (
        "class B:\n    def run(self):\n        self.t = now()\n        while 1:\n            f()\n"
        "            if now() - self.t > 3:\n                return 1\n",
        "a loop",
    ),
    (
        "times = []\nwhile sum(times) < 1:\n    start = time.time()\n    f()\n    times.append(time.time() - start)\n",
        "a loop",
    ),
    (
        "ts = []\nwhile len(ts) < 3 or stdev(ts) / mean(ts) > 0.01:\n    t = clock()\n    f()\n    ts.append(clock() - t)\n",
        "a loop",
    ),
    ("int f() {\n  double t = now(), d;\n  do {\n    g();\n    d = now() - t;\n  } while (d < 1.0);\n}\n", "a loop"),
    ("let spent = 0;\nwhile (spent < 500) {\n  const t = Date.now();\n  f();\n  spent += Date.now() - t;\n}\n", "a loop"),
    (
        "for (;;) {\n  auto t1 = std::chrono::steady_clock::now();\n  f();\n  std::chrono::duration<double> d = t1 - t0;\n"
        "  if (d.count() > 2.0)\n    break;\n}\n",
        "a loop",
    ),
    (
        "\tstart := time.Now()\n\tfor {\n\t\tf()\n\t\td := time.Since(start)\n\t\tif d > limit {\n\t\t\tbreak\n\t\t}\n\t}\n",
        "a loop",
    ),
    ("static volatile int running;\nint main() {\n  alarm(6);\n  do {\n    f();\n  } while (running);\n}\n", "a loop"),
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
        (
            "python bench.py",
            "while i < n:\n    start = time.time()\n    f()\n    spent += time.time() - start\n    i += 1\nprint(spent)",
        ),
        (
            "python bench.py",
            "start = time.time()\nf()\nend = time.time()\ndef g(start, end):\n    while start < end:\n        start += 1\n",
        ),
        (
            "python bench.py",
            "def g(x):\n    start = 0\n    while start < len(x):\n        start = x.find('a', start)\nstart = time.time()\n",
        ),
        ("python bench.py", "t = time.time()\nrows = load(t)\nwhile rows > 3:\n    rows = f(rows)\n"),
        (
            "python bench.py",
            "t = time.time()\nwhile not up():\n    time.sleep(1)\n    if time.time() - t > 30:\n        break\nf()\n",
        ),
        (
            "python bench.py",
            "for i in range(9):\n    t = clock()\n    f()\n    d = clock() - t\n    if d < best:\n        best = d\n",
        ),
        ("python bench.py", "ts = []\nwhile len(ts) < 5:\n    t = time.time()\n    f()\n    ts.append(time.time() - t)\n"),
        ("./bench", "double end = now();\nfor (int i = start; i < end; i++) {\n  f();\n}\n"),
        ("./bench", "int a() {\n  double end = now();\n}\nint b(int end) {\n  while (n < end) {\n    f(); }\n}\n"),
        ("./bench", "double d = now() - t;\nif (d < best)\n  best = d;\nswitch (x) { case 1: break; }\n"),
        ("./bench", "volatile int sink;\nalarm(60);\nfor (int i = 0; i < n; i++) sink += f(i);\n"),
        ("python bench.py", "for n in sizes:\n    start = time.time()\n    f()\n    print(time.time() - start)"),
    ],
)
def test_a_fixed_number_of_calls_is_not_a_fixed_time(command: str, script: str) -> None:
    """There CPU time follows the speed."""
    assert not repeats_for_a_time(command, [script])


@pytest.mark.parametrize(
    "piece",
    [
        "while ",
        "for (",
        "elapsed<",
        "time() ",
        "from '",
        "-m ",
        "t = now()\n",
        "a = t0 - ",
        "while a < b:\n ",
        "x(",
        "if t > 3 {\n",
        "volatile int a;\n",
    ],
)
def test_hostile_scripts_take_no_time(piece: str) -> None:
    """A file of the repository may be anything."""
    repeats_for_a_time(piece * 10_000, [piece * 100_000])


@pytest.mark.parametrize(
    "line", ["", "for " * 74, "if time() > " * 25, "while time() < time() " * 13, "for" + " < " * 90, "for x time() " * 20]
)
def test_a_hostile_script_is_read_in_bounds(line: str) -> None:
    """A megabyte of it, in a time that grows with its length: no pattern begins again at each blank line or word."""
    assert repeats_for_a_time("node bench.js", [f"{line}\n" * (900_000 // (len(line) + 1))]) in {
        "",
        "a loop that ends when the clock says so",
    }
