from given_training import *

def train(weights, words, budget):
    """Read batch after batch until the budget is spent; the learning rate rises at first and falls ever after."""
    size, memory, spent, step = sum(len(t.rows) * len(t.rows[0]) for t in weights.values()), {}, 0, 0
    while spent < budget:
        batch = [encode(words[(step * BATCH_WORDS + i) % len(words)]) for i in range(BATCH_WORDS)]
        count = sum(len(tokens) - 1 for tokens in batch)
        for tokens in batch:
            backward(surprise(predict(weights, tokens[:-1]), tokens[1:]), 1 / count)
        step, spent = step + 1, spent + price(size, count)
        progress = min(1.0, spent / budget)
        adam(weights, memory, step, LEARNING_RATE * min(progress / max(WARMUP, 1e-9), 1 - (1 - FINAL_RATE) * progress))
    print(f"{step * BATCH_WORDS} words in {step} steps for {size} weights")
