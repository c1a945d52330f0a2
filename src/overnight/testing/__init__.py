"""Conformance suites, one for each port: subclass one in your tests, name the class `Test...`, and say how to make yours."""

from overnight.testing.channel import BothEnds, ChannelConformance
from overnight.testing.executor import LIMITS, ExecutorConformance
from overnight.testing.history import HistoryConformance
from overnight.testing.ledger import LedgerConformance
from overnight.testing.models import ModelsConformance
from overnight.testing.receiver import Line, ReceiverConformance
from overnight.testing.researcher import ResearcherConformance, ended
from overnight.testing.workspaces import WorkspacesConformance

__all__ = [
    "LIMITS",
    "BothEnds",
    "ChannelConformance",
    "ExecutorConformance",
    "HistoryConformance",
    "LedgerConformance",
    "Line",
    "ModelsConformance",
    "ReceiverConformance",
    "ResearcherConformance",
    "WorkspacesConformance",
    "ended",
]
