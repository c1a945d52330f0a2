"""A campaign in which every text is an attempt to break out of the page."""

from dataclasses import replace

from campaigns import World

from overnight.program.program import Direction, Metric
from overnight.research.record.port import Recorded

SCRIPT = "</script></style></title></svg></pre><script>window.owned = 1; alert(1)</script>"
IMAGE = '"><img src=http://evil.example/x onerror="window.owned = 1">'
BIDI = "\u202egnp.exe\u2066\u200b"
LONG = "W" * 3_000
TEXTS = (SCRIPT, IMAGE, BIDI, LONG, "\x1b[2J\x1b]0;owned\x07", "<style>body { display: none }</style><!--")
EVERYTHING = " ".join(TEXTS)

WORLD = World(
    experiments=30,
    real=0.6,
    rejects=0.3,
    ideas=TEXTS,
    metric=Metric(name="<b>loss</b>\x1b[1m", direction=Direction.MINIMIZE),
)
DIFF = f"--- a/{SCRIPT}\n+++ b/{BIDI}\n@@ -1 +1 @@\n-{IMAGE}\n+{LONG}\n+{SCRIPT}\n"


def hostile(entry: Recorded) -> Recorded:
    """The event with hostile text in every field that others may write."""
    event = entry.event
    match event.kind:
        case "campaign_opened":
            event = replace(event, tag="<b>a'b\x07", environment={EVERYTHING: EVERYTHING})
        case "proposed":
            event = replace(event, role=EVERYTHING, researcher=EVERYTHING, notes={SCRIPT: IMAGE})
        case "concluded":
            event = replace(event, conclusion=replace(event.conclusion, reason=EVERYTHING))
        case "proposal_missed":
            event = replace(event, role=EVERYTHING, reason=EVERYTHING)
        case "stopped":
            event = replace(event, ending=replace(event.ending, detail=EVERYTHING))
    return replace(entry, event=event)
