"""What each visit comes to for one lookout: its pictures, the answers about them, and one sighting at the end of it.

Of a visit the best moments are kept: whole in the frame before cut by its edge, then large. As soon as one is whole it is asked
about, and when the visit is over whatever is left, and then more of what is around it, up to the whole frames.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

from overnight.home.eyes.confirming import MOST_ASKED, Confirmed, Vision, leading, settled
from overnight.home.eyes.decoding import encode
from overnight.home.eyes.lookouts import Lookout
from overnight.home.eyes.port import cut
from overnight.home.eyes.scene import Glimpse
from overnight.models.pictures import Picture, read_picture

OVER_S = 4.0  # since it was last seen
APART_S = 0.35  # between two moments
EDGE = 0.01  # of the frame
ASKED_SIDE = 448  # pixels of what a vision model is shown: 256 of OpenAI's squares and 16 by 16 of Anthropic's
MARGIN, WIDE = 0.25, 1.0  # of the box, around it
MOMENTS = MOST_ASKED  # that are kept
FIT = 2  # moments, for the detector's word alone
LEAST_SHARE = 0.5  # of a visit's scores, for the detector's word alone
FORGET_S = 13 * 3600.0  # since a visit was last seen: longer than its track is kept
MOST_AN_HOUR = 30  # calls of the vision model for one lookout


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """A visit, as it was settled for one lookout."""

    lookout: Lookout
    seen: float  # Unix time
    label: str
    confirmed: Literal["yes", "no", "unsure", "detector"]
    asked: int
    picture: bytes = field(repr=False)  # a JPEG of the whole frame


@dataclass(slots=True, kw_only=True)
class _Moment:
    at: float
    worth: float
    whole: bool
    frame: bytes
    views: list[bytes]  # what a vision model is shown, one after the other: its crop, a wider one, the small whole frame
    asked: bool = False  # about any


@dataclass(slots=True, kw_only=True)
class _Case:
    first_at: float
    at: float = 0.0
    label: str = ""
    sure: float = 0.0  # the share of the labels that will do alone
    moments: list[_Moment] = field(default_factory=list)
    answers: list[Confirmed] = field(default_factory=list)
    deaf: bool = False  # the vision model cannot be asked
    done: bool = False


class Judge:
    """One lookout before one camera."""

    def __init__(self, lookout: Lookout, vision: Vision | None, zone: tzinfo = UTC) -> None:
        """`vision`: None if none may be asked, such as since pictures stay at home. `zone`: of the lookout's hours."""
        self.lookout, self._zone = lookout, zone
        self._vision, self._labels = vision, lookout.labels
        self._cases = dict[int, _Case]()
        self._calls = list[float]()

    def note(self, glimpse: Glimpse) -> None:
        """Take down a glimpse of a visit that it may mean."""
        visit = glimpse.visit
        share = sum(share for label, share in visit.scores.items() if label in self._labels.perhaps)
        if share < LEAST_SHARE or not self.lookout.open_at(datetime.fromtimestamp(visit.at, self._zone)):
            return
        case = self._cases.setdefault(visit.number, _Case(first_at=visit.first_at))
        case.at, case.label = visit.at, visit.label
        case.sure = sum(share for label, share in visit.scores.items() if label in self._labels.sure)
        if not case.done:
            _keep(case, glimpse)

    async def settle(self, now: float) -> Sequence[Sighting]:
        """Ask about what is to be asked, and what is settled now; each visit once."""
        found = list[Sighting]()
        for number, case in list(self._cases.items()):
            over = now - case.at > OVER_S
            if not case.done and (outcome := await self._outcome(case, now, over=over)):
                case.done = True
                found.append(self._sighting(case, outcome))
            if over and now - case.at > 2 * OVER_S:
                case.moments.clear()
            if now - case.at > FORGET_S:
                del self._cases[number]
        return found

    async def _outcome(self, case: _Case, now: float, *, over: bool) -> Literal["yes", "no", "unsure", "detector"] | None:
        if self._vision is not None and not case.deaf:
            for view in _views(case, over=over):
                if settled(case.answers) is not None:
                    break
                answer = await self._ask(view, now)
                if answer is None:
                    case.deaf = True
                    break
                case.answers.append(answer)
            if word := settled(case.answers):
                return word.value
        if not over:
            return None
        if case.answers:
            return leading(case.answers).value
        return "detector" if case.sure >= LEAST_SHARE and len(case.moments) >= FIT else "unsure"

    async def _ask(self, view: bytes, now: float) -> Confirmed | None:
        self._calls = [at for at in self._calls if now - at < 3600]  # noqa: PLR2004  # an hour
        if self._vision is None or len(self._calls) >= MOST_AN_HOUR:
            return None
        picture = read_picture(view)
        if not isinstance(picture, Picture):
            return None
        self._calls.append(now)
        return await self._vision.shows(picture, self.lookout.what)

    def _sighting(self, case: _Case, outcome: Literal["yes", "no", "unsure", "detector"]) -> Sighting:
        best = max(case.moments, key=lambda each: (each.whole, each.worth))
        return Sighting(
            lookout=self.lookout,
            seen=case.first_at,
            label=case.label,
            confirmed=outcome,
            asked=len(case.answers),
            picture=best.frame,
        )


def _views(case: _Case, *, over: bool) -> Iterator[bytes]:
    """What to ask about next: what is whole in the frame, and at the end also the rest, and more of each."""
    best = sorted(case.moments, key=lambda each: -each.worth)
    for moment in [each for each in best if over or each.whole]:
        if not moment.asked:
            moment.asked = True
            yield moment.views.pop(0)
    while over and any(each.views for each in best):
        for moment in [each for each in best if each.views]:
            yield moment.views.pop(0)


def _keep(case: _Case, glimpse: Glimpse) -> None:
    visit, pixels = glimpse.visit, glimpse.frame.pixels
    box = visit.box
    whole = min(box.left, box.top, 1 - box.right, 1 - box.bottom) > EDGE
    worth = box.area + (1 if whole else 0)
    near = [each for each in case.moments if abs(each.at - visit.at) < APART_S and not each.asked]
    weak = near or ([each for each in case.moments if not each.asked] if len(case.moments) >= MOMENTS else [])
    if near or len(case.moments) >= MOMENTS:
        if not weak or (worst := min(weak, key=lambda each: each.worth)).worth >= worth:
            return
        case.moments.remove(worst)
    if any(abs(each.at - visit.at) < APART_S for each in case.moments):
        return
    parts = (cut(pixels, box.wider(MARGIN)), cut(pixels, box.wider(WIDE)), pixels)
    views = [encode(part, side=ASKED_SIDE) for part in parts]
    case.moments.append(_Moment(at=visit.at, worth=worth, whole=whole, frame=encode(pixels), views=views))
