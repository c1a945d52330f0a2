"""What a running session does now, in a few words."""

from overnight.research.state import State
from overnight.words.quantities import counted


def session_words(state: State) -> str:
    """Such as `7 experiments, 2 kept; 3 open, 1 in the test`."""
    if not state.tally.experiments and not state.open:
        return f"{counted(state.tally.trials, 'trial')}, nothing proposed yet"
    unfinished = [opened for opened in state.open if opened.conclusion is None]
    testing = sum(opened.registered is not None for opened in unfinished)
    words = f"{counted(state.tally.experiments, 'experiment')}, {state.tally.keep} kept"
    words += f"; {len(unfinished)} open" if unfinished else ""
    return words + (f", {testing} in the test" if testing else "")


def audit_words(state: State) -> str:
    """Such as `an audit, 12 of 46 trials`."""
    return f"an audit, {len(state.audit.samples)} of {counted(state.audit.wanted, 'trial')}" if state.audit else "an audit"
