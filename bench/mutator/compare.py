"""The mutator beside the tuner alone and random edits of statements: equal trials on the same programs.

    pip download --no-deps --no-binary :all: tinycss2==1.5.1 sqlparse==0.6.1 resolvelib==1.2.1 -d ARCHIVES
    PATH=VENV/bin:$PATH python bench/mutator/compare.py ARCHIVES [--program kernel] [--method mutator] [--trials 80]

VENV has pytest, webencodings and packaging. Each run prints a line: the head's mean and that of the start, in turns on the
same core, and whether the whole test suite passes on the result.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from programs import GIT, PROGRAMS, make_repository

from overnight.research.researchers.mutator.source import Cut, Source, applied, parses
from overnight.research.researchers.mutator.statements import Statement, python_routines

TUNER, MUTATOR = "[{role: tuner, use: tuner}]", "[{role: mutator, use: mutator}]"
RANDOM = "[{role: random, use: scripted, edits_file: random_edits.jsonl}]"
METHODS = {"mutator": MUTATOR, "tuner": TUNER, "random": RANDOM}
KINDS = ("delete", "move", "copy", "replace")
EDITS = 500  # more than are tried
PAIRS = 9  # runs of start and result, in turns


def random_edits(folder: Path, editable: list[Path], seed: int) -> None:
    """Statements that are deleted, moved, copied or put in place of others, each as likely, wherever they are in a function."""
    draw, edits, drawn = random.Random(seed), list[str](), 0
    sources = [Source(path.relative_to(folder).as_posix(), path.read_bytes()) for path in editable]
    places = [(source, routine) for source in sources for routine in python_routines(source) if len(routine.statements) > 1]
    sizes = [len(routine.statements) for _, routine in places]
    while len(edits) < EDITS and drawn < 100 * EDITS:
        drawn += 1
        source, routine = draw.choices(places, sizes)[0]
        edit = _random_edit(source, *draw.sample(routine.statements, 2), kind=draw.choice(KINDS))
        if edit and (line := json.dumps([source.path, *edit])) not in edits:
            edits.append(line)
    (folder / "random_edits.jsonl").write_text("\n".join(edits) + "\n")
    subprocess.run([*GIT, "-C", str(folder), "add", "-A"], check=True)
    subprocess.run([*GIT, "-C", str(folder), "commit", "-qm", "Edits"], check=True)


def _random_edit(source: Source, one: Statement, other: Statement, *, kind: str) -> tuple[str, str] | None:
    """What stands there and what comes in its place; None if it is not one place, or cannot be parsed."""
    content = source.content
    if one.start < other.end and other.start < one.end:
        return None
    gone, text = Cut(one.start, one.end, b""), content[one.start : one.end]
    before, instead = Cut(other.start, other.start, text), Cut(other.start, other.end, text)
    cuts = {"delete": [gone], "move": [gone, before], "copy": [before], "replace": [instead]}[kind]
    start, end = min(one.start, other.start), max(one.end, other.end)
    new = applied(content, cuts)
    tail = len(content) - end
    old_part, new_part = content[start:end], new[start : len(new) - tail]
    if content.count(old_part) != 1 or old_part == new_part or not parses({source.path: new}):
        return None
    return old_part.decode(), new_part.decode()


def cpu_s(folder: Path, name: str) -> float:
    """The processor time of one run of the workload."""
    command = "python prepare.py --seed 7 --split public && python produce.py" if name == "kernel" else "python workload.py"
    path = PROGRAMS[name].path if name in PROGRAMS else "."
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, shell=True, cwd=folder, check=True, env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judged(start: Path, result: Path, name: str) -> str:
    """How the result compares with the start, and what the whole suite says."""
    pairs = [(cpu_s(start, name), cpu_s(result, name)) for _ in range(PAIRS)]
    ratio = statistics.median(new / old for old, new in pairs)
    suite = "python -m unittest -q test_kernel && python rules.py" if name == "kernel" else PROGRAMS[name].suite
    path = PROGRAMS[name].path if name in PROGRAMS else "."
    done = subprocess.run(
        suite, check=False, shell=True, cwd=result, capture_output=True, env={**os.environ, "PYTHONPATH": path}
    )
    passed = "passes" if done.returncode == 0 else "FAILS"
    return f"time {ratio:.3f} of the start's (median of {PAIRS} pairs); its whole suite {passed}"


def campaign(name: str, method: str, archives: Path, trials: int) -> str:
    """One campaign, and what it kept."""
    with tempfile.TemporaryDirectory() as place:
        folder, result = Path(place, "repo"), Path(place, "result")
        make_repository(name, archives, folder, METHODS[method])
        if method == "random":
            package = "." if name == "kernel" else PROGRAMS[name].package
            files = [folder / "kernel.py"] if name == "kernel" else sorted((folder / package).rglob("*.py"))
            random_edits(folder, files, seed=1)
        subprocess.run(["cp", "-r", folder, f"{folder}-start"], check=True)
        text = (folder / "program.md").read_text().replace("\nlimits:", f"\nbudget: {{trials: {trials}}}\nlimits:")
        (folder / "program.md").write_text(text)
        subprocess.run([*GIT, "-C", str(folder), "commit", "-qam", "Budget"], check=True)
        run = [sys.executable, "-m", "overnight", "run", "--no-report", "--tag", "t", "--slots", "1", "--plain"]
        done = subprocess.run(run, check=False, cwd=folder, capture_output=True, text=True)
        log = [sys.executable, "-m", "overnight", "log", "--json"]
        made = json.loads(subprocess.run(log, cwd=folder, capture_output=True, text=True, check=True).stdout)["experiments"]
        verdicts = [one["conclusion"]["verdict"] for one in made if one["conclusion"]]
        kept = [one for one in made if one["conclusion"] and one["conclusion"]["verdict"] == "keep"]
        for one in kept:
            print(f"    kept #{one['number']}: {one['hypothesis']}: gain {one['conclusion']['gain']:.4f}", flush=True)
        counts = ", ".join(f"{verdicts.count(each)} {each}" for each in ("keep", "discard", "crash", "reject"))
        if not kept:
            said = (done.stdout + done.stderr).strip().splitlines()
            why = next((line for line in said if "not asked" in line or line.startswith("error")), said[-1])
            return f"{counts}; nothing kept ({why[:200]})"
        subprocess.run([*GIT, "clone", "-q", "-b", "autoresearch/t", str(folder), str(result)], check=True)
        return f"{counts}; {judged(Path(f'{folder}-start'), result, name)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", type=Path)
    parser.add_argument("--program", action="append", choices=[*PROGRAMS, "kernel"])
    parser.add_argument("--method", action="append", choices=[*METHODS])
    parser.add_argument("--trials", type=int, default=80)
    asked = parser.parse_args()
    for name in asked.program or ["kernel", *PROGRAMS]:
        for method in asked.method or METHODS:
            said = campaign(name, method, asked.archives, asked.trials)
            print(f"{name} {method} {asked.trials} trials: {said}", flush=True)


if __name__ == "__main__":
    main()
