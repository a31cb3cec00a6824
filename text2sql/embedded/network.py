"""Two small networks in plain numpy: clause heads over hashed words, and a listwise ranker over candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from text2sql.embedded.encoding import Vector

Floats = npt.NDArray[np.float32]


def log_softmax(scores: Floats) -> Floats:
    """Log-probabilities along the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


class Adam:
    """Adam (Kingma and Ba, 2015) over a list of arrays, in place."""

    def __init__(self, arrays: Sequence[Floats], rate: float, decay: float) -> None:
        self.arrays, self.rate, self.decay = arrays, rate, decay
        self.first = [np.zeros_like(array) for array in arrays]
        self.second = [np.zeros_like(array) for array in arrays]
        self.steps = 0

    def step(self, gradients: Sequence[Floats], share: float = 1.0) -> None:
        """One step; ``share`` scales the rate."""
        self.steps += 1
        rate = float(share * self.rate * (1 - 0.999**self.steps) ** 0.5 / (1 - 0.9**self.steps))
        for array, gradient, first, second in zip(self.arrays, gradients, self.first, self.second, strict=True):
            first *= 0.9
            first += 0.1 * gradient
            second *= 0.999
            second += 0.001 * gradient * gradient
            array -= rate * (first / (np.sqrt(second) + 1e-8) + self.decay * array)


@dataclass(frozen=True)
class ClauseNetwork:
    """words -> tanh layer -> one softmax for every head; the heads stand side by side in ``output``."""

    embedding: Floats
    bias: Floats
    output: Floats
    output_bias: Floats
    sizes: tuple[int, ...]

    def heads(self, vector: Vector) -> list[Floats]:
        """Log-probabilities of every head."""
        hidden = np.tanh(vector.weights @ self.embedding[vector.places] + self.bias)
        scores = hidden @ self.output + self.output_bias
        return [log_softmax(part) for part in np.split(scores, np.cumsum(self.sizes)[:-1])]


def fit_clauses(
    vectors: Sequence[Vector], labels: npt.NDArray[np.int32], sizes: Sequence[int], *, places: int, hidden: int,
    epochs: int, seed: int,
) -> ClauseNetwork:  # fmt: skip
    """Fit on labels (questions, heads); a label of -1 is none."""
    random = np.random.default_rng(seed)
    embedding = random.normal(0, 0.3, (places, hidden)).astype(np.float32)
    output = random.normal(0, 0.1, (hidden, sum(sizes))).astype(np.float32)
    bias, output_bias = np.zeros(hidden, np.float32), np.zeros(sum(sizes), np.float32)
    adam = Adam([embedding, bias, output, output_bias], 0.004, 0.0)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    batch = 64
    steps = epochs * -(-len(vectors) // batch)
    for _ in range(epochs):
        order = random.permutation(len(vectors))
        for at in range(0, len(order), batch):
            chosen = order[at : at + batch]
            used = [_dropped(vectors[i], random) for i in chosen]
            lengths = [len(vector.places) for vector in used]
            row = np.repeat(np.arange(len(used)), lengths)
            place = np.concatenate([vector.places for vector in used])
            weight = np.concatenate([vector.weights for vector in used])[:, None]
            summed = np.zeros((len(used), hidden), np.float32)
            np.add.at(summed, row, embedding[place] * weight)
            layer = np.tanh(summed + bias)
            keep = (random.random(layer.shape) < 0.8).astype(np.float32) / 0.8
            dropped = layer * keep
            scores = dropped @ output + output_bias
            error = np.zeros_like(scores)
            for head, size in enumerate(sizes):
                span = slice(offsets[head], offsets[head] + size)
                known = labels[chosen, head] >= 0
                error[:, span] = np.exp(log_softmax(scores[:, span]))
                error[np.flatnonzero(known), offsets[head] + labels[chosen[known], head]] -= 1
                error[~known, span] = 0
            error /= len(used)
            back = (error @ output.T) * keep * (1 - layer * layer)
            gradient = np.zeros_like(embedding)
            np.add.at(gradient, place, back[row] * weight)
            share = 1 - adam.steps / steps
            adam.step([gradient, back.sum(0), dropped.T @ error, error.sum(0)], share)
    return ClauseNetwork(embedding, bias, output, output_bias, tuple(sizes))


def _dropped(vector: Vector, random: np.random.Generator) -> Vector:
    keep = random.random(len(vector.places)) < 0.85
    return Vector(vector.places[keep], vector.weights[keep] / 0.85) if keep.any() else vector


@dataclass(frozen=True)
class Ranker:
    """Scores candidates by their features: standardised, one ReLU layer, and a linear path beside it."""

    mean: Floats
    scale: Floats
    first: Floats
    first_bias: Floats
    second: Floats
    linear: Floats

    def scores(self, features: Floats) -> Floats:
        """One score for each row; a softmax over them gives probabilities."""
        rows = np.clip((features - self.mean) / self.scale, -6, 6)
        result: Floats = np.maximum(rows @ self.first + self.first_bias, 0) @ self.second + rows @ self.linear
        return result

    def beside(self, weights: Floats, share: float) -> Ranker:
        """A ranker that adds ``share`` of this one's score to a linear score of the raw features."""
        return replace(self, second=share * self.second, linear=share * self.linear + weights * self.scale)


def fit_ranker(
    lists: Sequence[tuple[Floats, Floats]], *, hidden: int, epochs: int, seed: int, decay: float = 0.003,
    rate: float = 0.002,
) -> Ranker:  # fmt: skip
    """Fit by listwise softmax (ListNet) on lists of (features, targets that sum to 1)."""
    random = np.random.default_rng(seed)
    every = np.concatenate([features for features, _ in lists])
    mean, spread = every.mean(0), every.std(0)
    width = every.shape[1]
    del every
    scale = spread + 1e-3
    first = random.normal(0, (2 / width) ** 0.5, (width, hidden)).astype(np.float32)
    first[spread == 0] = 0  # nothing can be learned of a feature that never varies, such as examples' without examples
    first_bias, second = np.zeros(hidden, np.float32), random.normal(0, 0.05, hidden).astype(np.float32)
    linear = np.zeros(width, np.float32)
    adam = Adam([first, first_bias, second, linear], rate, decay)
    batch = 16
    steps = epochs * -(-len(lists) // batch)
    for _ in range(epochs):
        order = random.permutation(len(lists))
        for at in range(0, len(order), batch):
            chosen = [lists[i] for i in order[at : at + batch]]
            rows = np.clip((np.concatenate([features for features, _ in chosen]) - mean) / scale, -6, 6)
            layer = np.maximum(rows @ first + first_bias, 0)
            keep = (random.random(layer.shape[1]) < 0.85).astype(np.float32) / 0.85
            scores = (layer * keep) @ second + rows @ linear
            error, start = np.zeros_like(scores), 0
            for features, targets in chosen:
                span = slice(start, start + len(features))
                error[span] = np.exp(log_softmax(scores[span])) - targets
                start += len(features)
            error /= len(chosen)
            back = np.outer(error, second * keep) * (layer > 0)
            share = 1 - adam.steps / steps
            adam.step([rows.T @ back, back.sum(0), (layer * keep).T @ error, rows.T @ error], share)
    return Ranker(mean, scale, first, first_bias, second, linear)
