"""What a meta.md may say: every mistake comes with file, line, key and fix."""

import pytest

from overnight.errors import ProgramError
from overnight.meta.charter import Charter, InnerBudget, MetaBudget
from overnight.meta.composition import program_text
from overnight.meta.parsing import charter_notes, parse_charter
from overnight.program.parser import parse_program
from overnight.program.program import Guard

LEAST = "targets: [lab:plant]\ninner: {trials: 100}\nallowed_researchers: [{role: tuner, use: tuner}]\n"
WHOLE = """\
organisation: sub/program.md
targets: [., lab:plant, "lab:plant#7", ../my-repo/, /srv/my-repo, ../tokens]
holdout: [lab:kernel]
inner: {trials: 600, tokens: 200k, cost_usd: 1, audit_pairs: 6}
allowed_researchers:
  - {role: tuner, use: tuner}
  - {role: explorer, use: agent, model: large}
progress: audited
budget: {campaigns: 200, hours: 10, cost_usd: 50}
gate: {error_rate: 0.2, max_pairs: 20, holdout_pairs: 3}
guards: [tokens <= 300000]
researchers: [{role: organiser, use: agent}]
"""


def parsed(front: str) -> Charter:
    return parse_charter(f"---\n{front}---\nWords.\n", "meta.md")


def refused(front: str) -> str:
    with pytest.raises(ProgramError) as error:
        parsed(front)
    return str(error.value)


def test_every_key_is_taken_up() -> None:
    """Targets get names of their own, whatever folder they are in, that are none of what a trial reports."""
    charter = parsed(WHOLE)
    assert [target.name for target in charter.targets] == ["here", "plant", "plant-2", "my-repo", "my-repo-2", "tokens-2"]
    assert [target.fixed for target in charter.targets] == [True, False, True, True, True, True]
    assert charter.holdout[0].fixed, "a lab that is no family is the same each time"
    assert (charter.organisation, charter.audit_pairs) == ("sub/program.md", 6)
    assert charter.inner == InnerBudget(trials=600, tokens=200_000, cost_usd=1.0)
    assert charter.budget == MetaBudget(campaigns=200, hours=10.0, cost_usd=50.0)
    assert charter.guards == (Guard(metric="tokens", op="<=", bound=300_000.0),)
    assert [spec.role for spec in charter.allowed] == ["tuner", "explorer"]
    assert (charter.body, [spec.role for spec in charter.researchers]) == ("Words.\n", ["organiser"])


def test_three_keys_are_enough() -> None:
    """The rest has defaults."""
    charter = parsed(LEAST)
    assert (charter.organisation, charter.error_rate, charter.researchers[0].use) == ("program.md", 0.1, "tuner")


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("x: 1\n" + LEAST, "meta.md:2: x: unknown key"),
        (LEAST + "organization: a\n", "meta.md:5: organization: unknown key; did you mean `organisation`?"),
        (LEAST + "campaigns: 3\n", "`campaigns` belongs under `budget`"),
        (LEAST.replace("targets", "target"), "targets: required; write `targets: [lab:plant]`"),
        (LEAST.replace("[lab:plant]", "[]"), "meta.md:2: targets: "),
        (LEAST.replace("[lab:plant]", "lab:plant"), "must be a list, not `lab:plant`; write it as [a, b]"),
        (LEAST.replace("lab:plant", "lab:plnt"), "meta.md:2: targets[0]: there is no lab `plnt`; choose one of: compress"),
        (LEAST.replace("lab:plant", '"lab:"'), "there is no lab ``"),
        (LEAST.replace("lab:plant", '"lab:../../etc"'), "there is no lab `../../etc`"),
        (LEAST.replace("lab:plant", '"lab:kernel#2"'), "the lab `kernel` is no family"),
        (LEAST.replace("lab:plant", '"lab:plant#-1"'), "`#-1` names no instance; write a number such as `lab:plant#7`"),
        (LEAST.replace("lab:plant", '"lab:plant#"'), "names no instance"),
        (LEAST.replace("lab:plant", '"lab:plant#99999999999"'), "names no instance"),
        (LEAST.replace("lab:plant", "~/repo"), "write your home folder's name for `~`"),
        (LEAST.replace("[lab:plant]", "[a, ./b/../a]"), "targets[1]: `./b/../a` is also targets[0]; delete one"),
        (LEAST + "holdout: [lab:plant]\n", "meta.md:5: holdout[0]: `lab:plant` is also targets[0], so it would not be sealed"),
        (LEAST.replace("trials: 100", ""), "meta.md:3: inner: limits nothing"),
        (LEAST.replace("trials: 100", "experiments: 9"), "inner.experiments: is no budget of inner campaigns; a budget of exp"),
        (LEAST.replace("trials: 100", "trials: 3"), "write a whole number such as 600, at least 10"),
        (LEAST.replace("trials: 100", "trials: many"), "meta.md:3: inner.trials: must be"),
        (LEAST.replace("{trials: 100}", "600"), "inner: must be a mapping"),
        (LEAST + "progress: claimed\n", "meta.md:5: progress: must be `audited`"),
        (LEAST + "progress: [audited]\n", "progress: must be `audited`"),
        (LEAST.replace("use: tuner", "use: tunr"), "allowed_researchers[0].use: must be 'tuner'"),
        (LEAST.replace("use: tuner", "use: command"), "`use: command` needs a `command` or a `template`"),
        (LEAST.replace("use: tuner", "use: scripted"), "needs `edits` or `edits_file`"),
        (LEAST.replace("}]", "}, {role: tuner, use: agent}]"), "allowed_researchers[1].role: `tuner` appears twice"),
        (LEAST.replace("role: tuner, use: tuner", "role: critic, use: agent"), "none of them proposes changes"),
        (LEAST + "researchers: []\n", "researchers: "),
        (LEAST + "guards: [loss <= 1]\n", "meta.md:5: guards[0]: `loss <= 1` is no bound on what inner campaigns use"),
        (LEAST + "guards: [tokens >= 1]\n", "write an upper bound on one of: tokens, cost_usd, elapsed_s"),
        (LEAST + "gate: {error_rate: 0.9}\n", "gate.error_rate: must be less than or equal to 0.5"),
        (LEAST + "gate: {noise: deterministic}\n", "gate.noise: unknown key"),
        (LEAST + "organisation: meta.md\n", "organisation: is this very file"),
        (LEAST + "organisation: ../program.md\n", "organisation: must not contain"),
        (LEAST + "targets: [lab:kernel]\n", "targets: appears twice, first on line 2"),
        (LEAST + "budget: &a {hours: 1}\n", "YAML anchor"),
    ],
)
def test_a_mistake_has_its_place_and_its_fix(front: str, message: str) -> None:
    """As in program.md: one line each, with the nearest key."""
    assert message in refused(front)


