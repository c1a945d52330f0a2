"""What a detector finds, frame by frame, as visits: a thing that came, however often it is found; pure.

What stood there before anything moved is known and begins no visit, and what was out of sight for a moment is the same visit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Sight
from overnight.home.eyes.track import PLACE_OVERLAP, SETTLES, SUDDENLY_S, Track, kind_of

INSIDE = 0.9  # of a box, from which it is in a place
SURE, SINGLE = 0.7, 0.55  # scores, summed over two findings, or of one, that begin a visit
SHIFTED = 0.85  # overlap with its place, below which one that stood there has moved
MOST_MISSED = 3  # looks at where one stands, without finding it


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A thing that came, as it is known now."""

    number: int
    first_at: float
    at: float
    box: Box
    scores: Mapping[str, float]  # the share of each label, 0 to 1
    moves: bool = True

    @property
    def label(self) -> str:
        """What it is, most likely."""
        return max(self.scores, key=lambda label: self.scores[label])


class Visits:
    """All that is followed before one camera."""

    def __init__(self, *, next_number: int = 1) -> None:
        self._tracks = list[Track]()
        self.next_number = next_number
        self.busy = False  # something moved at the last look

    def unmatched(self, sights: Sequence[Sight], at: float) -> Sequence[Sight]:
        """Those that belong to nothing that is followed."""
        matched = {index for _, index in self._pairs(sights, at)}
        return [sight for index, sight in enumerate(sights) if index not in matched]

    def news(self, sights: Sequence[Sight], at: float) -> Sequence[Sight]:
        """Those that belong neither to a visit nor to what stood there before."""
        old = {index for track, index in self._pairs(sights, at) if track.known or track.number}
        return [sight for index, sight in enumerate(sights) if index not in old]

    def stood(self, sight: Sight, at: float) -> None:
        """It stood there before anything moved."""
        self._tracks = [each for each in self._tracks if each.known or each.number or not each.likeness(sight, at)]
        self._tracks.append(_track(sight, at, known=True))

    def follows(self, sight: Sight, at: float) -> bool:
        """Whether it may be something that is followed, or that stood there before and begins to leave."""
        return any(
            track.likeness(sight, at) > 0
            for track in self._tracks
            if not track.known or PLACE_OVERLAP <= track.box.overlap(sight.box) < SHIFTED
        )

    def learn(self, before: Sequence[Sight], now: Sequence[Sight], at: float) -> None:
        """What stood there before anything moved, as long as it is still there or begins to leave."""
        pairs = self._pairs(before, at)
        for track, index in pairs:
            if track.known and track.stands and before[index].box.area > track.box.area:
                track.box = before[index].box  # at first only a part of it was in the crop
        matched = {index for _, index in pairs}
        new = [_track(sight, at, known=True) for index, sight in enumerate(before) if index not in matched]
        self._tracks += new
        there = {id(track) for track, _ in self._pairs(now, at)}
        self._tracks = [track for track in self._tracks if id(track) in there or all(track is not each for each in new)]

    def miss(self, place: Box, sights: Sequence[Sight], at: float) -> None:
        """Forget what stood in a place that was looked at, and is not among what was found there time and again."""
        found = {id(track) for track, _ in self._pairs(sights, at)}
        for track in [each for each in self._tracks if each.box.shared(place) > INSIDE * each.box.area]:
            track.missed = 0 if id(track) in found else track.missed + 1
        self._tracks = [each for each in self._tracks if not each.stands or each.missed < MOST_MISSED]

    def unsettled(self, at: float) -> Sequence[Box]:
        """Where visits were seen last, of which it is not known whether they stand or have left."""
        return [
            track.box
            for track in self._tracks
            if track.number and not track.stands and track.missed < MOST_MISSED and not track.is_gone(at) and track.is_whole
        ]

    def see(self, sights: Sequence[Sight], at: float) -> Sequence[Visit]:
        """Follow what was found; the visits that it belongs to, new ones included."""
        self._tracks = [track for track in self._tracks if not track.is_gone(at)]
        pairs = self._pairs(sights, at)
        for track, index in pairs:
            track.follow(sights[index], at)
        matched, seen = {index for _, index in pairs}, [track for track, _ in pairs]
        for index, sight in enumerate(sights):
            if index not in matched:
                track = _track(sight, at, known=False)
                self._tracks.append(track)
                seen.append(track)
        self.busy = any(not track.stands for track in seen)
        return [visit for track in seen if (visit := self._visit(track))]

    def _visit(self, track: Track) -> Visit | None:
        if track.known:
            return None
        if not track.number:
            if track.total < (SURE if track.found > 1 else SINGLE):
                return None
            track.number, self.next_number = self.next_number, self.next_number + 1
        return Visit(
            number=track.number,
            first_at=track.first_at,
            at=track.at,
            box=track.box,
            scores={label: score / track.total for label, score in track.scores.items()},
            moves=not track.stands or track.found < 2 * SETTLES,
        )

    def _pairs(self, sights: Sequence[Sight], at: float) -> list[tuple[Track, int]]:
        """Each track with at most one sight, the likest first."""
        likely = [
            (likeness, number, index)
            for number, track in enumerate(self._tracks)
            for index, sight in enumerate(sights)
            if (likeness := track.likeness(sight, at)) > 0
        ]
        pairs, taken, used = list[tuple[Track, int]](), set[int](), set[int]()
        for _, number, index in sorted(likely, key=lambda entry: -entry[0]):
            if number not in taken and index not in used:
                taken.add(number)
                used.add(index)
                pairs.append((self._tracks[number], index))
        return pairs


def _track(sight: Sight, at: float, *, known: bool) -> Track:
    return Track(
        box=sight.box,
        at=at - SUDDENLY_S if known else at,  # it stood there until now
        first_at=at,
        known=known,
        kind=kind_of(sight.label),
        found=0 if known else 1,
        scores={sight.label: sight.score},
    )
