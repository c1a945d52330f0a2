"""Which form of edits a model handles best: each is tried on the tiny edit, in order."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from overnight.agents.editor.form import DEFAULT, EditForm
from overnight.program.program import ResearcherSpec
from overnight.research.tryout.result import Ask, Failing, FormTried, TryoutEdit, TryoutMeter
from overnight.words.foreign import printable
from overnight.words.quantities import duration

ENTRY = "{{role: explorer, use: editor{keys}}}"
SHOWN = 200  # characters of a reason
TIME_OVER = "the {} of the whole test are over (--seconds)"
Tries = Callable[[Ask, TryoutMeter], Awaitable[TryoutEdit | Failing]]


def finds_form(spec: ResearcherSpec) -> bool:
    """Whether the form is to be found: an editor whose program names none."""
    return spec.use == "editor" and not spec.edit_form


async def try_forms(ask: Ask, meter: TryoutMeter, tries: Tries) -> tuple[TryoutEdit | Failing, list[FormTried]]:
    """The outcome of the best form, and what became of each; those after the end of a limit or of the models are not tried."""
    tried: list[FormTried] = []
    outcomes: list[TryoutEdit | Failing] = []
    ended = ""
    for form in EditForm:
        if tried and not ended and meter.seconds >= ask.seconds:
            ended = TIME_OVER.format(duration(ask.seconds))
        if ended:
            tried.append(FormTried(form=form, tried=False, edited=False, calls=0, reason=ended))
            continue
        before, meter.form = meter.usage.calls, form
        outcome = await tries(replace(ask, spec=replace(ask.spec, edit_form=form)), meter)
        calls = meter.usage.calls - before
        reason = printable(outcome.reason, SHOWN) if isinstance(outcome, Failing) else ""
        tried.append(FormTried(form=form, tried=bool(calls), edited=not reason, calls=calls, reason=reason))
        outcomes.append(outcome)
        if not calls:
            ended = reason
        else:
            meter.tell(tried[-1])
    best = best_form(tried)
    chosen = next((at for at, each in enumerate(tried) if each is best), 0)
    return outcomes[chosen], tried


def best_form(tried: list[FormTried]) -> FormTried | None:
    """The first form that needed no repair, else the first that worked at all."""
    worked = [each for each in tried if each.edited]
    return min(worked, key=lambda each: each.calls, default=None)


def entry_for(ask: Ask, tried: list[FormTried]) -> str:
    """The line for `researchers:` with the best form; empty if none worked."""
    best = best_form(tried)
    if best is None:
        return ""
    model = f", model: {ask.spec.model}" if ask.spec.model else ""
    form = f", edit_form: {best.form}" if best.form != DEFAULT else ""
    return ENTRY.format(keys=model + form)
