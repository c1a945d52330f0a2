"""Which lines of a failed command's output say why it failed."""

import subprocess
from pathlib import Path

import pytest

from overnight.words.failure import CHARACTERS, HEADLINE, LINES, headline, read_failure

PYTEST = """\
F                                                                        [100%]
=================================== FAILURES ===================================
    def test_a():
>       assert 3 == 4
E       assert 3 == 4

test_a.py:3: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_a - assert 3 == 4
1 failed in 0.74s
"""
NODE = """\
/trial/p.js:1
throw new Error("shape 3 != 4")
^

Error: shape 3 != 4
    at Object.<anonymous> (/trial/p.js:1:7)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at node:internal/main/run_main_module:28:49

Node.js v20.20.2
"""
PIP = """\
  error: subprocess-exited-with-error

  \N{MULTIPLICATION SIGN} pip subprocess to install build dependencies did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      ERROR: Could not find a version that satisfies the requirement setuptools>=77 (from versions: none)
      ERROR: No matching distribution found for setuptools>=77
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
error: subprocess-exited-with-error

\N{MULTIPLICATION SIGN} pip subprocess to install build dependencies did not run successfully.
│ exit code: 1
╰─> See above for output.

note: This error originates from a subprocess, and is likely not a problem with pip.
"""
CHAINED = """\
Traceback (most recent call last):
  File "a.py", line 2, in <module>
KeyError: 'first'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "a.py", line 4, in <module>
    raise Boom("second") from error
lib.Boom: second
epoch 99 done
"""
CARGO = """\
   Compiling hot v0.1.0 (/trial)
error[E0425]: cannot find value `y` in this scope
 --> src/main.rs:1:30
  |
1 | fn main() { y }
error: could not compile `hot` (bin "bench") due to 1 previous error
Build failed
"""
SAID = [  # what was printed, and the headline
    ("shape 3 != 4\nmake: *** [Makefile:2: bench] Error 1\n", "shape 3 != 4"),
    (
        "thread 'main' (7) panicked at p.rs:1:12:\nshape\nnote: run with `RUST_BACKTRACE=1` for a backtrace\n",
        "thread 'main' (7) panicked at p.rs:1:12: shape",
    ),
    ('Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: shape\nBuild failed\n', "ValueError: shape"),
    (PYTEST, "E assert 3 == 4"),
    (NODE, "Error: shape 3 != 4"),
    (PIP, "ERROR: Could not find a version that satisfies the requirement setuptools>=77 (from versions: none)"),
    (CHAINED, "lib.Boom: second"),
    (CARGO, "error[E0425]: cannot find value `y` in this scope"),
    (
        "d.c:(.text+0x5): undefined reference to `f'\ncollect2: error: ld returned 1 exit status\n",
        "d.c:(.text+0x5): undefined reference to `f'",
    ),
    (
        "c.c: In function 'f':\nc.c:1:20: error: 'x' undeclared\n    1 | x\nmake: *** [a] Error 2\n",
        "c.c:1:20: error: 'x' undeclared",
    ),
    ("# hot\n./a.go:3:4: undefined: y\nFAIL\thot [build failed]\n", "./a.go:3:4: undefined: y"),
    ("panic: index out of range\n\ngoroutine 1 [running]:\nmain.main()\nexit status 2\n", "panic: index out of range"),
    (
        "docker: Cannot connect to the Docker daemon\n\nRun 'docker run --help' for more information\n",
        "docker: Cannot connect to the Docker daemon",
    ),
    (
        "  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:\n  ╰─▶ Because x\n",
        "\N{MULTIPLICATION SIGN} No solution found when resolving dependencies: ╰─▶ Because x",
    ),
    (
        'npm error Missing script: "b"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run\n',
        'npm error Missing script: "b"',
    ),
    (
        'Exception in thread "main" java.lang.RuntimeException: x\n\tat A.main(A.java:1)\n',
        'Exception in thread "main" java.lang.RuntimeException: x',
    ),
    (
        "a.rb:1:in 'Object#f': no shape (ArgumentError)\n\tfrom a.rb:3:in '<main>'\n",
        "a.rb:1:in 'Object#f': no shape (ArgumentError)",
    ),
    (
        "src/a.ts(3,4): error TS2304: Cannot find name 'y'.\nerror Command failed with exit code 2.\n",
        "src/a.ts(3,4): error TS2304: Cannot find name 'y'.",
    ),
    ("x.sh: line 3: MY_KEY: unbound variable\n", "x.sh: line 3: MY_KEY: unbound variable"),
    ("sh: 1: foo: not found\nsh: 2: bar: not found\n", "sh: 1: foo: not found"),
    ("\x1b[31merror\x1b[0m: red\nbye\n", "error: red"),
    ("10%\r50%\rfatal: disk\nbye\n", "fatal: disk"),
    ("error: 0.34\nval_errors = 3\nerror: 20%\nstopped here\n", "stopped here"),
    ("a.py:3: UserWarning: an error may follow\nbye\n", "bye"),
    ("make: *** [Makefile:2: bench] Error 1\n", "make: *** [Makefile:2: bench] Error 1"),
    ("", ""),
]


