"""How much of a long message was sent, so that what is known to be sent is not sent again by the same process."""

from collections import OrderedDict

from overnight.claw.port import Outgoing

PARTLY = 100  # messages of which is known how much was sent


class SentParts:
    """The characters that were, by the key of the message; its mark is none of them."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, int] = OrderedDict()

    def left(self, message: Outgoing) -> str:
        """What is still to be sent, its mark before it."""
        return message.mark + message.text.removeprefix(message.mark)[self._sent.get(message.key, 0) :]

    def note(self, message: Outgoing, left: str) -> None:
        """This is still to be sent."""
        self._sent[message.key] = len(message.text) - len(message.mark) - len(left)
        while len(self._sent) > PARTLY:
            self._sent.popitem(last=False)

    def end(self, message: Outgoing) -> None:
        """All was."""
        self._sent.pop(message.key, None)
