"""When each provider of models was out or slow."""

from collections import deque
from dataclasses import dataclass, field

from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.research.story.story import Outage

LISTED = 40  # newest ones; how long a provider was out in all counts every one
PROVIDERS = 64  # that are told apart


@dataclass(slots=True)
class Outages:
    """Running sums."""

    seen: int = 0
    out_s: dict[str, float] = field(default_factory=dict)  # by provider
    _open: dict[str, ProviderState] = field(default_factory=dict)
    _listed: deque[Outage] = field(default_factory=lambda: deque(maxlen=LISTED))

    def change(self, state: ProviderState) -> None:
        """A provider stands otherwise from now on."""
        self._end(state.provider, state.since)
        if state.standing is not ProviderStanding.READY and len(self._open) < PROVIDERS:
            self._open[state.provider] = state

    def end_session(self, at: float) -> None:
        """What was out is not known to be out any more."""
        for provider in list(self._open):
            self._end(provider, at)

    def listed(self, at: float) -> tuple[Outage, ...]:
        """The newest ones in order; what is out now has lasted until `at`."""
        under_way = [_outage(state, at) for state in self._open.values()]
        return (*self._listed, *under_way)[-LISTED:]

    def totals(self, at: float) -> dict[str, float]:
        """How long each provider was out, s."""
        found = dict(self.out_s)
        for outage in (_outage(state, at) for state in self._open.values() if state.standing.out):
            found[outage.provider] = found.get(outage.provider, 0.0) + outage.until - outage.since
        return found

    def _end(self, provider: str, at: float) -> None:
        state = self._open.pop(provider, None)
        if state is None:
            return
        self.seen += 1
        ended = _outage(state, at)
        self._listed.append(ended)
        if state.standing.out and (provider in self.out_s or len(self.out_s) < PROVIDERS):
            self.out_s[provider] = self.out_s.get(provider, 0.0) + ended.until - ended.since


def _outage(state: ProviderState, at: float) -> Outage:
    return Outage(
        provider=state.provider,
        standing=state.standing,
        why=state.why,
        since=state.since,
        until=max(at, state.since),
    )
