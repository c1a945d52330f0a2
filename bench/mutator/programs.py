"""The programs of the comparison: public sources, a workload for each, and a part of their own tests as checks."""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from overnight.research.setup.labs import copy_lab

GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One program."""

    name: str
    archive: str  # of its sources, as `pip download --no-deps --no-binary :all: NAME` gets it; empty: a lab or ours
    package: str  # its folder in there
    workload: str  # a Python program, which is frozen
    check: str  # a part of its tests, run after each change
    suite: str  # all of them, run on what was kept
    path: str = "."  # for PYTHONPATH


PROGRAMS = {
    bench.name: bench
    for bench in (
        Bench(
            name="tinycss2",
            archive="tinycss2-1.5.1",
            package="tinycss2",
            workload=(
                "import tinycss2\n"
                "rule = 'a.b > #c:hover{color:rgba(1,2,3,.5);margin:0 1px 2em -3%;background:url(x.png)}\\n'\n"
                "css = (rule + '@media (min-width:10px){' + rule * 3 + '}\\n/* note */\\n') * 60\n"
                "for _ in range(40):\n"
                "    rules = tinycss2.parse_stylesheet(css)\n"
                "    for each in rules:\n"
                "        if each.type == 'qualified-rule':\n"
                "            tinycss2.parse_blocks_contents(each.content)\n"
                "    tinycss2.serialize(rules)\n"
            ),
            check="python -m pytest -q -x -p no:cacheprovider tests/test_tinycss2.py -k 'component or stylesheet'",
            suite="python -m pytest -q -p no:cacheprovider tests",
        ),
        Bench(
            name="sqlparse",
            archive="sqlparse-0.6.1",
            package="sqlparse",
            workload=(
                "import sqlparse\n"
                "sql = 'select a, b as c, count(*) from t1 left join t2 on t1.x = t2.y where a > 1 and b in (1, 2, 3) '\n"
                "sql += \"or c like '%x%' group by a, b having count(*) > 2 order by c desc limit 10;\\n\"\n"
                "for _ in range(50):\n"
                "    for statement in sqlparse.split(sql * 6):\n"
                "        sqlparse.format(statement, reindent=True, keyword_case='upper')\n"
            ),
            check="python -m pytest -q -x -p no:cacheprovider tests/test_parse.py tests/test_format.py tests/test_split.py",
            suite="python -m pytest -q -p no:cacheprovider tests",
        ),
        Bench(
            name="resolvelib",
            archive="resolvelib-1.2.1",
            package="src/resolvelib",
            path="src",
            workload=Path(__file__).with_name("resolving.txt").read_text(),
            check="python -m pytest -q -x -p no:cacheprovider tests/test_resolvers.py -k 'not pin_conflict'",
            # Its archive lacks the fixture of that test.
            suite="python -m pytest -q -p no:cacheprovider tests -k 'not pin_conflict'",
        ),
    )
}


def make_repository(name: str, archives: Path, folder: Path, researchers: str) -> None:
    """A repository with a program and its `program.md`."""
    if name == "kernel":
        copy_lab("kernel", folder)
        text = (folder / "program.md").read_text()
        (folder / "program.md").write_text(text.replace("\nlimits:", f"\nresearchers: {researchers}\nlimits:"))
    else:
        bench = PROGRAMS[name]
        with tarfile.open(archives / f"{bench.archive}.tar.gz") as tar:
            tar.extractall(folder.parent, filter="data")
        shutil.move(folder.parent / bench.archive, folder)
        (folder / "workload.py").write_text(bench.workload)
        (folder / "program.md").write_text(
            f"---\nmetric: {{name: cpu_s, direction: minimize}}\nmeasure: python workload.py\n"
            f"env: {{PYTHONPATH: /trial/{bench.path}}}\n"
            f'checks: ["{bench.check}"]\neditable: [{bench.package}/*.py, {bench.package}/**/*.py]\n'
            f"limits: {{wall: 60s, memory: 1GB}}\nresearchers: {researchers}\n---\n# Take less time\n"
        )
        subprocess.run([*GIT, "init", "-q", str(folder)], check=True)
    subprocess.run([*GIT, "-C", str(folder), "add", "-A"], check=True)
    subprocess.run([*GIT, "-C", str(folder), "commit", "-qm", "Start"], check=True)
