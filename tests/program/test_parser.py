"""`program.md`, parsed and checked."""

import hashlib
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overnight.errors import ProgramError
from overnight.jail.job import Limits
from overnight.program.fit import loopholes
from overnight.program.front_matter import Value
from overnight.program.parser import parse_program
from overnight.program.program import Direction, GateSettings, Guard, Noise, Program, ResearcherSpec, Take
from overnight.program.schema import KEYS
from overnight.program.writer import FrontMatterEntry, render_front_matter

MINIMAL = "metric: val_bpb\nmeasure: python train.py\n"

FULL = """\
metric: {name: val_bpb, direction: minimize, min_effect: 1e-3}
measure: python train.py --seed {seed}
editable: [train.py, "src/**/*.py"]
hidden: holdout/
checks: pytest -q
guards: [peak_memory_mb <= 4000, acc>0.5]
holdout: python evaluate.py --split holdout
readable: [/data]
limits:
  {wall: 1h30m, memory: 1GiB, cpus: 2, gpus: 1, disk: 512MB, files: 1k, processes: 9, output: 1MB, network: host,
   allow_exit: [0, 3]}
budget: {experiments: 100, hours: 90m, tokens: 2M, cost_usd: 20}
gate: {error_rate: 0.05, noise: timing, max_pairs: 20, holdout_pairs: 3}
target: .95
researchers:
  - {role: tuner, use: tuner}
  - role: explorer
    use: command
    command: |
      ./explore
      ./again
    count: 2
  - role: fixed
    use: scripted
    edits: [[train.py, a, b], {path: train.py, old: "x\\n", new: ""}]
"""


def program(front: str, body: str = "# Program\n") -> Program:
    """The program with this front matter."""
    return parse_program(f"---\n{front}---\n{body}", "program.md")


def mistakes(front: str) -> str:
    """The message for this front matter, which must be refused."""
    with pytest.raises(ProgramError) as caught:
        program(front)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_metric_and_measure_are_enough() -> None:
    """All other keys have a default."""
    parsed = program(MINIMAL)
    assert parsed.metric.name == "val_bpb"
    assert parsed.metric.direction is Direction.MINIMIZE
    assert parsed.editable == ("train.py",)
    assert (parsed.limits, parsed.gate) == (Limits(), GateSettings())
    assert parsed.researchers == (ResearcherSpec(role="tuner", use="tuner"),)


@pytest.mark.parametrize(("hours", "expected"), [("2", 2.0), ("0.5", 0.5), ("90m", 1.5), ("3600s", 1.0), ("1d", 24.0)])
def test_a_bare_number_of_hours_is_hours(hours: str, expected: float) -> None:
    """`budget: {hours: 2}` is two hours, while a bare `wall` is in seconds."""
    parsed = parse_program(f"---\nmetric: loss\nmeasure: x\nbudget: {{hours: {hours}}}\nlimits: {{wall: 2}}\n---\n", "p")
    assert (parsed.budget.hours, parsed.limits.wall_s) == (expected, 2.0)


def test_every_key_arrives_in_the_record_with_its_unit() -> None:
    """Durations are seconds, sizes bytes, counts whole numbers, single values lists of one."""
    parsed = program(FULL)
    assert parsed.metric.min_effect == 0.001
    assert parsed.measure == "python train.py --seed {seed}"
    assert parsed.editable == ("train.py", "src/**/*.py")
    assert (parsed.hidden, parsed.checks, parsed.readable) == (("holdout/",), ("pytest -q",), ("/data",))
    assert parsed.guards == (Guard(metric="peak_memory_mb", op="<=", bound=4000), Guard(metric="acc", op=">", bound=0.5))
    assert parsed.limits == Limits(
        wall_s=5400,
        memory_bytes=2**30,
        cpus=2,
        gpus=1,
        disk_bytes=512_000_000,
        files=1000,
        processes=9,
        output_bytes=1_000_000,
        network="host",
        allow_exit=(0, 3),
    )
    assert (parsed.budget.experiments, parsed.budget.hours) == (100, 1.5)
    assert (parsed.budget.tokens, parsed.budget.cost_usd) == (2_000_000, 20)
    assert parsed.gate == GateSettings(error_rate=0.05, noise=Noise.TIMING, max_pairs=20, holdout_pairs=3)
    assert parsed.target == 0.95
    assert parsed.researchers[1].command == "./explore\n./again\n"
    assert parsed.researchers[2].edits == (("train.py", "a", "b"), ("train.py", "x\n", ""))