@pytest.mark.parametrize(("output", "said"), SAID, ids=[said[:30] for _, said in SAID])
def test_the_line_that_says_why_is_found(output: str, said: str) -> None:
    """Whatever the language or tool prints after it."""
    assert headline(output.encode()) == headline(output) == said


def test_the_lines_around_it_come_in_their_order() -> None:
    """The code, the error, the file of the failing test, the other error: what a person would look at first."""
    assert read_failure(NODE).lines == (
        "/trial/p.js:1",
        'throw new Error("shape 3 != 4")',
        "Error: shape 3 != 4",
        "    at Object.<anonymous> (/trial/p.js:1:7)",
        "Node.js v20.20.2",
    )
    assert "test_a.py:3: AssertionError" in read_failure(PYTEST).lines
    assert {"KeyError: 'first'", '  File "a.py", line 4, in <module>', "epoch 99 done"} < set(read_failure(CHAINED).lines)
    assert " --> src/main.rs:1:30" in read_failure(CARGO).lines
    assert read_failure("one line\n").lines == ()


def test_real_tools_are_read(tmp_path: Path) -> None:
    """As they are installed here: a C compiler under make, a shell, Python."""
    (tmp_path / "a.c").write_text("int main() { return shape; }\n")
    (tmp_path / "Makefile").write_text("a: a.c\n\t@gcc -o a a.c\n")
    for command, said in (
        ("make", "error: "),
        ("bash -uc 'echo $MY_KEY'", "MY_KEY: unbound"),
        ("python3 -c 'import nope'", "nope"),
    ):
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=False)
        assert said in headline(done.stdout + done.stderr), done


@pytest.mark.parametrize(
    "output",
    [
        b"\n" * 4_000_000,
        b"x" * 4_000_000,
        b"error: x\n" * 400_000,
        b"\x1b[" * 2_000_000,
        (b"line 1: " * 120 + b"\n") * 4000,
        (b" " * 499 + b"x\n") * 4000,
        (b"a.b:" * 250 + b"\n") * 4000,
        b"Traceback (most recent call last):\n" * 10_000,
        "\u202e\x1b]0;title\x07\ud800 error: y\n".encode("utf-8", "surrogatepass") * 1000,
        bytes(range(256)) * 1000,
    ],
    ids=["blank", "one line", "many", "escapes", "shell", "indented", "dots", "tracebacks", "marks", "bytes"],
)
def test_hostile_output_is_bounded_and_printable(output: bytes) -> None:
    """However long, and whatever is in it; megabytes are read in a moment, since the window and each line are bounded."""
    found = read_failure(output)
    assert len(found.headline) <= HEADLINE and len(found.lines) <= LINES
    assert sum(map(len, found.lines)) <= CHARACTERS
    assert all(text.isprintable() for text in (found.headline, *found.lines))
