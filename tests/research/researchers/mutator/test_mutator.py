"""The researcher `use: mutator`, on trees of which nothing but the text is known."""

import asyncio
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from overnight.agents.context import AgentContext, AgentSpec
from overnight.gate.verdict import Verdict
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.mutator.batches import Batches
from overnight.research.researchers.mutator.flags import flag_mutations
from overnight.research.researchers.mutator.genetic import genetic_mutation
from overnight.research.researchers.mutator.known import known_mutations
from overnight.research.researchers.mutator.landscape import read_landscape
from overnight.research.researchers.mutator.mutation import Mutation
from overnight.research.researchers.mutator.mutator import KEY, Mutator
from overnight.research.researchers.mutator.payoff import OPERATOR, Payoff
from overnight.research.researchers.mutator.profile import Profile, Runs
from overnight.research.researchers.port import Assignment, NoIdeas
from overnight.testing import ResearcherConformance, ended

CODE = """\
def go(values):
    total = 0
    for value in values:
        total = max(total, value)
        spare = value + 1
        total = total + spare
    return total


def never(values):
    return list(value for value in values)
"""
C = """\
int work(int n) {
    int total = 0;
    for (int i = 0; i < n; i++) {
        total += i;
        total ^= 1;
    }
    return total;
}
"""
# Four kinds of rewrites apply to it.
KINDS = "def f(x):\n    a = max(x[0], 1)\n    b = list(y for y in x)\n    c = a**2\n    return a, b, c, not a in b\n"
PROGRAM = Program(
    path="program.md",
    metric=Metric(name="s", direction=Direction.MINIMIZE),
    measure="python code.py",
    checks=("python test.py",),
    editable=("*.py", "*.c", "Makefile"),
)


class Failing:
    """An executor in which every command fails, so that nothing is profiled, and every check notices."""

    name = "process"

    def folder_of(self, folder: Path) -> str:
        """The same."""
        return str(folder)

    async def run(self, job: Job, link: object = None, monitor: object = None) -> JobResult:
        """It fails at once."""
        return JobResult(ending=JobEnding.EXITED, exit_code=1, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0, output_bytes=0)