def test_the_body_and_the_source_are_kept_to_the_byte() -> None:
    """Body, source and digest are those of the unchanged text, line ends included."""
    text = f"---\r\n{MINIMAL}---\r\n\r\n# Ideas\r\n---\r\nno end"
    parsed = parse_program(text, "x/program.md")
    assert parsed.body == "\r\n# Ideas\r\n---\r\nno end"
    assert parsed.source == text
    assert parsed.digest == hashlib.sha256(text.encode()).hexdigest()
    assert parsed.path == "x/program.md"


def test_produce_and_score_take_the_place_of_measure() -> None:
    """The two-process form needs produce, score and artifacts, and no measure."""
    parsed = program("metric: loss\nproduce: a\nscore: b\nartifacts: [out/model.json]\n")
    assert (parsed.measure, parsed.produce, parsed.score, parsed.artifacts) == (None, "a", "b", ("out/model.json",))
    timed = "metric: cpu_s\nproduce: a\nscore: b\nartifacts: [c]\nholdout: d\n"
    assert "holdout: would measure cpu_s of the scorer, not of the candidate" in mistakes(timed)
    assert "score: cannot be combined with `measure`" in mistakes(MINIMAL + "score: b\n")
    assert "artifacts: missing" in mistakes("metric: loss\nproduce: a\nscore: b\n")
    assert "program.md:1: measure: required" in mistakes("metric: loss\n")


MADE = "metric: cpu_s\nproduce: a\nscore: b\nartifacts: [c]\nprepare: p {seed} {split}\ninputs: [in.json]\nholdout: d\n"


def test_frozen_code_may_make_the_inputs() -> None:
    """With `{split}` it also makes sealed ones, so that a metric which is measured from outside can have a holdout."""
    parsed = program(MADE)
    assert (parsed.prepare, parsed.inputs, parsed.splits) == ("p {seed} {split}", ("in.json",), True)
    assert not program(MADE.replace(" {split}", "").replace("cpu_s", "loss")).splits
    assert program(MADE.replace("holdout", "audit")).splits


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("prepare: p {seed} {split}\n", "", "1: prepare: missing; `prepare` is the frozen command that makes"),
        ("inputs: [in.json]\n", "", "1: inputs: missing; `prepare` is the frozen command that makes"),
        ("[in.json]", "[]", "7: inputs: names no file; name the files that `prepare` leaves"),
        ("[in.json]", "[../in.json]", "inputs[0]: must not contain `.` or `..`"),
        ("[c]", "[in.json]", "5: artifacts[0]: `in.json` is also an input"),
        ("[c]", "[c, in.json/x]", "artifacts[1]: `in.json/x` is also an input"),
        ("[in.json]", "[c/in.json]", "artifacts[0]: `c` is also an input"),
        ("holdout: d\n", "", "6: prepare: has `{split}`, but there is no `holdout` and no `audit`, so"),
        (" {split}", "", "holdout: would measure cpu_s of the scorer, not of the candidate; let `prepare` make sealed inputs"),
        (" {split}", " ${split}", "prepare: `${split}` would become a dollar sign and a word; write `{split}`"),
        (" {split}", " {split} {spilt}", "prepare: unknown placeholder `{spilt}`; did you mean `{split}`?"),
        (" {split}", " {split} {kind}", "`{seed}` and `{split}` are the only ones"),
        ("produce: a", "produce: a {split}", "3: produce: `{split}` is allowed only in `prepare`; remove it: a candidate"),
        ("score: b", "score: b {split}", "4: score: `{split}` is allowed only in `prepare`"),
        ("holdout: d", "holdout: d {split}", "8: holdout: `{split}` is allowed only in `prepare`"),
        ("produce: a\nscore: b\nartifacts: [c]", "measure: m", "prepare: cannot be combined with `measure`"),
        ("produce: a\nscore: b\nartifacts: [c]", "measure: m", "inputs: cannot be combined with `measure`"),
        ("produce: a\nscore: b\nartifacts: [c]\n", "", "produce: missing; `produce`, `score` and `artifacts` go together"),
    ],
)
def test_a_mistake_about_inputs_is_named(right: str, wrong: str, message: str) -> None:
    """What does not go together is reported with line, key and fix."""
    assert right in MADE
    assert message in mistakes(MADE.replace(right, wrong))


