"""The rooms that understand sentences."""

from overnight.operations.sentences import Said, room_sentences


def test_each_room_is_asked() -> None:
    """A sentence that no room knows is understood by none, and breaks none."""
    rooms = list(room_sentences())
    assert rooms
    said = Said(text="zxq yvw", at=0.0, zone="UTC", owner=True)
    assert [each.understand(said) for each in rooms] == [None] * len(rooms)
