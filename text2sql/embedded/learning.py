"""The linear parts that are learned: slot scores by role, extra tables, the mix of sketch scores, DISTINCT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from text2sql.embedded.encoding import Vector
from text2sql.embedded.network import Adam, log_softmax
from text2sql.embedded.question import COLUMN_FEATURES, TABLE_FEATURES
from text2sql.embedded.sketches import ROLES

Floats = npt.NDArray[np.float32]


def fit_roles(slots: Sequence[tuple[Floats, tuple[int, ...], int]], *, epochs: int, seed: int) -> Floats:
    """Weights (roles, features) of a softmax over columns, from (columns' features, the slot's roles, right one)."""
    random = np.random.default_rng(seed)
    weights: Floats = np.zeros((len(ROLES), COLUMN_FEATURES), np.float32)
    adam = Adam([weights], 0.02, 0.002)
    steps = max(1, epochs * -(-len(slots) // 32))
    for _ in range(epochs):
        order = random.permutation(len(slots))
        for at in range(0, len(order), 32):
            gradient = np.zeros_like(weights)
            for position in order[at : at + 32].tolist():
                rows, roles, right = slots[position]
                error = np.exp(log_softmax(rows @ weights[list(roles)].sum(0)))
                error[right] -= 1
                gradient[list(roles)] += error @ rows
            adam.step([gradient / 32], 1 - adam.steps / steps)
    return weights


def fit_choice(lists: Sequence[tuple[Floats, int]], *, width: int, epochs: int, seed: int) -> Floats:
    """Weights (width) of a softmax over rows, from (rows, the right one)."""
    random = np.random.default_rng(seed)
    weights = np.zeros(width, np.float32)
    adam = Adam([weights], 0.02, 0.001)
    steps = max(1, epochs * -(-len(lists) // 32))
    for _ in range(epochs):
        order = random.permutation(len(lists))
        for at in range(0, len(order), 32):
            gradient = np.zeros_like(weights)
            for position in order[at : at + 32].tolist():
                rows, right = lists[position]
                error = np.exp(log_softmax(rows @ weights))
                error[right] -= 1
                gradient += error @ rows
            adam.step([gradient / 32], 1 - adam.steps / steps)
    return weights


def fit_tables(lists: Sequence[tuple[Floats, int]], *, seed: int) -> Floats:
    """Weights of the features of tables that a query needs beside its columns' own."""
    return fit_choice(lists, width=TABLE_FEATURES, epochs=20, seed=seed)


def fit_distinct(labelled: Sequence[tuple[Vector, bool]], *, places: int, epochs: int, seed: int) -> Floats:
    """Logistic regression over hashed words, the last weight its intercept."""
    random = np.random.default_rng(seed)
    weights = np.zeros(places + 1, np.float32)
    for epoch in range(epochs):
        rate = 2.0 * (1 - epoch / epochs)
        for position in random.permutation(len(labelled)).tolist():
            vector, label = labelled[position]
            score = float(vector.weights @ weights[vector.places]) + float(weights[-1])
            error = float(label) - 1 / (1 + np.exp(-score))
            weights[vector.places] += np.float32(rate * error) * vector.weights - np.float32(0.0005) * weights[vector.places]
            weights[-1] += np.float32(0.05 * rate * error)
    return weights
