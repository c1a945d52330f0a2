"""The programs that a meta-campaign makes: its own, and that of each inner campaign.

What an inner campaign runs is the target's front matter. Of the organisation it has `researchers`, `gate.max_pairs` and the
Markdown. On a fixed target the ideas are the target's own: an organisation could hold the answer in its list.

Does not cover: an answer in the rest of an organisation's text. Sealed targets are for that, see docs/trust.md.
"""

from collections.abc import Iterator, Mapping, Sequence

from overnight.errors import InternalError
from overnight.meta.charter import Charter
from overnight.meta.organisation import FREE, Organisation, frozen_differences
from overnight.meta.rules import rules
from overnight.program.front_matter import Value, load_front_matter, mapping_in, split_front_matter
from overnight.program.mistakes import error_in
from overnight.program.parser import parse_program
from overnight.program.program import CAMPAIGNS, Program
from overnight.program.writer import plain_front_matter
from overnight.research.charter import Charter as Body
from overnight.research.charter import parse_charter as parse_body
from overnight.research.charter import without_ideas
from overnight.words.markdown import closed

HEADING = "# The organisation"  # below it in an inner program is what the organisation says
GIVEN = FREE | {"budget", "notify", "target"}  # fields of its program that an inner campaign does not have of its target


def program_text(charter: Charter, spreads: Mapping[str, float], *, hidden: Sequence[str] = (), facts: str = "") -> str:
    """The program of the meta-campaign itself: that of a usual campaign whose trials are inner campaigns.

    Args:
        charter: what the user wrote.
        spreads: of each target, the sd of the difference in progress of two equal organisations.
        hidden: globs of what the repository hides from researchers, also from those who propose organisations.
        facts: a comment of one line that is recorded with it.

    Raises:
        ProgramError: the charter names a target whose spread is not known.
    """
    for key, targets in (("targets", charter.targets), ("holdout", charter.holdout)):
        if new := [target.name for target in targets if target.name not in spreads]:
            what = f"`{new[0]}` is new, and its noise was not measured"
            raise error_in(charter.source, charter.path, (key,), what, fix="put it back, or end this session and start another")
    metric: dict[str, Value] = {"name": "progress", "direction": "maximize"}
    metric["parts"] = {target.name: spreads[target.name] for target in charter.targets}
    budget = {"hours": charter.budget.hours, "tokens": charter.budget.tokens, "cost_usd": charter.budget.cost_usd}
    front: dict[str, Value] = {
        "metric": metric,
        "measure": CAMPAIGNS,
        "editable": [charter.organisation],
        "hidden": list(hidden),
        "budget": {key: value for key, value in budget.items() if value is not None},
        "gate": {
            "error_rate": charter.error_rate,
            "noise": "heavy",
            "max_pairs": charter.max_pairs,
            "holdout_pairs": charter.holdout_pairs,
            "expensive": True,
        },
        "researchers": [dict(entry) for entry in charter.raw_researchers],
    }
    if charter.holdout:
        metric["sealed_parts"] = {target.name: spreads[target.name] for target in charter.holdout}
        front["holdout"] = CAMPAIGNS
    if charter.notify is not None:
        front["notify"] = charter.notify
    if charter.guards:
        front["guards"] = [str(guard) for guard in charter.guards]
    noted = f"---\n{facts}\n" if facts else "---\n"
    return plain_front_matter(front).replace("---\n", noted, 1) + charter.body.rstrip() + "\n" + rules(charter)


def inner_program(target: str, organisation: Organisation, *, budget: Mapping[str, Value], path: str, fixed: bool) -> str:
    """The program of one inner campaign: what the target measures, with the researchers of the organisation.

    Args:
        target: the target's own program.
        organisation: who works, how proofs are paid for, and what they read.
        budget: of the inner campaign.
        path: for messages.
        fixed: the target is the same in each block, so it keeps its own ideas.

    Raises:
        ProgramError: the target's program has mistakes.
    """
    known = parse_program(target, path)
    front = dict(load_front_matter(split_front_matter(target, path)[0], path).values)
    for key in ("notify", "target"):
        front.pop(key, None)
    front["researchers"] = list(organisation.researchers)
    front["gate"] = {**mapping_in(front.get("gate")), "max_pairs": organisation.max_pairs}
    front["budget"] = dict(budget)
    text = plain_front_matter(front) + _body(known, organisation.program, fixed=fixed)
    _check(known, parse_program(text, path), fixed=fixed)
    return text


def _body(target: Program, organisation: Program, *, fixed: bool) -> str:
    """The target's description and, if it is fixed, its ideas; then the organisation's text.

    The organisation's own repository is described by that text: what a proposal removes from it is gone.
    """
    described, own = parse_body(target.body), not any(frozen_differences(target, organisation))
    lines = [] if own else [*closed(described.text.splitlines()), ""]
    if fixed and described.ideas:
        lines += ["# Ideas", "", *_ideas(described), ""]
    rest = without_ideas(organisation.body) if fixed else organisation.body
    return "\n".join([*lines, HEADING, "", *rest.splitlines(), ""])


def _ideas(body: Body) -> Iterator[str]:
    for idea in body.ideas:
        yield f"- [{'x' if idea.done else ' '}] {idea.text}"


def _check(target: Program, made: Program, *, fixed: bool) -> None:
    """Check that nothing got through that is not the organisation's to say."""
    wrong = list(frozen_differences(target, made, besides=GIVEN))
    if fixed and parse_body(target.body).ideas != parse_body(made.body).ideas:
        wrong.append("ideas")
    if wrong:
        raise InternalError(f"the program of an inner campaign has another {', '.join(wrong)} than its target")
