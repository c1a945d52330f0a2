"""What is said to a home in each language beside the sentences of home-assistant-intents, in the form that hassil reads.

A language without an entry has those sentences alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FIND, PLAY, HEAT, SCENE, UNDO, NOW, STATE, TELL, NAME, JUDGE, STOP, PLAYING, DARK, HOUSE, CAME, SHOW, LEARN = (
    "Find",
    "Play",
    "Heat",
    "Scene",
    "Undo",
    "Now",
    "State",
    "Tell",
    "Name",
    "Judge",
    "Stop",
    "Playing",
    "Dark",
    "House",
    "Came",
    "Show",
    "Learn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language."""

    markers: str  # words by which its sentences are told from those of others
    something: frozenset[str]  # to play, of no kind
    some: tuple[str, ...]  # what may stand before what is to be played
    in_: tuple[str, ...]  # what stands between a name and a room
    sentences: Mapping[str, tuple[str, ...]]  # by intent


DEGREES = "[ ][(°|degree|degrees|grad|degré|degrés|grado|grados|graad|graden)][ ][(c|celsius)]"  # after a number

# `verdict N yes` is what buttons say, in every language.
JUDGED = ("verdict {number} {yes_no}",)

PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        markers=(
            "the turn switch set is on off what play open close find dim make warm heat lock unlock pause undo tell take how"
            " call where which are volume stop louder quieter show who came anything picture learn"
        ),
        something=frozenset({"something", "music", "anything", "some music", "songs"}),
        some=("some ", "a bit of ", "a little "),
        in_=(" in the ", " in ", " at the "),
        sentences={
            FIND: (
                "(find|look for|search for|scan for|discover|where is|where are) [all] [(my|the|our|a|an|any)] {kind}",
                "(is|are) there [(a|an|any)] {kind} [(here|at home|in the house|on (my|the|our) network)]",
            ),
            PLAY: (
                "play (something|[some] music|anything)",
                "play [a bit of] (something|[some] music|anything) (in|on|at) [the] {area}",
                "play [a bit of] (something|[some] music|anything) (in|on|at) [the] {name}",
            ),
            HEAT: (
                "(warm|heat|cool|bring|set) [(up|down)] [(the|my|our)] {name} [(up|down)] to {temperature}<degrees>",
                "(warm|heat|cool|bring|set) [(up|down)] [(the|my|our)] {area} [(up|down)] to {temperature}<degrees>",
                "(warm|heat|cool) [(the|my|our)] {name} (up|down) to {temperature}<degrees>",
            ),
            SCENE: ("[(it is|it's|run|start|activate)] [the] {scene} [scene]",),
            UNDO: (
                "undo [(that|it|the last (one|thing|command|scene))]",
                "take (that|it) back",
                "(put|set) (it|that|everything) back",
                "revert (that|it)",
            ),
            NOW: (
                "(what is|what's|whats|which devices are) on [(in|at) [the] {area}]",
                "is (anything|something) on [(in|at) [the] {area}]",
            ),
            STATE: (
                "how is [the] {name} [doing]",
                "how (warm|hot|cold|loud|bright) is [the] {name}",
                "(state|status) of [the] {name}",
                "(check|what about) [the] {name}",
                "what (is|does) [the] {name} (doing|playing|say|do)",
            ),
            STOP: (
                "stop [playing] [(the|my)] (music|sonos|speaker|player|radio) [(in|at) [the] {area}]",
                "(turn|switch) (off [the] (music|radio)|[the] (music|radio) off) [(in|at) [the] {area}]",
            ),
            PLAYING: ("(what is|what's|whats) playing [(in|at) [the] {area}]",),
            DARK: (
                "(turn|switch) (off|out) [all] [(the|my|our)] lights [(everywhere|in the [whole] house|at home)]",
                "(turn|switch) [all] [(the|my|our)] lights (off|out) [(everywhere|in the [whole] house|at home)]",
                "[all] lights out",
            ),
            HOUSE: (
                "(how is|how's|what about|check|show [me]) [(the|my|our)] (house|home)",
                "is everything (ok|okay|fine|all right) (at home|in the house)",
            ),
            CAME: (
                "(who|what) (came|was there|was here) [today] [(at|before) [the] {name}]",
                "(did|has) (anyone|anybody|anything|somebody|something) (come|came) [today]",
            ),
            SHOW: (
                "show [me] [a picture of] [the] {name}",
                "[take] [a] picture (of|with|from) [the] {name}",
                "(what|who) is (at|before|in front of) [the] {name}",
            ),
            TELL: ("(tell|notify|ping|warn) me (when|if|once|as soon as) [(a|an|the|my|our)] {what}",),
            NAME: ("(call|name) (it|that|#{number}|number {number}) {alias}",),
            LEARN: ("learn [(about|to use)] [(the|that|this)] [(thing|device|one)] at {address}",),
            "HassLightSet": (
                "dim [the] {name} to {brightness}[[ ]%| percent]",
                "(set|dim|turn) [the] {area} (light|lights) [(up|down)] to {brightness}[[ ]%| percent]",
                "(set|make|turn) [the] {name} [to] {color_temperature_names:temperature}",
            ),
            "HassSetVolume": ("[turn|set] [the] volume [(on|of|in)] [the] {name} to {volume:volume_level}[[ ]%| percent]",),
            "HassSetVolumeRelative": (
                "(turn|make) [the] {name} {louder:volume_step}",
                "turn [the] volume {volume_step} (on|of|in) [the] {name}",
            ),
        },
    ),
    "de": Phrases(
        markers=(
            "der die das den schalte schalt mach mache stelle stell ist an aus ein auf zu was spiele spiel öffne schließe finde"
            " suche dimme wärme heize sag melde nenne wie sperre rückgängig zurück licht schließ im und lerne lern"
        ),
        something=frozenset({"etwas", "musik", "irgendwas", "irgendetwas", "was"}),
        some=("etwas ", "ein bisschen "),
        in_=(" in der ", " in dem ", " im ", " in "),
        sentences={
            FIND: (
                "(finde|finden|such[e]|wo ist|wo sind) [nach] [(mein[e][n]|unser[e][n]|den|die|das|ein[e][n])] {kind} [finden]",
            ),
            PLAY: (
                "(spiel[e]|spiel mal) (etwas|[etwas] musik|irgendwas|irgendetwas)",
                "(spiel[e]|spiel mal) (etwas|[etwas] musik|irgendwas|irgendetwas) (im|in|in der|in dem|auf|auf dem) {area}",
                "(spiel[e]|spiel mal) (etwas|[etwas] musik|irgendwas|irgendetwas) (im|in [(der|dem)]|auf [(dem|der)]) {name}",
            ),
            HEAT: (
                "(heiz[e]|wärm[e]|kühl[e]|stell[e]|erwärm[e]) [(den|die|das)] {name} auf {temperature}<degrees> [auf|vor]",
                "(heiz[e]|wärm[e]|kühl[e]|erwärm[e]) [(den|die|das)] {area} auf {temperature}<degrees> [auf|vor]",
            ),
            SCENE: ("[(starte|aktiviere|mach[e])] [die szene] {scene}",),
            UNDO: ("(mach[e]|nimm) (das|es) (rückgängig|zurück)", "rückgängig"),
            NOW: ("was ist [(alles|noch)] an [(in der|in dem|im|in) {area}]", "was ist (in der|in dem|im|in) {area} an"),
            STATE: (
                "wie (ist|steht|geht es) [(der|die|das|dem)] {name}",
                "wie (warm|kalt|laut|hell) ist [(der|die|das)] {name}",
            ),
            TELL: ("(sag|melde|sage) [mir] [bescheid] [,] wenn [(ein[e]|der|die|das)] {what}",),
            NAME: ("nenn[e] (es|ihn|sie|das|#{number}|nummer {number}) {alias}",),
            LEARN: ("lern[e] [(das|dieses)] [(ding|gerät)] (auf|an|unter|bei) {address}",),
        },
    ),
    "fr": Phrases(
        markers=(
            "le la les allume éteins ferme ouvre mets joue cherche trouve quoi quel quelle chauffe annule est dans préviens dis"
            " appelle monte baisse règle verrouille du des"
        ),
        something=frozenset({"quelque chose", "de la musique", "musique"}),
        some=("du ", "de la ", "un peu de "),
        in_=(" dans la ", " dans le ", " dans ", " au "),
        sentences={
            FIND: ("(trouve|cherche|où est|où sont) [(mon|ma|mes|le|la|les|un|une)] {kind}",),
            PLAY: (
                "(joue|mets) (quelque chose|de la musique)",
                "(joue|mets) (quelque chose|de la musique) (dans|sur|au) [(le|la|les)] {area}",
                "(joue|mets) (quelque chose|de la musique) (dans|sur|au) [(le|la|les)] {name}",
            ),
            HEAT: ("(chauffe|mets|règle|refroidis) [(le|la|les)] {name} (à|jusqu'à) {temperature}<degrees>",),
            SCENE: ("[(lance|active)] [la scène] {scene}",),
            UNDO: ("annule [(ça|cela)]",),
            NOW: ("qu'est-ce qui est allumé [dans [(le|la)] {area}]",),
            STATE: ("comment (est|va) [(le|la|les)] {name}",),
            TELL: ("(préviens|avertis)-moi (quand|si) [(un|une|le|la)] {what}", "dis-moi (quand|si) [(un|une|le|la)] {what}"),
            NAME: ("appelle-(le|la) {alias}", "appelle (le|la) #{number} {alias}"),
        },
    ),
    "es": Phrases(
        markers=(
            "el la los las enciende apaga abre cierra pon busca encuentra calienta deshaz qué está avísame dime sube baja llama"
            " reproduce toca bloquea en"
        ),
        something=frozenset({"algo", "música", "algo de música"}),
        some=("algo de ", "un poco de "),
        in_=(" en la ", " en el ", " en "),
        sentences={
            FIND: ("(busca|encuentra|dónde está|dónde están) [(mi|mis|el|la|los|las|un|una)] {kind}",),
            PLAY: (
                "(pon|reproduce|toca) (algo [de música]|música)",
                "(pon|reproduce|toca) (algo [de música]|música) en [(el|la)] {area}",
                "(pon|reproduce|toca) (algo [de música]|música) en [(el|la)] {name}",
            ),
            HEAT: ("(calienta|pon|enfría|sube|baja) [(el|la|los|las)] {name} a {temperature}<degrees>",),
            SCENE: ("[(activa|inicia)] [la escena] {scene}",),
            UNDO: ("deshaz[lo] [eso]",),
            NOW: ("qué está encendido [en [(el|la)] {area}]",),
            STATE: ("cómo está [(el|la)] {name}",),
            TELL: ("(avísame|dime) (cuando|si) [(un|una|el|la)] {what}",),
            NAME: ("llámal(o|a) {alias}", "llama #{number} {alias}"),
        },
    ),
    "nl": Phrases(
        markers=(
            "de het doe zet is aan uit wat speel open sluit zoek vind verwarm maak waarschuw vertel noem dim ongedaan licht"
            " lampen in"
        ),
        something=frozenset({"iets", "muziek", "wat muziek"}),
        some=("wat ", "een beetje "),
        in_=(" in de ", " in het ", " in "),
        sentences={
            FIND: ("(vind|zoek|waar is|waar zijn) [naar] [(mijn|de|het|een)] {kind}",),
            PLAY: (
                "speel (iets|[wat] muziek)",
                "speel (iets|[wat] muziek) (in|op) [(de|het)] {area}",
                "speel (iets|[wat] muziek) (in|op) [(de|het)] {name}",
            ),
            HEAT: ("(verwarm|zet|koel) [(de|het)] {name} (op|naar|tot) {temperature}<degrees>",),
            SCENE: ("[(start|activeer)] [de scène] {scene}",),
            UNDO: ("(maak|draai) (dat|het) (ongedaan|terug)",),
            NOW: ("wat (staat|is) [er] aan [in [(de|het)] {area}]",),
            STATE: ("hoe (is|gaat het met) [(de|het)] {name}",),
            TELL: ("(waarschuw|vertel|zeg) me (als|wanneer) [er] [(een|de|het)] {what}",),
            NAME: ("noem (het|hem) {alias}", "noem #{number} {alias}"),
        },
    ),
}
