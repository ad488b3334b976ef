"""Errors of a softmax over a code book, class by class: shares no code with the package."""

import math


def softmax_errors(outputs, code_book, label):
    """E of each network from logits = Y C: delta C^T / networks that speak for a class."""
    n_classes = len(code_book[0])
    logits = [
        sum(y * row[k] for y, row in zip(outputs, code_book, strict=True))
        for k in range(n_classes)
    ]
    highest = max(logits)
    exps = [math.exp(logit - highest) for logit in logits]
    delta = [(k == label) - exps[k] / sum(exps) for k in range(n_classes)]
    speakers = max(sum(abs(row[k]) for row in code_book) for k in range(n_classes))
    return [sum(d * c for d, c in zip(delta, row, strict=True)) / speakers for row in code_book]