def mutator(folder: Path) -> Mutator:
    """One whose runs all fail."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return Mutator(AgentContext(spec=AgentSpec(use="mutator"), executor=Failing(), limits=Limits(), scratch=scratch, slot=1))


def assign(workspace: Path, number: int, program: Program = PROGRAM) -> Assignment:
    """A tree of one file."""
    (workspace / "code.py").write_text(CODE)
    return Assignment(number=number, role="mutator", program=program, workspace=workspace, brief="", head="c0")


class TestMutator(ResearcherConformance):
    """The mutator keeps what every researcher promises."""

    def make(self, folder: Path) -> Mutator:
        """One whose runs all fail."""
        return mutator(folder)

    def assign(self, workspace: Path, number: int) -> Assignment:
        """A tree that it can change."""
        return assign(workspace, number)


def lined(*lines: int, path: str = "code.py") -> Profile:
    """A profile in which these lines run equally often."""
    return Profile(samples={path: dict.fromkeys(lines, 100)}, executed={path: dict.fromkeys(lines, 100)})


def test_no_run_of_it_takes_a_gpu_from_a_trial(tmp_path: Path) -> None:
    """Profiles and checks of a program whose trials have one."""
    seen: list[Job] = []

    class Watched(Failing):
        async def run(self, job: Job, link: object = None, monitor: object = None) -> JobResult:
            seen.append(job)
            return await super().run(job, link, monitor)

    workspace = tmp_path / "work"
    workspace.mkdir()
    context = AgentContext(spec=AgentSpec(use="mutator"), executor=Watched(), limits=Limits(), scratch=tmp_path, slot=1)
    asyncio.run(Runs(context=context, program=replace(PROGRAM, limits=Limits(gpus=1))).profile(workspace))
    assert len(seen) == 3 and {job.limits.gpus for job in seen} == {0}


def test_known_rewrites_come_first_and_none_twice(tmp_path: Path) -> None:
    """Each proposal is another change; what came of one is remembered after a restart."""
    made, researcher = [], mutator(tmp_path)
    for number in range(1, 5):
        workspace = tmp_path / str(number)
        workspace.mkdir()
        made.append(asyncio.run(researcher.propose(assign(workspace, number))))
    assert made[0].hypothesis.startswith("All known rewrites") and "compared-min, list-of-generator" in made[0].hypothesis
    assert {"compared-min", "list-of-generator"} <= {draft.notes[OPERATOR] for draft in made}
    assert len({draft.notes[KEY] for draft in made}) == len(made)
    again = mutator(tmp_path)
    for number, draft in enumerate(made, 1):
        again.learn(ended(number, "mutator", draft, Verdict.DISCARD, gain=-1.0))
    (tmp_path / "again").mkdir()
    assert asyncio.run(again.propose(assign(tmp_path / "again", 9))).notes[KEY] not in {draft.notes[KEY] for draft in made}


def test_a_batch_that_breaks_something_is_halved(tmp_path: Path) -> None:
    """Halves of a batch follow a crash of it, down to two kinds; after another verdict none do."""
    (tmp_path / "code.py").write_text(KINDS)
    land = read_landscape(tmp_path, PROGRAM, Profile())
    for verdict, more in ((Verdict.CRASH, 2), (Verdict.DISCARD, 0)):
        batches = Batches(known_mutations(land, lambda _: True))
        whole = batches.next(land, ())
        assert whole is not None and batches.next(land, ()) is None
        batches.learn(whole.key, verdict)
        halves = [half for _ in range(3) if (half := batches.next(land, ())) is not None]
        assert len(halves) == more
        places = [sum(map(len, half.cuts.values())) for half in halves]
        assert not places or sum(places) == sum(map(len, whole.cuts.values()))


def test_without_checks_it_refuses_and_says_what_to_add(tmp_path: Path) -> None:
    """Nothing would notice what it breaks."""
    with pytest.raises(NoIdeas, match=r"neither `checks` nor `score`.*add a test"):
        asyncio.run(mutator(tmp_path).propose(assign(tmp_path, 1, replace(PROGRAM, checks=()))))


def test_statements_that_no_run_executes_are_left_alone(tmp_path: Path) -> None:
    """Edits touch the executed lines of hot functions only, and every one parses."""
    (tmp_path / "code.py").write_text(CODE)
    land = read_landscape(tmp_path, PROGRAM, lined(1, 2, 3, 4, 5))
    made = [genetic_mutation(land, lambda _: True, lambda _: 1.0, Random(seed), lambda _: False) for seed in range(60)]
    edits = [each for each in made if each is not None]
    assert {each.operator for each in edits} == {"delete", "move", "copy", "replace"}
    tail = CODE[CODE.index("        total = total + spare") :]
    assert all(each.edit(land.contents)["code.py"].decode().endswith(tail) for each in edits)
    assert all("`go` (code.py:" in each.reason for each in edits)


def test_statements_of_c_are_edited_by_the_same_rules(tmp_path: Path) -> None:
    """The parsers give functions and statements; returns and declarations stay."""
    (tmp_path / "work.c").write_text(C)
    land = read_landscape(tmp_path, PROGRAM, lined(1, 2, 3, 4, 5, path="work.c"))
    made = [genetic_mutation(land, lambda _: True, lambda _: 1.0, Random(seed), lambda _: False) for seed in range(40)]
    texts = [each.edit(land.contents)["work.c"].decode() for each in made if each is not None]
    assert any("total ^= 1;" not in text for text in texts)
    assert all("    int total = 0;" in text and "    return total;\n}" in text for text in texts)


def test_flags_of_a_makefile(tmp_path: Path) -> None:
    """Levels take the place of the one that is there, or stand before other flags."""
    (tmp_path / "Makefile").write_text("CFLAGS = -Wall -O2\n\nall: a\n\t$(CC) $(CFLAGS) a.c\n")
    land = read_landscape(tmp_path, PROGRAM, Profile())
    texts = [each.edit(land.contents)["Makefile"].decode() for each in flag_mutations(land)]
    assert "CFLAGS = -Wall -O3 -march=native\n\nall: a\n\t$(CC) $(CFLAGS) a.c\n" in texts
    assert not any("-O2 -O3" in text for text in texts)
    (tmp_path / "Makefile").write_text("all:\n\tgcc a.c -o a\n")
    land = read_landscape(tmp_path, PROGRAM, Profile())
    assert "all:\n\tgcc -O3 a.c -o a\n" in [each.edit(land.contents)["Makefile"].decode() for each in flag_mutations(land)]


def test_what_paid_is_tried_more() -> None:
    """A kept operator promises more than an untried one, and a fruitless one less; unknown names take no room without end."""
    payoff = Payoff()
    for number, (operator, verdict) in enumerate((("move", Verdict.KEEP), ("copy", Verdict.CRASH), ("copy", Verdict.DISCARD))):
        draft = Draft(hypothesis="h", notes={OPERATOR: operator})
        payoff.learn(ended(number + 1, "mutator", draft, verdict, gain=-1.0))
    assert payoff.of("move") > payoff.of("delete") > payoff.of("copy")
    for number in range(1000):
        draft = Draft(hypothesis="h", notes={OPERATOR: f"x{number}"})
        payoff.learn(ended(number + 9, "mutator", draft, Verdict.CRASH, gain=None))
    assert len(payoff.tried) < 200


def test_a_batch_that_broke_something_before_a_restart_is_halved_after_it(tmp_path: Path) -> None:
    """A campaign that goes on proposes the halves of the batch that crashed, under names of what is in them."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    program = assign(workspace, 1)

    def proposed(by: Mutator, number: int) -> Draft:
        (workspace / "code.py").write_text(KINDS)
        return asyncio.run(by.propose(replace(program, number=number)))

    whole = proposed(mutator(tmp_path), 1)
    again = mutator(tmp_path)
    again.learn(ended(1, "mutator", whole, Verdict.CRASH, gain=0.0))
    halves = [proposed(again, number) for number in (2, 3)]
    assert all(half.hypothesis.startswith("All known rewrites") for half in halves)
    kinds = [set(draft.hypothesis.split("(")[1].split(")")[0].split(", ")) for draft in (whole, *halves)]
    assert kinds[1] | kinds[2] == kinds[0] and not kinds[1] & kinds[2]


