"""Whether somebody can play a role: a value, as `check`, `run` and `agents` show it."""

from dataclasses import dataclass

from overnight.program.program import ResearcherSpec

BUILT_IN = {  # who, for people
    "tuner": "built in: needs no model and no key",
    "mutator": "built in: needs no model and no key",
    "scripted": "plays the edits of program.md",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProblem:
    """One thing that is wrong with a role, and what to do about it."""

    why: str
    fix: str
    fatal: bool  # nobody can play the role because of it


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleReadiness:
    """What is known of a role before it is asked for anything."""

    role: str
    use: str  # as in `researchers` of program.md
    ready: bool  # as far as is known without a call to a model
    lasting: bool  # it is not ready, and nothing that happens meanwhile can change that; then a session goes on without it
    player: str  # who plays it
    provider: str  # whose models it asks for first; empty if it needs none, or has none
    route: str  # to the models, in words; empty if it needs none, or has none
    problems: tuple[RoleProblem, ...]

    @property
    def fatal(self) -> tuple[RoleProblem, ...]:
        """The problems because of which nobody can play it."""
        return tuple(problem for problem in self.problems if problem.fatal)


def built_in(spec: ResearcherSpec) -> RoleReadiness:
    """That of a role that no agent plays, which needs nothing of the machine."""
    player = BUILT_IN.get(spec.use, spec.use)
    return RoleReadiness(
        role=spec.role, use=spec.use, ready=True, lasting=False, player=player, provider="", route="", problems=()
    )


def describe_problem(problem: RoleProblem) -> str:
    """What is wrong, with the fix."""
    return f"{problem.why} (fix: {problem.fix})" if problem.fix else problem.why
