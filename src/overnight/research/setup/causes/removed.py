"""What newer versions of well-known packages, and of Python, do not have any more, by the errors that say so.

Source: the release notes of these packages. Does not cover: what still has its name and takes other arguments.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a version does not have any more."""

    package: str
    needs: str  # the versions that have it
    said: re.Pattern[str]


_ABSTRACT = "(?:Mapping|MutableMapping|Sequence|Iterable|Callable|Set)'"
_GRAPH = r"'(?:Di|Multi|MultiDi)?Graph' object has no attribute "
_FRAME = r"'(?:DataFrame|Series)' object has no attribute "
_TF1 = (
    "placeholder|Session|ConfigProto|GraphDef|app|flags|contrib|log|layers|get_variable|variable_scope|set_random_seed|gfile"
    "|global_variables_initializer|reset_default_graph|random_normal|logging|InteractiveSession|truncated_normal"
)
_TABLE = (
    ("numpy", "<1.24", r"module 'numpy' has no attribute '(?:int|float|bool|object|str|complex|typeDict)'"),
    ("numpy", "<2", r"module 'numpy' has no attribute '|`np\.\w{1,40}` was removed in the NumPy 2\.0"),
    ("networkx", "<3", r"module 'networkx' has no attribute '(?:(?:to|from)_(?:numpy_matrix|scipy_sparse_matrix)|info')"),
    ("networkx", "<3", r"module 'networkx' has no attribute '(?:read|write)_gpickle'"),
    ("networkx", "<2.4", _GRAPH + "'(?:node|nodes_iter|edges_iter|add_path|add_cycle)'"),
    ("scikit-learn", "<0.23", r"cannot import name '\w{1,60}' from 'sklearn\.externals'|No module named 'sklearn\.externals"),
    ("scikit-learn", "<0.20", r"No module named 'sklearn\.(?:cross_validation|grid_search|lda|qda)'"),
    ("scikit-learn", "<0.23", r"cannot import name 'jaccard_similarity_score'|sklearn\.utils\.linear_assignment_"),
    ("scipy", "<1.3", r"'im(?:read|resize|save|show|rotate)' from 'scipy\.misc'|module 'scipy\.misc' has no attribute"),
    ("scipy", "<1.14", r"cannot import name '(?:simps|cumtrapz|trapz)' from 'scipy\.integrate'"),
    ("pandas", "<2", _FRAME + "'(?:append|iteritems)'"),
    ("pandas", "<1", _FRAME + "'(?:ix|as_matrix)'|module 'pandas' has no attribute 'Panel'"),
    (
        "tensorflow",
        "<2",
        rf"module 'tensorflow' has no attribute '(?:{_TF1})'|No module named 'tensorflow\.(?:contrib|examples)",
    ),
    ("torch", "<2", r"No module named 'torch\._six'"),
    ("pillow", "<10", r"module 'PIL\.Image' has no attribute '(?:ANTIALIAS|LINEAR|CUBIC)'"),
    ("python", "<3.8", r"module 'time' has no attribute 'clock'"),
    (
        "python",
        "<3.10",
        rf"cannot import name '{_ABSTRACT} from 'collections'|module 'collections' has no attribute '{_ABSTRACT}",
    ),
    ("python", "<3.12", r"No module named '(?:imp|asynchat|asyncore)'"),
)
REMOVED = tuple(Removed(package=package, needs=needs, said=re.compile(said)) for package, needs, said in _TABLE)


def removed_in(text: str) -> Removed | None:
    """What a failure asks for that newer versions have not."""
    return next((one for one in REMOVED if one.said.search(text)), None)
