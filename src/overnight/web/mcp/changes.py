"""What differs between two looks at the same page."""

import json
from collections.abc import Iterator

from overnight.web.mcp.trimming import DURATION, Plain

MOST = 20  # changes in an answer
NEW = 5  # entries of a list that are shown


def changes(was: Plain, now: Plain, at: str = "") -> Iterator[dict[str, Plain]]:
    """Each part that differs, with what it was; of a list, what is new in it. Durations do not count."""
    if was == now:
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for name in (*was, *(name for name in now if name not in was)):
            if not name.endswith(DURATION):
                yield from changes(was.get(name), now.get(name), f"{at}/{name}")
    elif isinstance(was, list) and isinstance(now, list):
        known = {json.dumps(each, sort_keys=True) for each in was}
        new = [each for each in now if json.dumps(each, sort_keys=True) not in known]
        yield {"at": at, "had": len(was), "has": len(now), "new": new[:NEW]}
    else:
        yield {"at": at, "was": was, "now": now}
