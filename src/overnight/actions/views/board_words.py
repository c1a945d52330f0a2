"""The board in words: three groups, what to type for each, and what to do when there is none. Pure."""

from collections.abc import Iterator, Sequence

from overnight.actions.state import ENDED
from overnight.actions.views.board_page import BoardLine, BoardPage, BoardProvider
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration, listed

TEXT = 120  # characters of foreign text
LONG = 300
FLAGS = 4
PACES, SHARES = 3, 4
READY = "ready"  # of a provider
SLOT_WORDS = {"working": "at work", "nothing to do": "nothing to do"}  # else it is what they waited for

EMPTY = """\
nothing was asked for yet

  overnight do "Let users export their data as CSV"     in a git repository: agents code it, we check it
  overnight review                                      then: read the result, accept it or send it back"""


def board_text(page: BoardPage, now: float) -> str:
    """A line for each action, by group, and what to do next."""
    if not page.total:
        return EMPTY
    return "\n".join(_lines(page, now))


def _lines(page: BoardPage, now: float) -> Iterator[str]:
    for title, lines in groups(page):
        yield f"{title}{'' if lines else ': nothing'}"
        yield from (f"  {line_words(line, now)}" for line in lines)
    yield from gauges(page)
    yield from (f"next: {each}" for each in advice(page))


def groups(page: BoardPage) -> Sequence[tuple[str, Sequence[BoardLine]]]:
    """The groups with their titles; ended ones only if there are some."""
    needs_you, over = (*page.needs_you, *page.undelivered), [line for line in page.ended if line not in page.undelivered]
    ended = [("Ended", over)] if over else []
    return [("Needs you", needs_you), ("Flowing", page.flowing), ("Waiting", page.waiting), *ended]


def line_words(line: BoardLine, now: float) -> str:
    """One action on one line."""
    return f"#{line.number} {printable(line.title, TEXT)} ({printable(line.repository, TEXT)}): {state_words(line, now)}"


def state_words(line: BoardLine, now: float) -> str:
    """How it stands: what is done with it, since when, what stands out, what it cost."""
    since = duration(max(0.0, now - line.changed_at))
    words = [printable(line.doing, TEXT), f"{since} ago" if line.stage in ENDED else f"for {since}"]
    if line.is_result and line.flags:
        words.append(f"look at: {printable(listed(line.flags, FLAGS), TEXT)}")
    if line.tokens:
        words.append(f"{compact(line.tokens)} tokens{f', ${line.cost_usd:.2f}' if line.cost_usd else ''}")
    return " · ".join(words)


def gauges(page: BoardPage) -> Iterator[str]:
    """How fast it goes, and what holds it up: a line each."""
    if page.process is None:
        yield "nobody runs the board"
        return
    if page.tokens_per_s is not None and page.tokens_per_s_hour is not None:
        hour = f"{compact(page.tokens_per_s_hour)} over the last hour"
        yield f"{compact(page.tokens_per_s)} tokens/s, {hour}{_paces(page)}"
    yield f"{page.working} of {page.at_once} slots busy{_idle(page)}"
    if page.slots:
        shares = sorted(page.slots.items(), key=lambda each: -each[1])
        yield f"slots in the last hour: {', '.join(_share(name, share) for name, share in shares[:SHARES])}"
    yield from _providers(page)
    yield from _trunks(page)


def _share(name: str, share: float) -> str:
    return f"{share:.0%} {SLOT_WORDS.get(name, f'waiting for {name}')}"


def _paces(page: BoardPage) -> str:
    busy = [pace for pace in page.paces if pace.now_per_s > 0]
    return f" ({listed((f'{p.role} {p.provider} {compact(p.now_per_s)}' for p in busy), PACES)})" if busy else ""


def _providers(page: BoardPage) -> Iterator[str]:
    """Those that are ready on one line, then each other one with why."""
    ready = [printable(each.name, TEXT) for each in page.providers if each.standing == READY]
    if ready:
        yield f"providers ready: {', '.join(ready)}"
    yield from (_provider(each) for each in page.providers if each.standing != READY)


def _provider(provider: BoardProvider) -> str:
    name, why = printable(provider.name, TEXT), printable(provider.why, TEXT)
    again = f", asked again in {duration(provider.wait_s)}" if provider.wait_s else ""
    return f"provider {name}: {provider.standing}{again}{f': {why}' if why else ''}"


def _trunks(page: BoardPage) -> Iterator[str]:
    """What a person should know of the branches that results are merged into."""
    for trunk in page.trunks:
        name = printable(trunk.repository, TEXT)
        if trunk.held:
            yield f"{name}: nothing can be merged: {printable(trunk.held, LONG)}"
        if trunk.apart:
            yield f"{name}: {printable(trunk.apart, LONG)}"
        if trunk.broken:
            after = f", since #{trunk.after} was merged" if trunk.after else ""
            yield f"{name}: overnight/main is broken{after}: {printable(listed(trunk.broken, 2), LONG)}"


def _idle(page: BoardPage) -> str:
    """Why slots are idle; empty if none is."""
    if page.working >= page.at_once:
        return ""
    if page.full:
        return f": nothing new begins while {counted(len(page.needs_you), 'result')} wait for you"
    return "" if page.waiting or page.flowing else ": nothing else is asked for"


def advice(page: BoardPage) -> Iterator[str]:
    """What a person can type now."""
    if page.needs_you:
        yield "overnight review"
    if page.undelivered:
        yield f"overnight deliver {page.undelivered[0].number}"
    if page.process is None and (page.flowing or (page.waiting and not page.full)):
        yield "overnight work-on"
