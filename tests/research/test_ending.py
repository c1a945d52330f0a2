"""Why a campaign ended, of which several researchers ended for different reasons."""

import pytest

from overnight.agents.hindrance import Hindrance
from overnight.research.ending import TO_FIX, Ending, EndReason, more_telling, reason_of

BY_REASON = {reason: Ending(reason=reason, detail=reason) for reason in EndReason}


@pytest.mark.parametrize("fault", sorted(TO_FIX))
def test_what_a_person_can_fix_goes_before_a_lack_of_ideas(fault: EndReason) -> None:
    """Whoever ended first; otherwise the first one counts."""
    none, broken = BY_REASON[EndReason.NO_IDEAS], BY_REASON[fault]
    assert more_telling(none, broken) is broken and more_telling(broken, none) is broken
    assert more_telling(None, none) is none
    assert more_telling(BY_REASON[EndReason.BUDGET], broken) is BY_REASON[EndReason.BUDGET]


def test_only_who_could_work_has_no_ideas() -> None:
    """Every hindrance is one that a person can fix."""
    assert reason_of(None) is EndReason.NO_IDEAS
    assert {reason_of(kind) for kind in Hindrance} == TO_FIX
