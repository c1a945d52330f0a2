"""How far into a campaign each event is."""

from overnight.research.events import CampaignOpened, Concluded, SessionStarted, Stopped
from overnight.research.record.port import Recorded


class CampaignClock:
    """The ledger's own elapsed times, and wall-clock differences between them; without pauses, never backwards."""

    def __init__(self) -> None:
        self._elapsed_s = 0.0
        self._at = 0.0
        self.seconds = 0.0

    def tick(self, entry: Recorded) -> float:
        """Move to this event; return the hours since the start."""
        match entry.event:
            case CampaignOpened():
                self._at = entry.at
            case SessionStarted() | Concluded() | Stopped() as anchor:
                self._elapsed_s, self._at = anchor.elapsed_s, entry.at
        self.seconds = max(self.seconds, self._elapsed_s + entry.at - self._at)
        return self.hours

    @property
    def hours(self) -> float:
        """Hours since the start, as of the last event."""
        return self.seconds / 3600
