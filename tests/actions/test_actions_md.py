"""What an actions.md may say: every mistake comes with file, line, key and fix."""

import pytest
from examples import scaled
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.schema import KEYS
from overnight.actions.charter import ALWAYS_PROTECTED, TEST_GLOBS, ActionBudget, Delivery, Role, RoleSpec, Rules
from overnight.agents.context import AgentSpec
from overnight.errors import ProgramError
from overnight.program.front_matter import Value
from overnight.program.scope import matches
from overnight.program.writer import plain_front_matter

WHOLE = """\
checks: [python -m pytest -q, "ruff check ."]
test: "python -m pytest -q {files}"
test_globs: ["**/test_*.py"]
setup: npm ci
setup_inputs: [package-lock.json]
show: python -m app --help
protected: [migrations/]
allow: [pypi.org, "*.npmjs.org", "example.com:8443"]
roles:
  - {role: coder, use: claude, model: large}
  - {role: coder, use: agent, limits: {wall: 2m}}
  - {role: reviewer, use: command, command: "sh review.sh"}
readable: [node_modules, /srv/data]
env: {PYTHONPATH: src, N: 2}
deliver: {push: origin, then: "gh pr create --head {branch} --title {title}"}
limits: {memory: 8GB}
budget: {tokens: 300k, cost_usd: 2, minutes: 90m, turns: 4}
"""


def parsed(front: str) -> Rules:
    return parse_rules(f"---\n{front}---\nWords.\n")


def refused(front: str) -> str:
    with pytest.raises(ProgramError) as error:
        parsed(front)
    assert error.value.exit_code == 2
    return str(error.value)


def test_every_key_is_taken_up() -> None:
    """What is written down is what actions go by; limits and budget keep their other defaults."""
    rules = parsed(WHOLE)
    assert rules.checks == ("python -m pytest -q", "ruff check .")
    assert (rules.test, rules.test_globs) == ("python -m pytest -q {files}", ("**/test_*.py",))
    assert (rules.setup, rules.setup_inputs, rules.show) == ("npm ci", ("package-lock.json",), "python -m app --help")
    assert rules.protected == (*ALWAYS_PROTECTED, "migrations/")
    assert rules.allow == ("pypi.org", "*.npmjs.org", "example.com:8443")
    assert (rules.readable, rules.env) == (("node_modules", "/srv/data"), (("PYTHONPATH", "src"), ("N", "2")))
    assert rules.delivery == Delivery(push="origin", then="gh pr create --head {branch} --title {title}")
    assert (rules.limits.memory_bytes, rules.limits.wall_s) == (8 * 1000**3, 900.0)
    assert rules.budget == ActionBudget(tokens=300_000, cost_usd=2.0, minutes=90.0, turns=4)
    assert rules.body == "Words.\n"


def test_entries_of_a_role_are_tried_in_order_and_who_reviews_also_plans() -> None:
    """A template's name will do; roles that nobody is named for are our own agent's, or the reviewer's."""
    roles = parsed(WHOLE).roles
    coders = [spec.agent for spec in roles if spec.role is Role.CODER]
    assert coders == [AgentSpec(use="command", template="claude", model="large"), AgentSpec(use="agent")]
    assert [spec.limits.wall_s for spec in roles if spec.limits] == [120.0]
    review = AgentSpec(use="command", command="sh review.sh")
    assert [spec.agent for spec in roles if spec.role is not Role.CODER] == [review] * 3


@pytest.mark.parametrize(
    ("coder", "review"),
    [
        ("use: agent, model: m", AgentSpec(use="agent", model="m")),
        ("use: editor, model: m", AgentSpec(use="editor", model="m")),
        ("use: claude", AgentSpec(use="command", template="claude")),
        ("use: command, command: 'sh edit.sh'", AgentSpec(use="agent")),
    ],
)
def test_without_a_reviewer_the_coder_reviews(coder: str, review: AgentSpec) -> None:
    """So that one entry names the model of all roles; a command may know only how to edit, and our own agent reviews."""
    roles = parsed(f"roles: [{{role: coder, {coder}}}]\n").roles
    assert [spec.agent for spec in roles if spec.role is not Role.CODER] == [review] * 3


