"""Limits that hold less well without a control group."""

from overnight.jail.weak_limits import weak_limits


def test_what_has_no_control_group_is_named() -> None:
    """A limit without a control group is named with what helps; with all of them there is nothing to say."""
    assert weak_limits({"memory", "pids", "cpu", "cpuset"}) == ()
    memory, processes = weak_limits({"cpu"})
    assert memory.startswith("memory is only looked at ten times a second") and "`processes`" in processes
    assert memory.endswith("`overnight doctor` says what helps")
