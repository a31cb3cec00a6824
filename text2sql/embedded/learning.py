"""The linear parts that are learned: slot scores by role, extra tables, the mix of sketch scores, DISTINCT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from text2sql.embedded.encoding import Vector
from text2sql.embedded.question import COLUMN_FEATURES, TABLE_FEATURES
from text2sql.embedded.sketches import ROLES

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def fit_softmax(
    choices: Sequence[tuple[Floats, tuple[int, ...], int]], prior: Doubles, *, strength: float, steps: int = 100
) -> Floats:
    """Weights (roles, features) of a softmax over rows, from (rows' features, roles that add up, the right row).

    ``strength`` of the pull towards ``prior``, in the unit of one choice's log-loss. L-BFGS, so the same everywhere.
    """
    if not choices:
        return prior.astype(np.float32)
    from scipy.optimize import minimize

    rows = np.concatenate([features for features, _, _ in choices])
    lengths = np.array([len(features) for features, _, _ in choices])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    right = starts + np.array([number for _, _, number in choices])
    hot = np.zeros((len(choices), len(prior)), np.float32)
    for number, (_, roles, _) in enumerate(choices):
        hot[number, list(roles)] = 1
    group = np.repeat(np.arange(len(choices)), lengths)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        weights = flat.reshape(prior.shape)
        scores = np.einsum("ij,ij->i", rows, (hot @ weights.astype(np.float32))[group]).astype(np.float64)
        scores -= np.maximum.reduceat(scores, starts)[group]
        error = np.exp(scores)
        sums = np.add.reduceat(error, starts)
        error /= sums[group]
        value = float(np.log(sums).sum() - scores[right].sum())
        error[right] -= 1
        by_choice = np.add.reduceat(error.astype(np.float32)[:, None] * rows, starts, axis=0)
        away = weights - prior
        return value + strength / 2 * float((away**2).sum()), ((hot.T @ by_choice) + strength * away).ravel()

    found = minimize(loss, prior.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    result: Floats = found.x.reshape(prior.shape).astype(np.float32)
    return result


def fit_roles(slots: Sequence[tuple[Floats, tuple[int, ...], int]], *, strength: float) -> Floats:
    """Weights of columns by role, pulled towards being mentioned."""
    prior = np.zeros((len(ROLES), COLUMN_FEATURES))
    # Of all roles: no mention, exact, by stems, several words, in part, hint, alone with it, inside a longer one.
    prior[0, :9] = -1.0, 2.5, 2.2, 1.0, 1.2, 0.6, 0.5, -1.5, -0.7
    prior[0, 31:34] = 1.0, 0.7, 1.5
    return fit_softmax(slots, prior, strength=strength)


def fit_tables(lists: Sequence[tuple[Floats, tuple[int, ...], int]], *, strength: float) -> Floats:
    """Weights of tables that no column stands for: alone in FROM, and joined to others."""
    prior = np.zeros((2, TABLE_FEATURES))
    prior[:, :4] = 2.0, 0.5, 1.5, 0.5
    return fit_softmax(lists, prior, strength=strength)


def fit_distinct(labelled: Sequence[tuple[Vector, bool]], *, places: int, epochs: int, seed: int) -> Floats:
    """Logistic regression over hashed words, the last weight its intercept."""
    random = np.random.default_rng(seed)
    weights = np.zeros(places + 1, np.float32)
    for epoch in range(epochs):
        rate = 2.0 * (1 - epoch / epochs)
        for position in random.permutation(len(labelled)).tolist():
            vector, label = labelled[position]
            own = weights[vector.places]
            error = float(label) - 1 / (1 + np.exp(-float(vector.weights @ own) - float(weights[-1])))
            weights[vector.places] = own + np.float32(rate * error) * vector.weights - np.float32(0.0005) * own
            weights[-1] += np.float32(0.05 * rate * error)
    return weights