def test_a_file_without_front_matter_is_sent_to_the_command_that_writes_it() -> None:
    """That of meta.md, and not that of program.md."""
    with pytest.raises(ProgramError, match="`overnight meta init` writes one"):
        parse_charter("# A better organisation\n", "meta.md")


def test_all_mistakes_are_reported_at_once() -> None:
    """Each on a line of its own, in the order of the file."""
    lines = refused(LEAST.replace("lab:plant", "lab:x, lab:y") + "guards: [loss <= 1]\nholdout: [lab:x]\n").splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["meta.md:2", "meta.md:2", "meta.md:6", "meta.md:6"]


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        ("tokens, a/progress, a/wall_s", ("tokens-2", "progress-2", "wall_s-2")),
        ("trials, kept, cpu_s", ("trials-2", "kept-2", "cpu_s-2")),
        ("x, a/x, x-2, b/x", ("x", "x-2", "x-2-2", "x-3")),
        ("7-wonders, '٣x', '...', '-_'", ("wonders", "x", "target", "_")),
        ("'yes', 'null', '1e5', x/true", ("yes", "null", "e5", "true")),
    ],
)
def test_a_target_has_a_name_of_its_own_that_a_metric_can_have(folders: str, names: tuple[str, ...]) -> None:
    """Not that of anything else that a trial reports; the program that is made of it can be read again."""
    charter = parsed(LEAST.replace("[lab:plant]", f"[{folders}]"))
    assert tuple(target.name for target in charter.targets) == names
    made = parse_program(program_text(charter, dict.fromkeys(names, 0.5)), "meta.md")
    assert tuple(name for name, _ in made.metric.parts) == names


def test_what_may_be_a_surprise_is_said() -> None:
    """Models without limits, and public targets whose answer a text could hold."""
    assert list(charter_notes(parsed(LEAST))) == []
    agents = LEAST.replace("}]", "}, {role: a, use: agent}]")
    inner, whole = charter_notes(parsed(agents))
    assert "`inner` limits neither tokens nor cost_usd" in inner and "`budget` limits neither" in whole
    assert not list(charter_notes(parsed(agents.replace("100", "100, tokens: 1k") + "budget: {cost_usd: 1}\n")))
    assert not list(charter_notes(parsed(LEAST.replace("}]", "}, {role: own, use: command, command: ./mine}]"))))
    assert "no `holdout`" in next(iter(charter_notes(parsed(LEAST.replace("lab:plant", ".")))))
