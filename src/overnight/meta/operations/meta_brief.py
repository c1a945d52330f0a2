"""`overnight brief` for meta-campaigns, with what past organisations did."""

from dataclasses import replace
from functools import partial

from overnight.meta.operations._of_meta import meta_tag_here, of_meta
from overnight.operations.operation import Context
from overnight.research.operations import brief
from overnight.research.operations.brief import BriefInput
from overnight.research.tryout.brief import BriefPage, show_brief


def run(context: Context, given: BriefInput) -> BriefPage:
    """The brief."""
    from overnight.meta.memory import background

    tag = meta_tag_here(context, given.tag)
    return show_brief(context.where, given.role, tag, partial(background, keep=False))


OPERATION = replace(of_meta(brief.OPERATION, "Print the brief for proposing organisations; nobody is asked anything."), run=run)
