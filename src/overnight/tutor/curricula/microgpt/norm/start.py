from given_norm import *

def norm(x):
    """Each row scaled to a mean square of 1; 1e-5 is added to the mean square, for a row of zeros."""
    scales = ...
    out = ...
    def pull(g):
        """From the slope of the result to that of x; the scale depends on x too."""
        ...
    return Tensor(out, (x,), pull)
