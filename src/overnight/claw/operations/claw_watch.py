"""Something that is looked at again and again, and said or acted on when it has become so."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.agenda.conditions import CannotLook, Condition, check_form
from overnight.claw.agenda.news import news
from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import ScheduleKind, ScheduleSet
from overnight.claw.folders import find_claw
from overnight.claw.memory.reader import asking_turn
from overnight.claw.operations._claw import Claw, address_of, opened, person_of
from overnight.claw.operations._schedules import the_schedule
from overnight.claw.operations.claw_schedule import ScheduleLine, line_of, line_words
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.ledger.sealed import seal
from overnight.operations.json_text import strict_json
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.secrets.broker import user_broker

MOST = 200  # watches


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchInput:
    """What to look at, and what to say."""

    what: Annotated[str, Argument(about="What to say when it is so, such as `the build is red`.")]
    command: Annotated[
        str, Option(about="Look by a command of your shell: it is so when that succeeds.", metavar="CMD", raises=True)
    ] = ""
    operation: Annotated[str, Option(about="Look by an operation that changes nothing, such as `status`.", metavar="NAME")] = ""
    given: Annotated[str, Option(about="Its input, as JSON.", metavar="JSON")] = ""
    field: Annotated[str, Option(about="The field of its `--json`, such as `kept` or `loops.0.state`.", metavar="PATH")] = ""
    wanted: Annotated[str, Option(about="What it must be: `< 5`, `> 0`, `is failed`, `contains x`.", flags=("--is",))] = ""
    fails: Annotated[bool, Option(about="It is so when the command fails, or when the field is not like that.")] = False
    margin: Annotated[float, Ge(0), Option(about="How far a number has to come back before it is no more so.")] = 0.0
    looks: Annotated[int, Ge(1), Le(100), Option(about="Looks in a row that must agree.", shows_default=True)] = 1
    every: Annotated[str, Option(about="How often to look.", shows_default=True)] = "5 minutes"
    repo: Annotated[str, Option(about="The repository that it is about, by its name in claw.yaml.", metavar="NAME")] = ""
    news: Annotated[
        bool, Option(about="Say each new item of its answer, a list of things with a `number` that grows, within seconds.")
    ] = False
    answers: Annotated[
        tuple[str, ...], Option(about="A button below each, and what it says.", flags=("--answer",), metavar="LABEL=WORDS")
    ] = ()
    act: Annotated[bool, Option(about="The words are said to the claw, for it to act on, and not to you.")] = False
    urgent: Annotated[bool, Option(about="Quiet hours and the cap of a day do not hold for it.")] = False
    claw: Claw = None


def run(context: Context, given: WatchInput) -> ScheduleLine:
    """Record it."""
    condition = _condition_of(given)
    check_form(condition)
    if condition.news:
        condition = replace(condition, after=_newest(condition, context))
    with opened(given.claw) as (folder, record):
        charter, now = read_charter(folder), int(record.clock())
        if condition.operation and not given.repo and len(charter.repos) == 1:
            condition = replace(condition, repo=next(iter(charter.repos)))
        if given.repo and given.repo not in charter.repos:
            raise UserError(f"claw.yaml has no repository `{given.repo}`", fix=f"it has {', '.join(charter.repos) or 'none'}")
        when = f"every {given.every.removeprefix('every ')}"
        if read_rule(when, charter.zone, now).period_s is None:
            raise UserError("a watch looks at an interval", fix="write it as --every '5 minutes'")
        if len(record.watches()) >= MOST:
            raise UserError(f"there are {MOST} watches already", fix="drop some: `claw unschedule N`")
        clean = user_broker().scrubber().text
        person = person_of(context, folder, record)
        text, check = seal(clean(given.what)), seal(clean(json.dumps(asdict(condition))))
        new = ScheduleSet(
            when=when,
            zone=charter.zone,
            written=now,
            what=ScheduleKind.ASK if given.act else ScheduleKind.REMIND,
            text=text.ref,
            to=address_of(context),
            person=person.name,
            role=person.role,
            origin=context.origin,
            check=check.ref,
            turn=asking_turn(context, folder),
            urgent=given.urgent,
        )
        number = record.append(new, texts=[text, check])
        return line_of(record, the_schedule(record, number, context))


def _condition_of(given: WatchInput) -> Condition:
    fields: Mapping[str, object] = {}
    if given.given:
        try:
            fields = strict_json(given.given)
        except ValueError as error:
            raise UserError(f"--given is no JSON: {error}", fix='write it as {"tag": "jul29"}') from error
        if not isinstance(fields, dict):
            raise UserError("--given is no JSON object", fix='write it as {"tag": "jul29"}')
    return Condition(
        command=given.command,
        operation=given.operation,
        given=fields,
        repo=given.repo,
        field=given.field,
        wanted=given.wanted,
        fails=given.fails,
        margin=given.margin,
        looks=given.looks,
        news=given.news,
        answers=[(label, words) for label, _, words in (each.partition("=") for each in given.answers) if words],
    )


def _newest(condition: Condition, context: Context) -> int:
    """The number of what is not new any more.

    Raises:
        UserError: the operation does not answer, or not with a list of numbered things.
    """
    import anyio

    try:
        return max((each.number for each in anyio.run(partial(news, condition, context, after=0))), default=0)
    except CannotLook as error:
        raise UserError(
            f"`{condition.operation}` cannot be watched: {error}", fix="watch one that lists what is new"
        ) from error


def raised(_context: Context, given: WatchInput) -> Tier:
    """A command is run as the user, again and again."""
    return Tier.IRREVERSIBLE if given.command else Tier.REVERSIBLE


def bound_to(_context: Context, given: WatchInput) -> str:
    """Where a command would run: an approval is for that place."""
    folder = find_claw(given.claw)
    return read_charter(folder).repos.get(given.repo, str(folder))


def read_back(_context: Context, given: WatchInput, found: ScheduleLine | None) -> Settled:
    """Whether it is set."""
    with opened(given.claw) as (_, record):
        if found:
            return Settled.DONE if record.schedule(found.number) else Settled.NOT_DONE
        known = any(record.text(each.set.text) == given.what for each in record.watches())
    return Settled.DONE if known else Settled.NOT_DONE


OPERATION = Operation(
    name="claw watch",
    about="Have the claw look at something again and again without a model, and say when it has become so.",
    input=WatchInput,
    output=ScheduleLine,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    raised=raised,
    state=bound_to,
    render=line_words,
    read_back=read_back,
)