@pytest.mark.parametrize("name", ["loss", "val_bpb", "latency", "wall_s", "p95_ms", "eval.perplexity", "peak_memory_mb"])
def test_some_names_say_that_less_is_better(name: str) -> None:
    """The short form needs no direction if the name makes it plain."""
    assert program(f"metric: {name}\nmeasure: x\n").metric.direction is Direction.MINIMIZE


@pytest.mark.parametrize("name", ["accuracy", "val_accuracy", "F1", "auc", "ops_per_sec", "throughput", "score"])
def test_some_names_say_that_more_is_better(name: str) -> None:
    """The short form needs no direction if the name makes it plain."""
    assert program(f"metric: {name}\nmeasure: x\n").metric.direction is Direction.MAXIMIZE


@pytest.mark.parametrize("name", ["reward", "error_score", "bpbx"])
def test_other_names_need_a_direction(name: str) -> None:
    """An unknown or contradictory name is asked about, never guessed."""
    assert "2: metric.direction: missing" in mistakes(f"metric: {name}\nmeasure: x\n")
    assert program(f"metric: {{name: {name}, direction: maximize}}\nmeasure: x\n").metric.direction is Direction.MAXIMIZE


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    """One run shows every mistake, each on a line with file, line, key and fix."""
    lines = mistakes(
        "metrc: val_bpb\nmetric: {name: foo, direction: lower}\nmeasure: x\nexperiments: 5\nlimits:\n  wall: long\nhidden:\n"
    ).split("\n")
    assert lines == [
        "program.md:2: metrc: unknown key; did you mean `metric`?",
        "program.md:3: metric.direction: must be 'minimize' or 'maximize', not `lower`; write `minimize`",
        "program.md:5: experiments: unknown key; `experiments` belongs under `budget`",
        "program.md:7: limits.wall: must be a duration such as 90s, 5m or 1h30m, not `long`",
        "program.md:8: hidden: has no value; give it one, or delete the key to use its default",
    ]


