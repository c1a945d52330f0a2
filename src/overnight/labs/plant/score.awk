# Prints the loss of the constants of submitted.txt in this instance's world: one simulated training run.
#
#     awk -f score.awk seed=SEED part=PART world.txt submitted.txt
#
# With truth=1 it prints the loss without noise. A seed has its luck, of which a part is the same whatever the constants. It is
# awk because starting Python would be most of a trial.

BEGIN {
    SHARED = 0.5      # of the noise's variance: the seed's own
    DIVERGES = 4      # LEARNING_RATE this much above its optimum, as a factor
    PRIME = 94906249  # the square of what is below it is exact in a double
    for (code = 32; code < 127; code++) letters = letters sprintf("%c", code)
}

FILENAME == "world.txt" && $1 == "constant" { best[$2] = $3; weight[$2] = $4; start[$2] = $5; count++; next }
FILENAME == "world.txt" && $1 == "pair" { pairs++; one[pairs] = $2; other[pairs] = $3; slope[pairs] = $4; heavy[pairs] = $5; next }
FILENAME == "world.txt" { setting[$1] = $2; next }

/^[ \t]*(#.*)?$/ { next }
!/^[A-Z_]+ = [0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?[ \t]*(#.*)?$/ { refuse("line " FNR " is neither a comment nor NAME = a positive number") }
!($1 in best) { refuse(substr($1, 1, 40) " is no constant of this run") }
$1 in value { refuse($1 " stands there twice") }
!($3 + 0 > 1e-300 && $3 + 0 < 1e300) { refuse($1 " is no positive number") }
{ value[$1] = $3 + 0; given = given " " $1 " " $3 + 0; found++ }

END {
    if (failed) exit 1
    if (found != count) refuse(count - found " constants are missing")
    for (name in best) {
        off[name] = log(value[name] / best[name]) - (part == "public" ? 0 : setting["shift"] * gauss(part " " name))
        first[name] = log(start[name] / best[name])
    }
    if (off["LEARNING_RATE"] > log(DIVERGES)) refuse("the loss is not finite: the run diverged")
    luck = sqrt(SHARED) * gauss(part " " seed) + sqrt(1 - SHARED) * gauss(part " " seed given)
    printf "METRIC loss=%.6f\n", setting["floor"] + setting["gain"] * cost(off) / cost(first) + (truth ? 0 : setting["noise"] * luck)
}

function refuse(why) { print why; failed = 1; exit 1 }

# What is lost by constants that are off, each for itself and in pairs.
function cost(away,    name, i, sum) {
    for (name in best) sum += weight[name] * bowl(away[name])
    for (i = 1; i <= pairs; i++) sum += heavy[i] * bowl(away[one[i]] + slope[i] * away[other[i]])
    return sum
}

# A square near its bottom that grows more slowly far from it.
function bowl(z) { return 2 * (sqrt(1 + z * z) - 1) }

# A standard normal number that only the text decides.
function gauss(text,    i, state) {
    state = 17
    for (i = 1; i <= length(text); i++) state = (state * 131 + index(letters, substr(text, i, 1))) % PRIME
    return sqrt(-2 * log(share(state, 12345))) * cos(6.283185307179586 * share(state, 54321))
}

# A number between 0 and 1.
function share(state, round,    i) {
    for (i = 0; i < 5; i++) state = (state * state + state * 3 + round + i) % PRIME
    return (state + 0.5) / PRIME
}
