"""Operations that a task carries out in this command line's own way: a session is listed, and ends in good order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from overnight.cli.finish import INTERRUPTED, TO_BE_FIXED
from overnight.operations.operation import Context

Way = Callable[[Context, Any, Callable[[], None]], "Carried"]  # Any: the operation's input; calls the last when it is under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came of an operation."""

    found: object
    holds: bool | None = None
    stopped: bool = False
    failed: bool = False  # the newest error in its lines says why


def _run(context: Context, given: Any, under_way: Callable[[], None]) -> Carried:  # Any: as all ways
    from overnight.cli.research import run_session
    from overnight.research.operations.run import request_of

    code = run_session(context.where, request_of(context, given), plain=True, report=True, begun=under_way)
    return Carried(found=code, holds=code == 0, stopped=code == INTERRUPTED, failed=code == TO_BE_FIXED)


def _audit(context: Context, given: Any, under_way: Callable[[], None]) -> Carried:  # Any: as all ways
    from overnight.cli.audit import Asked, audit_session, exit_code
    from overnight.research.reading import reading
    from overnight.research.views.audit import report_on
    from overnight.research.wiring import SessionRequest

    with reading(given.tag, context.where) as campaign:
        repository, state = campaign.repository, campaign.state()
    if not state.kept:
        return Carried(found=report_on(state), holds=False)
    request = SessionRequest(
        tag=state.tag, sandbox=given.sandbox, slots=given.slots, on=given.on, allowed_only=not context.at_home
    )
    asked = Asked(pairs=given.pairs, leave_one_out=given.leave_one_out, report=given.report, quiet=False)
    state, stopped = audit_session(repository, request, asked, plain=True, begun=under_way)
    found = report_on(state)
    code = exit_code(found, stopped)
    return Carried(found=found, holds=code == 0, stopped=code == INTERRUPTED)


def _test(context: Context, given: Any, under_way: Callable[[], None]) -> Carried:  # Any: as all ways
    import anyio

    from overnight.cli.agents.command import ask_for, watched

    ask = ask_for(
        context.where,
        given.name,
        given.model,
        tokens=given.tokens,
        cost_usd=given.cost_usd,
        seconds=given.seconds,
        allowed_only=not context.at_home,
    )
    under_way()
    found = anyio.run(watched, ask)
    return Carried(found=found, holds=found is not None and found.edited, stopped=found is None)


WAYS: Mapping[str, Way] = {"run": _run, "audit": _audit, "agents test": _test}