def test_a_file_full_of_mistakes_ends_in_a_screenful() -> None:
    """Thousands of mistakes are counted, not listed."""
    lines = mistakes(MINIMAL + "".join(f"x{number}: 1\n" for number in range(5000))).split("\n")
    assert len(lines) == 32
    assert lines[-1] == "program.md: and 4,969 more mistakes"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("measure: y", "measure: appears twice, first on line 3; delete one"),
        ("checks: [a: b]", "4: checks[0]: must be text; put it in quotes"),
        ("checks: 5", "checks[0]: must be text, not `5`; put it in quotes"),
        ("checks: ['']", "checks[0]: is empty"),
        (r'holdout: "a\0b"', "holdout: has an invisible character"),
        (r'holdout: "a\u202eb"', "holdout: has an invisible character"),
        ("holdout: a: b", "not YAML: mapping values are not allowed here; quote a text that contains `: `"),
        ("editable: [*.py]", "4: not YAML: expected alphabetic or numeric character, but found '.'; quote a glob"),
        ("editable: *a", "4: an unquoted `*` is a YAML alias"),
        ("editable: &a [b]", "4: an unquoted `&` is a YAML anchor"),
        ("editable: !!python/name:os.system x", "4: an unquoted `!` is a YAML tag"),
        ("editable: []", "editable: must have at least 1 item"),
        ("editable: /train.py", "must be relative to the repository, not `/train.py`; delete the leading `/`"),
        ("editable: [a/../b]", "must not contain `.` or `..`"),
        ("editable: [a//b]", "is not a path"),
        ("hidden: train.py/", "`train.py` is both editable and hidden"),
        ("hidden: ['*.py']", "`train.py` is both editable and hidden"),
        ("readable: ~/data", "must be an absolute path"),
        ("guards: [a = 5]", "guards[0]: must be a bound on a metric, not `a = 5`; write it as `peak_memory_mb <= 4000`"),
        ("guards: [a <= many]", "guards[0]: must be a number"),
        ("guards: [a <= .inf]", "guards[0]: must be a number"),
        ("limits: {memory: 4 apples}", "limits.memory: must be a size such as 512MB"),
        ("limits: {memory: 0}", "limits.memory: must be greater than 0, not `0`"),
        ("limits: {cpus: 1.5}", "limits.cpus: must be a whole number, not `1.5`"),
        ("limits: {cpus: true}", "limits.cpus: must be a whole number"),
        ("limits: {network: off}", "limits.network: must be `none`, `host`, or a list of hosts, not `off`"),
        ("limits: {allow_exit: 256}", "limits.allow_exit[0]: must be less than or equal to 255, not `256`"),
        ("limits: 5", "limits: must be a mapping, not `5`"),
        ("budget: {hours: 0}", "budget.hours: must be greater than 0"),
        ("budget: {hours: long}", "budget.hours: must be hours such as 8 or 0.5, or a duration such as 90m, not `long`"),
        ("budget: {hour: 5}", "budget.hour: unknown key; did you mean `hours`?"),
        ("budget: {zzz: 5}", "budget.zzz: unknown key; known here: experiments, trials, hours, tokens, cost_usd"),
        ("gate: {error_rate: 0.9}", "gate.error_rate: must be less than or equal to 0.5, not `0.9`"),
        ("gate: {noise: gausian}", "did you mean `gaussian`?"),
        ("target: much", "target: must be a number, not `much`"),
        ("target: 1" + "0" * 39 + "e400", "target: must be a finite number"),
        (
            "researchers: [{role: a, use: tunr}]",
            "researchers[0].use: must be 'tuner', 'mutator', 'agent', 'editor', 'acp', 'command',",
        ),
        ("researchers: [{role: a, use: command}]", "researchers[0].command: `use: command` needs a `command`"),
        ("researchers: [{role: a, use: tuner, command: b}]", "`use: tuner` takes no `command`"),
        ("researchers: [{role: a, use: scripted}]", "`use: scripted` needs `edits` or `edits_file`"),
        ("researchers: [{role: a, use: tuner, edits_file: e.jsonl}]", "`use: tuner` takes no `edits_file`"),
        (
            "researchers: [{role: a, use: scripted, edits_file: e.jsonl, edits: [[a, b, c]]}]",
            "`use: scripted` takes either `edits` or `edits_file`",
        ),
        ("researchers: [{role: a, use: tuner, edits: [[a, b, c]]}]", "`use: tuner` takes no `edits`"),
        ("researchers: [{role: a, use: scripted, edits: [[a, b]]}]", "researchers[0].edits[0]: must be a mapping"),
        ("researchers: [{role: a, use: tuner}, {role: a, use: tuner}]", "researchers[1].role: `a` appears twice"),
        ("researchers: [{role: a b, use: tuner}]", "researchers[0].role: must be one word"),
        ("researchers: []", "researchers: must have at least 1 item"),
        ("? [a, b]\n: c", "a key must be a word"),
        ("zzz: " + "[" * 40, "4: nested deeper than 8 levels"),
        ('"\\e[31m": x', r"\x1b[31m: unknown key"),
        ("checks: [" + "a," * 65 + "]", "checks: must have at most 64 items"),
        ("holdout: " + "x" * 5000, "holdout: must have at most 4096 characters"),
    ],
)
def test_a_mistake_names_its_place_and_its_fix(line: str, message: str) -> None:
    """Every kind of mistake has its own clear line without invisible characters."""
    text = mistakes(MINIMAL + line + "\n")
    assert message in text
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("{name: loss, pattern: 'x'}", "metric.pattern: has 0 groups instead of one; put parentheses"),
        ("{name: loss, pattern: '(a)(b)'}", "metric.pattern: has 2 groups instead of one"),
        ("{name: loss, curve: '(a)'}", "metric.curve: has 1 groups instead of two or three; put parentheses"),
        ("{name: loss, curve: '('}", "metric.curve: not a regular expression"),
        ("{name: loss, pattern: '(a'}", "metric.pattern: not a regular expression: missing )"),
        ("{name: loss, pattern: '([[a])'}", "metric.pattern: not a regular expression: Possible nested set"),
        ("{name: loss, pattern: (a), result: b}", "metric.result: cannot be combined with `pattern`"),
        ("{name: loss, take: final}", "metric.take: must be 'last', 'first', 'min', 'max' or 'geomean', not `final`"),
        ("{name: loss, take: last, result: b}", "metric.take: cannot be combined with `result`"),
        ("{name: cpu_s, take: last}", "metric.take: cpu_s is measured from outside, once in a trial; delete `take`"),
        ("{name: loss, take: geomean}", "metric.values: belongs to `take: geomean`, and says how many"),
        ("{name: loss, values: 2}", "metric.values: belongs to `take: geomean`"),
        ("{name: loss, take: geomean, values: 0}", "metric.values: must be greater than or equal to 1"),
        ("{name: loss, unit: ms}", "metric.unit: needs a `pattern`"),
        ("{name: loss, pattern: (a), unit: h}", "metric.unit: must be 'ns', 'us', 'ms' or 's', not `h`"),
        ("{name: loss, result: ../b}", "metric.result: must not contain"),
        ("{name: two words, direction: minimize}", "metric.name: must be one word"),
        ("{name: loss, min_effect: -1}", "metric.min_effect: must be greater than or equal to 0"),
        ("{direction: minimize}", "metric.name: required"),
        ("[loss]", "metric: must be a mapping"),
    ],
)
def test_a_mistake_in_the_metric_is_named(metric: str, message: str) -> None:
    """Everything else depends on the metric, so all of it is checked."""
    assert message in mistakes(f"metric: {metric}\nmeasure: x\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.md:1: no front matter; start the file with"),
        ("# Program\n", "p.md:1: no front matter"),
        (f"---\n{MINIMAL}", "p.md:1: the front matter has no end; close it with a `---` line"),
        ("---\n---\n", "p.md:2: the front matter is not a mapping"),
        ("---\n- a\n---\n", "p.md:2: the front matter is not a mapping"),
        ("---\na: b\nx: \x01\n---\n", "p.md:3: a character that YAML does not allow"),
        ("---\na: \ud800\n---\n", "p.md: not valid Unicode text"),
        ("---\n" + "x" * 100_000 + "\n---\n", "the front matter is larger than 64,000 characters"),
        ("x" * 1_000_001, "p.md: larger than 1,000,000 characters"),
    ],
)
def test_a_file_that_is_no_program_is_refused(text: str, message: str) -> None:
    """A text that cannot be read at all also gives one clear line."""
    with pytest.raises(ProgramError) as caught:
        parse_program(text, "p.md")
    assert message in str(caught.value)


