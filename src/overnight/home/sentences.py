"""What people say to a home, without a model: `turn off the study lamp`."""

from overnight.errors import OvernightError, UserError
from overnight.home.acting.scopes import may_use
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.settings import HomeSettings, read_settings
from overnight.operations.sentences import Meant, RoomSentences, Said

NEWEST_S = 1800.0  # after a device was found, in which `call it …` means it


def understand(said: Said) -> Meant | None:
    """A sentence about the home, or about devices that the owner has named.

    A home whose record or settings cannot be read keeps nobody from talking about other things: its operations say why.
    """
    if not home_folder().is_dir():
        return None
    try:
        with HomeRecord() as record:
            return _understood(said, record)
    except OvernightError:
        return None


def _understood(said: Said, record: HomeRecord) -> Meant | None:
    from overnight.home.speech.known import Known
    from overnight.home.speech.listening import NoSentences, hear
    from overnight.home.speech.meaning import mean

    settings = _settings(record)
    devices = record.devices()
    named = [each for each in devices if each.alias and (said.owner or may_use(settings, said.person, each))]
    if not said.owner and not named:
        return None
    known = Known(
        devices=named,
        scenes=[
            name
            for name, steps in record.scenes().items()
            if said.owner or {number for number, _ in steps} <= {each.number for each in named}
        ],
        music=list(settings.music),
        reading=record.reading,
        newest=[each for each in devices if said.owner and not each.alias and said.at - record.seen_at(each.number) < NEWEST_S],
    )
    try:
        meant = (mean(heard, known) for heard in hear(said.text, known, settings.languages))
        return next((each for each in meant if each), None)
    except NoSentences as error:
        is_ours = any(each.alias.lower() in said.text.lower() for each in named)
        return Meant(say=str(error)) if is_ours else None


def _settings(record: HomeRecord) -> HomeSettings:
    try:
        return read_settings(record.folder)
    except UserError:
        return HomeSettings(zone="UTC")  # no member may use anything; what is called says what is wrong with the file


SENTENCES = RoomSentences(
    subject="home",
    about="your home",
    examples=(
        "find my Sonos",
        "play jazz in the study",
        "turn off the study lamp",
        "what is on in the kitchen?",
        "warm the spa to 38",
        "sleepy time",
        "undo",
        "is the front door locked?",
        "tell me when a delivery truck comes",
        "call it study speaker in the study",
        "learn the thing at 192.168.1.20",
    ),
    understand=understand,
)
