"""Puts a campaign together from ports and a team: what belongs to the loop alone and has no choice."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from overnight.git.port import History
from overnight.research.budget import SessionLimits
from overnight.research.loop.ahead import PairsAhead
from overnight.research.loop.asking import Asking
from overnight.research.loop.assigning import Assigner
from overnight.research.loop.branch import Branch
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.council import Council, NamedAdviser
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.experiment import ExperimentRunner
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.moving import Mover
from overnight.research.loop.orders import OrderRunner, Task
from overnight.research.loop.proposal import Intake
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.scope import Scope, ScopeRule
from overnight.research.loop.searching import SearchTrials
from overnight.research.loop.turns import Turns
from overnight.research.places.port import Orders, Workspaces


def make_campaign(
    *,
    scheduler: Scheduler,
    history: History,
    workspaces: Workspaces,
    orders: Orders,
    limits: SessionLimits,
    staff: Sequence[NamedResearcher],
    directors: Sequence[NamedAdviser] = (),
    critics: Sequence[NamedAdviser] = (),
    models: AbstractAsyncContextManager[object] | None = None,
    beside: Sequence[Task] = (),
    notes: Sequence[str] = (),
    scope_rule: ScopeRule | None = None,
    background: Callable[[], str] | None = None,
) -> Campaign:
    """A session of the scheduler's campaign, ready to run."""
    journal, stop = scheduler.journal, scheduler.stop
    briefing = Briefing(journal=journal, history=history, limits=limits, background=background)
    scope = Scope(journal=journal, history=history, more=scope_rule)
    head = HeadRunner(journal=journal, scheduler=scheduler)
    queue = ProposalQueue(slots=scheduler.slots.count, researchers=Counter(one.role for one in staff))
    scheduler.slots.changed = lambda: queue.resize(scheduler.slots.count)
    at_once = len(staff) + len(directors) + len(critics)
    assigner = Assigner(journal=journal, history=history, briefing=briefing, at_once=at_once)
    searches = SearchTrials(scheduler=scheduler, scope=scope, limits=limits, staff=staff)
    intake = Intake(
        journal=journal,
        history=history,
        workspaces=workspaces,
        council=Council(
            journal=journal,
            workspaces=workspaces,
            briefing=briefing,
            assigner=assigner,
            directors=directors,
            critics=critics,
        ),
        assigner=assigner,
        scope=scope,
        searches=searches,
    )
    return Campaign(
        journal=journal,
        head=head,
        runner=ExperimentRunner(
            journal=journal,
            scheduler=scheduler,
            head=head,
            mover=Mover(journal=journal, history=history, scope=scope),
            stop=stop,
            queue=queue,
            ahead=PairsAhead(scheduler=scheduler, turns=Turns()),
        ),
        asking=Asking(
            journal=journal,
            intake=intake,
            inbox=Inbox(journal=journal, orders=orders, runner=OrderRunner(journal=journal, stop=stop)),
            queue=queue,
            limits=limits,
            stop=stop,
        ),
        queue=queue,
        branch=Branch(journal=journal, history=history),
        staff=staff,
        searches=searches,
        stop=stop,
        models=models or nullcontext(),
        beside=beside,
        notes=notes,
    )