def test_a_billion_laughs_is_refused_at_once() -> None:
    """Aliases, which turn a small YAML text into a huge value, are not followed."""
    bomb = "a: &a [x,x]\n" + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert "an unquoted `&`" in mistakes(bomb)


def test_yaml_words_are_not_turned_into_something_else() -> None:
    """`no`, `on`, `1:30` and dates are text, as YAML 1.2 has it."""
    assert program(MINIMAL + "checks: [no, on, 1:30, 2024-01-01, 0x1F]\n").checks == ("no", "on", "1:30", "2024-01-01", "0x1F")


SIGNS = [
    "*",
    "&a",
    "{",
    "}",
    "[",
    "]",
    ": ",
    ", ",
    "\n",
    "\n  ",
    "\n- ",
    "---",
    "|",
    '"',
    "'",
    "#",
    "!",
    "\t",
    "\x00",
    "\ud800",
    "\u2028",
]
VALID = ["val_bpb", "minimize", "5m", "4GB", "-1", "1e9", "tuner", "scripted", "é"]
WORDS = st.sampled_from([*KEYS[""], *KEYS["limits"], *KEYS["metric"], *KEYS["researchers"], *VALID, *SIGNS])


@settings(deadline=None)
@given(st.lists(WORDS, max_size=30).map("".join) | st.text(st.characters(), max_size=60))
@example("a: [\n---\n")
def test_any_text_is_a_program_or_a_program_error(front: str) -> None:
    """No text makes the parser do anything else."""
    for text in (front, f"---\n{front}\n---\n", f"---\n{MINIMAL}{front}\n---\n"):
        try:
            assert isinstance(parse_program(text, "p.md"), Program)
        except ProgramError as error:
            assert str(error).startswith("p.md")


VALUES = st.recursive(
    st.text(max_size=8) | st.integers(-5, 10**6) | st.floats() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "role", "use", "path"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*KEYS[""], "zzz"]), VALUES, max_size=4))
def test_any_value_under_any_key_is_a_program_or_a_program_error(values: dict[str, Value]) -> None:
    """No value makes the checks do anything else."""
    entries = [FrontMatterEntry(key=key, value=value) for key, value in ({"metric": "loss", "measure": "x"} | values).items()]
    try:
        assert isinstance(parse_program(render_front_matter(entries), "p.md"), Program)
    except ProgramError as error:
        assert str(error).startswith("p.md")


COMMANDS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40).filter(str.strip)


@settings(deadline=None)
@given(COMMANDS, st.lists(COMMANDS, min_size=1, max_size=3), st.floats(0, 1e300), st.text(max_size=50))
def test_what_is_rendered_parses_to_the_same(measure: str, checks: list[str], effect: float, reason: str) -> None:
    """A written front matter says what was meant, whatever the values and the reasons contain."""
    metric: Value = {"name": "loss", "min_effect": effect}
    written = render_front_matter(
        [
            FrontMatterEntry(key="metric", value=metric, reason=reason),
            FrontMatterEntry(key="measure", value=measure, reason=reason),
            FrontMatterEntry(key="checks", value=list[Value](checks)),
        ]
    )
    parsed = parse_program(written + "body", "p.md")
    assert (parsed.measure, list(parsed.checks), parsed.metric.min_effect) == (measure, checks, effect)
    assert parsed.body == "body"