@pytest.mark.parametrize("text", ["", "---\n---\n", "---\n# checks: []\n\n---\n", "Only words.\n", "\ufeffWords: of people\n"])
def test_everything_has_a_default(text: str) -> None:
    """No file, an empty front matter, one of comments alone, and a text for agents alone."""
    rules = parse_rules(text)
    assert (rules.checks, rules.test, rules.test_globs, rules.protected) == ((), "", TEST_GLOBS, ALWAYS_PROTECTED)
    assert rules.roles == tuple(RoleSpec(role=role, agent=AgentSpec(use="agent")) for role in Role)
    assert (rules.budget, rules.delivery, rules.limits.wall_s) == (ActionBudget(), Delivery(), 900.0)
    assert rules.body.strip() in {"", "Only words.", "Words: of people"}


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("x: 1\n", "actions.md:2: x: unknown key"),
        ("chekcs: [a]\n", "actions.md:2: chekcs: unknown key; did you mean `checks`?"),
        ("minutes: 3\n", "minutes: unknown key; `minutes` belongs under `budget`"),
        ("checks:\n", "actions.md:2: checks: has no value"),
        ('test: "pytest -q"\n', "test: does not say where the test files go: it has no `{files}`; write `{files}` where"),
        ("allow: [localhost]\n", "allow[0]: lists no host"),
        ('allow: ["*"]\n', "allow: lists all hosts: what an agent reads could be sent anywhere; name those it needs"),
        ("protected: [/etc]\n", "protected[0]: must be relative to the repository, not `/etc`; delete the leading `/`"),
        ("protected: [../x]\n", "protected[0]: must not contain `.` or `..`"),
        ("roles: []\n", "roles: must have at least 1 item"),
        ("roles: [{use: agent}]\n", "roles[0].role: required; write `role:` and one of: planner, researcher, coder, reviewer"),
        ("roles: [{role: codr}]\n", "roles[0].role: must be 'planner', 'researcher', 'coder' or 'reviewer', not `codr`; did"),
        ("roles: [{role: coder, use: tuner}]\n", "roles[0].use: must be 'agent', 'editor', 'acp' or 'command', not `tuner`"),
        ("roles: [{role: coder, use: command}]\n", "roles[0].command: `use: command` needs a `command` or a `template`"),
        ("roles: [{role: coder, use: agent, command: x}]\n", "roles[0].command: `use: agent` takes no `command`"),
        ("roles: [{role: coder, count: 2}]\n", "roles[0].count: unknown key; known here: "),
        ("deliver: origin\n", "deliver: must be `branch`, or a mapping with the remote to push to"),
        ("deliver: {then: x}\n", "deliver.then: comes after a push, and there is none; add `push: origin`, or delete it"),
        ("deliver: {push: --exec=x}\n", "deliver.push: must be the name of a remote"),
        ('deliver: {push: "ext::sh -c x"}\n', "deliver.push: must be the name of a remote"),
        ("deliver: {push: o, then: 'x {brnch}'}\n", "deliver.then: unknown placeholder `{brnch}`"),
        ("env: {PATH: x}\n", "env.PATH: cannot be set here"),
        ("readable: [~/x]\n", "readable[0]: must be an absolute path"),
        ("limits: {wall: 0s}\n", "limits.wall: "),
        ("limits: {wal: 3m}\n", "limits.wal: unknown key; did you mean `wall`?"),
        ("budget: {minutes: soon}\n", "budget.minutes: must be minutes such as 20, or a duration such as 1h30m, not `soon`"),
        ("budget: {turns: 0}\n", "budget.turns: must be greater than or equal to 1, not `0`; write how many turns"),
        ("budget: {cost_usd: nan}\n", "budget.cost_usd: must be a"),
    ],
)
def test_a_mistake_names_its_place_and_its_fix(front: str, message: str) -> None:
    """The file, the line and the key come first."""
    assert message in refused(front)


def test_all_mistakes_come_at_once() -> None:
    """Each on a line of its own, in the order of the file."""
    lines = refused("test: x\nroles: [{role: coder, use: command}]\nsetup:\nzzz: 1\n").splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"actions.md:{number}:" for number in (2, 3, 4, 5)]


def test_a_forgotten_first_line_of_dashes_is_seen() -> None:
    """A text that begins with a key is no text for agents."""
    with pytest.raises(ProgramError, match="no front matter"):
        parse_rules("checks: [pytest]\n")


def test_what_is_always_protected_stays_so() -> None:
    """Further globs are added; no key takes any away."""
    assert set(ALWAYS_PROTECTED) < set(parsed("protected: [x]\n").protected)


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("test_a.py", True),
        ("tests/unit/test_a.py", True),
        ("tests/conftest.py", False),
        ("tests/data.json", False),
        ("src/a.test.tsx", True),
        ("src/__tests__/deep/a.mjs", True),
        ("src/__tests__/__snapshots__/a.test.js.snap", False),
        ("test/a.js", True),
        ("test/fixtures/a.txt", False),
        ("pkg/a_test.go", True),
        ("tests/cli.rs", True),
        ("src/tests.rs", False),
        ("latest.py", False),
    ],
)
def test_usual_test_files_are_those_that_a_runner_takes(path: str, is_test: bool) -> None:
    """What only supports them, such as data and snapshots, is none."""
    assert matches(path, TEST_GLOBS) is is_test


WORDS = st.sampled_from(
    ["---\n", "checks: ", "roles: ", "[", "]", "{", "}", "a: b\n", "\n", "- ", "#", "'", "{files}", "\x00", "\ud800"]
)


@settings(deadline=None, max_examples=scaled(60))
@given(st.lists(WORDS, max_size=20).map("".join) | st.text(max_size=60))
@example("a: [\n---\n")
def test_any_text_is_rules_or_a_mistake(front: str) -> None:
    """No text makes the parser do anything else."""
    for text in (front, f"---\n{front}\n---\n"):
        try:
            assert isinstance(parse_rules(text), Rules)
        except ProgramError as error:
            assert str(error).startswith("actions.md")


VALUES = st.recursive(
    st.text(max_size=8) | st.integers(-5, 10**6) | st.floats() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "use", "push"]), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=scaled(60))
@given(st.dictionaries(st.sampled_from([*KEYS[""], "zzz"]), VALUES, max_size=4))
def test_any_value_under_any_key_is_rules_or_a_mistake(values: dict[str, Value]) -> None:
    """No value makes the checks do anything else."""
    try:
        assert isinstance(parse_rules(plain_front_matter(values)), Rules)
    except ProgramError as error:
        assert str(error).startswith("actions.md")
