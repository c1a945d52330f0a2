"""Pages of campaigns without pictures: to draw them takes seconds in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from overnight.research.pages._pictures import Studio


@contextmanager
def undrawn() -> Iterator[None]:
    """No picture is drawn while the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Studio, "_want", lambda *_: None)
        yield
