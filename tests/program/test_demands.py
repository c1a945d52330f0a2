"""What a program needs before it does anything."""

import pytest

from overnight.program.detection.candidates import candidates
from overnight.program.detection.demands import demands_arguments, needs_library


@pytest.mark.parametrize(
    "text",
    [
        "import argparse\np.add_argument('path', help='a file')\np.add_argument('-n', default=3)\n",
        "import argparse\np.add_argument('--path',\n    required=True)\n",
        "import sys\npath = sys.argv[1]\nrun(path)\n",
        "if len(sys.argv) != 2:\n    print('usage: bench.py FILE')\n    sys.exit(2)\n",
        "const path = process.argv[2];\nrun(path);\n",
        'int main(int argc, char **argv) {\n  if (argc < 2) {\n    printf("usage");\n    return 1;\n  }\n',
        "if [ $# -lt 1 ]; then\n  echo usage\n  exit 1\nfi\n",
        "@click.command()\n@click.argument('path')\ndef main(path): ...\n",
    ],
)
def test_a_program_may_demand_arguments(text: str) -> None:
    """It fails, or says how it is used."""
    assert demands_arguments(text)


@pytest.mark.parametrize(
    "text",
    [
        "import argparse\np.add_argument('path', nargs='?', default='a')\np.add_argument('-n')\n",
        "import argparse\np.add_argument('--n', required=False)\n",
        "import sys\nn = int(sys.argv[1]) if len(sys.argv) > 1 else 3\n",
        "const n = process.argv[2] || 3;\n",
        "int main(int argc, char **argv) {\n  int n = 3;\n  if (argc > 1) n = atoi(argv[1]);\n",
        "@click.argument('path', default='a')\ndef main(path): ...\n",
        "",
    ],
)
def test_a_program_with_defaults_demands_none(text: str) -> None:
    """It can be run as it is."""
    assert not demands_arguments(text)


def test_a_library_is_needed_on_no_condition() -> None:
    """What is included only where it was found at compiling is not missed."""
    assert needs_library("#include <stdio.h>\n#include <boost/numeric/ublas/matrix.hpp>\n")
    assert not needs_library("#include <sys/time.h>\n#ifdef HAVE_CBLAS\n#include <cblas.h>\n#endif\n")


def test_a_benchmark_that_demands_arguments_comes_after_the_others_unless_a_readme_gives_them() -> None:
    """Without them it only says how it is used."""
    files = {"bench/bench_core.py": "import sys\nrun(sys.argv[1])\n", "bench/bench_small.py": "run()\n"}
    assert candidates(files).measuring[0].leaf == "bench/bench_small.py"
    found = candidates({**files, "README.md": "    python bench/bench_core.py 100\n"}).measuring
    assert found[0].text == "python bench/bench_core.py 100"


def test_a_long_text_is_read_in_bounds() -> None:
    """A hostile script takes no longer than its length."""
    for part in ("import argparse\n.add_argument(", "#include <", "sys.argv[1]", ".add_argument('a'\n", "if (" + " " * 99_000):
        text = part * (1_000_000 // len(part))
        demands_arguments(text)
        needs_library(text)


def test_a_compiled_benchmark_that_demands_arguments_comes_after_the_others() -> None:
    """Its source says so."""
    files = {
        "Makefile": "a_bench: a_bench.c\n\tcc -o $@ a_bench.c\nb_bench: b_bench.c\n\tcc -o $@ b_bench.c\n",
        "a_bench.c": 'int main(int argc, char **argv) {\n  if (argc == 1) {\n    puts("Usage: a FILE");\n    return 1;\n',
        "b_bench.c": "int main(void) {\n  run();\n}\n",
    }
    assert candidates(files).measuring[0].text == "make -s b_bench && ./b_bench"
