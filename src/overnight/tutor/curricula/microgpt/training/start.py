from given_training import *

def train(weights, words, budget):
    """Read batch after batch until the budget is spent; the learning rate rises at first and falls ever after.

    At the end it prints one line, such as `400 words in 50 steps for 4192 weights`.
    """
    size, memory, spent, step = sum(len(t.rows) * len(t.rows[0]) for t in weights.values()), {}, 0, 0
    ...  # while there is budget: a batch of words, their slopes, a step of adam
    print(f"{step * BATCH_WORDS} words in {step} steps for {size} weights")
