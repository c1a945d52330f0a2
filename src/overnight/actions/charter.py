"""What an action is asked to do, and what its repository says of actions: `actions.md`, parsed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.agents.context import AgentSpec
from overnight.jail.job import Limits

ACTIONS = "actions.md"  # at the top of a repository; everything in it has a default
FILES = "{files}"  # in `test`: the test files to run, quoted
FOUND = f"# Not said in {ACTIONS}, but shown by the repository's files:"  # above such keys
CHECK_S = 900.0  # of a check: test suites take longer than trials
# What decides what is checked, what runs on other machines, and what every later agent is instructed by. A lock file is not
# among them: each new dependency changes it, and dependencies are pointed out as such.
ALWAYS_PROTECTED = (
    *(ACTIONS, "program.md", "meta.md"),
    *(".github/**", ".gitlab/**", ".gitlab-ci.yml", ".circleci/**", ".buildkite/**", ".woodpecker/**", ".woodpecker.y*ml"),
    *(".forgejo/**", ".gitea/**", ".travis.yml", ".drone.yml", ".appveyor.yml", "appveyor.yml", "azure-pipelines*.yml"),
    *("bitbucket-pipelines.yml", "Jenkinsfile", "CODEOWNERS", ".pre-commit-config.yaml", ".husky/**", ".githooks/**"),
    *(".devcontainer/**", ".vscode/**", ".claude/**", ".codex/**", ".cursor/**", ".opencode/**", ".gemini/**", ".mcp.json"),
    *("**/AGENTS.md", "**/CLAUDE.md", "**/GEMINI.md"),
)
# Files that hold tests and can be given to a runner, by the customs of its language.
TEST_GLOBS = (
    *("**/test_*.py", "**/*_test.py", "**/tests.py", "**/*_test.go", "tests/**/*.rs", "**/*_spec.rb", "**/*_test.rb"),
    *(f"**/*.{kind}.{suffix}" for kind in ("test", "spec") for suffix in ("[jt]s", "[jt]sx", "[cm][jt]s")),
    *(f"{folder}/**/*.{suffix}" for folder in ("test", "**/__tests__") for suffix in ("[jt]s", "[jt]sx", "[cm][jt]s")),
    *("**/test_*.sh", "**/*_test.sh", "**/*.bats", "**/*Test.java", "**/*Tests.java", "**/*Test.kt", "**/*Tests.cs"),
)


class Role(StrEnum):
    """What an agent does in an action."""

    PLANNER = "planner"
    RESEARCHER = "researcher"
    CODER = "coder"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionBudget:
    """What one action may use; None is no limit."""

    tokens: int | None = None
    cost_usd: float | None = None
    minutes: float = 60.0  # of one agent's turn
    turns: int = 8  # of agents, in all


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    """Who plays a role; several entries of one role are tried in order if the first has no model any more."""

    role: Role
    agent: AgentSpec
    limits: Limits | None = None  # of its own jobs; None: those of the repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is done with a merged action, beside the branch `overnight/main`."""

    push: str = ""  # a remote, to which a branch of the action is pushed; empty: nothing is
    then: str = ""  # a command of the user's after the push, which opens a pull request; {branch} and {title}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What `actions.md` says, with defaults for what it does not say."""

    checks: Sequence[str] = ()  # each must pass on every result
    test: str = ""  # runs some test files, with `{files}`; empty: the checks stand for it
    test_globs: Sequence[str] = TEST_GLOBS
    setup: str = ""  # makes what checks need, once for each state of its inputs
    setup_inputs: Sequence[str] = ()  # globs: the files that its result depends on
    show: str = ""  # prints, or leaves in `show/`, what is worth seeing of a result
    protected: Sequence[str] = ALWAYS_PROTECTED  # globs: a change there is pointed out, and needs a person's word
    allow: Sequence[str] = ()  # hosts that an agent may reach through the proxy
    roles: Sequence[RoleSpec] = ()  # of each role at least one entry, unless none was read
    readable: Sequence[str] = ()  # host paths that jobs may read; relative ones are in the checkout, and not committed
    env: Sequence[tuple[str, str]] = ()  # plain variables of every job
    delivery: Delivery = field(default_factory=Delivery)
    limits: Limits = field(default_factory=lambda: Limits(wall_s=CHECK_S))  # of each job: a check, a command of an agent's
    budget: ActionBudget = field(default_factory=ActionBudget)
    body: str = ""  # the Markdown below the front matter, which every agent reads
    source: str = ""  # the whole file; empty: there is none
    found: Sequence[str] = ()  # keys that nobody wrote: the repository's files show them


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One action as it was asked for."""

    repo: str  # top of the repository's checkout, absolute
    common_dir: str = ""  # of git, the same for all checkouts of a repository; empty: not known
    title: str  # one line, printable
    text: str  # all of it
    checks: Sequence[str] = ()  # beside those of the repository
    budget: ActionBudget | None = None  # None: the repository's
    after: Sequence[int] = ()  # numbers of actions that must be merged before
    show: str = ""
    plan: bool | None = None  # whether a planner is asked; None: by its length
    refactoring: bool = False  # the same tests must pass, and no new one must have failed
    measure: bool = False  # it ends in a campaign: a verified improvement of a metric is asked for
    commit: str = ""  # a commit that a person or a campaign made, which is to be checked and merged; empty: agents make one

    @property
    def queue(self) -> str:
        """What is the same for all actions whose results go onto one trunk, from whatever checkout they were asked for."""
        return self.common_dir or self.repo