def test_rewrites_that_ran_before_a_restart_are_proposed_together_after_it(tmp_path: Path) -> None:
    """What crashed alone is left out; all others that were discarded come as one change."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    program = assign(workspace, 1)
    (workspace / "code.py").write_text(KINDS)
    land = read_landscape(workspace, PROGRAM, Profile())
    listed = list(known_mutations(land, lambda _: True))
    again = mutator(tmp_path)
    batches = Batches(listed)
    while (batch := batches.next(land, ())) is not None:
        again.learn(ended(1, "mutator", draft_of(batch), Verdict.CRASH, gain=0.0))
        batches.learn(batch.key, Verdict.CRASH)
    for number, each in enumerate(listed, 2):
        verdict = Verdict.CRASH if each is listed[0] else Verdict.DISCARD
        again.learn(ended(number, "mutator", draft_of(each), verdict, gain=0.0))
    said = asyncio.run(again.propose(replace(program, number=99))).hypothesis
    assert said.startswith("Small wins as one change") and listed[0].operator not in said
    assert all(each.operator in said for each in listed[1:])


def draft_of(mutation: Mutation) -> Draft:
    """A proposal of it."""
    return Draft(hypothesis=mutation.reason, notes={OPERATOR: mutation.operator, KEY: mutation.key})
