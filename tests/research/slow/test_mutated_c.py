"""A campaign of the mutator on a C program with a Makefile, compiled and run in the jail."""

import shutil
from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, read_json

NEEDED = ("gcc", "make", "gcov")
pytestmark = pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason="needs gcc and make")
PROGRAM = """\
---
metric: {name: cpu_s, direction: minimize}
measure: make -s && ./sieve 40
checks: [make -s && test "$(./sieve 1)" = 78498]
editable: [sieve.c, Makefile]
judge_may_change: the Makefile sets the flags of the compiler
limits: {wall: 60s, memory: 500MB}
researchers: [{role: mutator, use: mutator}]
budget: {experiments: 8}
---
# Less time
"""
MAKEFILE = "CFLAGS = -Wall\n\nsieve: sieve.c\n\t$(CC) $(CFLAGS) -o sieve sieve.c\n"
SIEVE = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 1000000

static char composite[N + 1];

static int primes(void) {
    int count = 0;
    memset(composite, 0, sizeof composite);
    for (long i = 2; i <= N; i++) {
        if (!composite[i]) {
            count++;
            for (long j = i * i; j <= N; j += i) {
                composite[j] = 1;
            }
        }
    }
    return count;
}

static int unused(int n) {
    n += 1;
    n *= 2;
    return n;
}

int main(int argc, char **argv) {
    int rounds = atoi(argv[1]), count = 0;
    if (argc > 5) {
        rounds = unused(rounds);
    }
    for (int i = 0; i < rounds; i++) {
        count = primes();
    }
    printf("%d\\n", count);
    return 0;
}
"""


def test_flags_and_statements_of_a_c_program(tmp_path: Path) -> None:
    """A level of the compiler is kept, and statements are edited in the functions that `gcov` counts, by the same rules."""
    repo = make_repo(tmp_path / "repo", PROGRAM, files={"sieve.c": SIEVE, "Makefile": MAKEFILE})
    overnight(repo, "run", "--no-report", "--tag", "t", check=0)
    made = read_json(repo, "log")["experiments"]
    tried = [one["notes"]["operator"] for one in made]
    kept = [one for one in made if one["conclusion"]["verdict"] == "keep"]
    assert kept and kept[0]["notes"]["operator"] == "compiler", made
    assert "CFLAGS = -O" in git(repo, "show", "autoresearch/t:Makefile")
    edits = [one for one in made if one["notes"]["operator"] in {"delete", "move", "copy", "replace"}]
    assert edits, tried
    assert all("`primes`" in one["hypothesis"] or "`main`" in one["hypothesis"] for one in edits)
    assert_verified(repo)