def test_the_commented_examples_of_a_rendered_front_matter_are_right() -> None:
    """Uncommenting any of the further keys gives a program."""
    written = render_front_matter([FrontMatterEntry(key="metric", value="loss"), FrontMatterEntry(key="measure", value="x")])
    examples = [
        line.removeprefix("# ") for line in written.split("# Further keys, with examples:\n")[1].split("\n") if line != "---"
    ]
    assert len(examples) > 5 and any(line.startswith("researchers: ") for line in examples)
    program(MINIMAL + "\n".join(examples) + "\n")


@pytest.mark.parametrize(
    ("key", "command", "hint"),
    [
        ("measure", "python train.py --seed {sed}", "measure: unknown placeholder `{sed}`; did you mean `{seed}`?"),
        ("measure", "python train.py {python}", "unknown placeholder `{python}`; `{seed}` is the only one"),
        ("holdout", "bash -c 'python eval.py {SEED}'", "holdout: unknown placeholder `{SEED}`; did you mean `{seed}`?"),
        ("checks", "pytest --seed={Seed}", "checks[0]: unknown placeholder `{Seed}`"),
        ("measure", "python train.py ${seed}", "measure: `${seed}` would become a dollar sign and a number; write `{seed}`"),
    ],
)
def test_a_placeholder_that_is_none_is_named(key: str, command: str, hint: str) -> None:
    """A misspelt `{seed}` would reach the command as it is, and every trial would run with one seed or fail."""
    measure = "" if key == "measure" else "measure: python train.py\n"
    with pytest.raises(ProgramError) as caught:
        parse_program(f"---\nmetric: loss\n{measure}{key}: {json.dumps(command)}\n---\n", "program.md")
    assert hint in str(caught.value) and f"program.md:{3 if key == 'measure' else 4}: " in str(caught.value)


@pytest.mark.parametrize(
    "command",
    [
        "python train.py --seed {seed} --out=run{seed}.json",
        "python train.py && awk '{print}' out.txt",
        "for i in {1..3}; do { python train.py ${HOME} $OVERNIGHT_SEED; }; done",
        "git show HEAD^{tree} @{upstream} \\{a\\}",
        """python -c 'print(f"loss: {speed}")'""",
        'echo "loss: ${SEED}" {a,b}',
    ],
)
def test_braces_of_other_languages_stay(command: str) -> None:
    """Braces for the shell, git, awk or a quoted script are not mistaken for placeholders."""
    text = f"---\nmetric: loss\nmeasure: {json.dumps(command)}\n---\n"
    assert parse_program(text, "program.md").measure == command


@pytest.mark.parametrize(
    ("front", "fix"),
    [
        ("measure: x", "metric: required; write `metric: NAME`"),
        ("metric: loss\nmeasure: x\nlimits: {wall: 0}", "limits.wall: must be greater than 0, not `0`; write a duration"),
        ("metric: loss\nmeasure: x\nlimits: {wall: 8d}", "write a duration such as 90s, 5m or 1h30m, at most 7d"),
        ("metric: loss\nmeasure: x\ngate: {error_rate: 2}", "write a share such as 0.1"),
        ("metric: loss\nmeasure: x\neditable: []", "must have at least 1 item; name the files that may change"),
    ],
)
def test_each_mistake_says_its_fix(front: str, fix: str) -> None:
    """A required key that is missing and a value out of bounds come with what to write instead."""
    with pytest.raises(ProgramError) as caught:
        parse_program(f"---\n{front}\n---\n", "program.md")
    assert fix in str(caught.value)


@pytest.mark.parametrize(("direction", "lucky"), [("minimize", "min"), ("maximize", "max")])
def test_a_take_that_rewards_more_printing_is_reported(direction: str, lucky: str) -> None:
    """The best of many values is better by chance; the last one, or the worst, is not."""
    for take in set(Take) - {Take.GEOMEAN}:
        text = f"metric: {{name: x, direction: {direction}, take: {take}}}\nmeasure: x\n"
        notes = [note for note in loopholes(program(text)) if "`take:" in note]
        assert bool(notes) == (take == lucky)
