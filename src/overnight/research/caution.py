"""What weakens the evidence of a campaign, and which of its keeps a person should look at, from its state."""

from collections.abc import Mapping

from overnight.gate.caution import ONE_SPLIT, cautions, of_one_draw, of_one_split, of_small_split
from overnight.gate.noise import noise_kind
from overnight.gate.plausibility import Doubt, doubts, hold, look_at, unbelievable
from overnight.program.program import Noise, Program
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.words.foreign import printable
from overnight.words.quantities import listed, numbered

TUNER = "tuner"  # whose proposals may come from search trials
LISTED = 3
NAME = 40  # characters of a path
REASON = 200  # of the user's words


def cautions_of(state: State) -> tuple[str, ...]:
    """What weakens the evidence of a campaign in this state."""
    exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
    one_draw = of_one_draw(state.program, exact=exact, kept=len(state.kept))
    judged = judge_words(state)
    weak = cautions(state.unjailed, state.strayed, one_draw=one_draw)
    return (*filter(None, [judged]), *weak, *filter(None, [search_words(state), split_words(state)]))


def search_words(state: State) -> str:
    """Which kept changes a search found that nothing checked on other data; empty if there are none."""
    found = [kept.number for kept in state.kept if kept.searched and kept.conclusion.holdout_gain is None]
    if not found or not of_one_split(state.program):
        return ""
    return f"found by search and checked on no other data: {numbered(found)}; {ONE_SPLIT}"


def split_words(state: State) -> str:
    """That the data are too small for what is claimed of them; empty if they are not, or nothing is known."""
    kept = state.gate.answers.asked - state.gate.answers.refused
    return of_small_split(state.gate.answers, kept=kept, error_rate=state.program.gate.error_rate)


def warnings_of(state: State, searched: int) -> tuple[str, ...]:
    """What weakens the evidence for one proposal, for its commit; `searched` is how many search trials found it."""
    alone = f"found by search, and nothing checks it on other data; {ONE_SPLIT}"
    return tuple(filter(None, [judge_words(state), alone if searched and of_one_split(state.program) else ""]))


def search_note(program: Program) -> str:
    """What to know before a tuner searches; empty without one, or if what it finds is checked on other data."""
    if not of_one_split(program) or all(spec.use != TUNER for spec in program.researchers):
        return ""
    return f"the tuner's keeps will have a caution: {ONE_SPLIT}"


def judge_words(state: State) -> str:
    """That proposals may change what judges them, with the user's reason; empty if they may not."""
    if not state.editable_judges:
        return ""
    names = listed((printable(path, NAME) for path in state.editable_judges), LISTED, noun="file")
    return f'editable includes what judges it: {names}; program.md says: "{printable(state.program.judge_may_change, REASON)}"'


def doubts_of(state: State) -> Mapping[int, Doubt]:
    """What makes values of kept changes hard to believe, by experiment; those that raise no doubt are left out."""
    known = [(kept, kept.levels) for kept in state.kept if kept.levels]
    found: dict[int, Doubt] = {}
    unread = 0  # keeps just before that are neither held nor read
    for place, (kept, levels) in enumerate(known):
        earlier = [before for _, before in known[:place]]
        beyond = unbelievable(state.program, levels, earlier[place - unread :])
        says = (*filter(None, [beyond]), *doubts(state.program.metric, levels, earlier))
        if says:
            found[kept.number] = Doubt(number=kept.number, says=says, unbelievable=bool(beyond), believed=kept.believed)
        unread = 0 if beyond or kept.believed else unread + 1
    return found


def held(state: State) -> tuple[Kept, ...]:
    """The kept changes whose gains cannot be true until a person has read them, the oldest first."""
    found = doubts_of(state)
    return tuple(kept for kept in state.kept if kept.number in found and found[kept.number].held)


def to_hold(state: State) -> tuple[str, ...]:
    """The same as lines for people."""
    return tuple(hold(doubt.number, doubt.says) for doubt in doubts_of(state).values() if doubt.held)


def to_look_at(state: State) -> tuple[str, ...]:
    """The other doubts that nobody has looked at, as lines for people, the oldest first."""
    return tuple(look_at(doubt.number, doubt.says) for doubt in doubts_of(state).values() if doubt.open)
