"""Adam on all weights as one vector, and the schedule of its learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from mfvae.portable import square_root

RISE = 0.2  # fraction of the training over which the learning rate rises to its peak
START = 0.04  # learning rate of the first step over its peak


def one_cycle(step: int, total: int) -> float:
    """Learning rate of step 0, …, total − 1 over its peak: half a cosine up, half a cosine down to 0.

    Smith & Topin, arXiv:1708.07120.
    """
    turn = RISE * total
    if step < turn:
        return START + (1 - START) * (1 - math.cos(math.pi * step / turn)) / 2
    return (1 + math.cos(math.pi * (step - turn) / (total - turn))) / 2


class Adam:
    """Adam (Kingma & Ba, arXiv:1412.6980) on all weights as one vector; parameters become views of it.

    ``torch.optim.Adam`` handles tensor after tensor, which takes longer than the arithmetic of networks
    this small, and loads a compiler when it is made (0.7 s).
    """

    decay, decay_squared, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Iterable[nn.Parameter], learning_rate: float) -> None:
        self.parameters, self.learning_rate = list(parameters), learning_rate
        self.weights = parameters_to_vector(self.parameters).detach()  # (P,)
        vector_to_parameters(self.weights, self.parameters)
        self.mean, self.square = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.steps = 0

    def minimise(self, loss: Tensor, share: float = 1.0) -> None:
        """One step down the gradient of ``loss``, at this share of the learning rate.

        A parameter that the loss does not depend on stays.
        """
        slopes = torch.autograd.grad(loss, self.parameters, materialize_grads=True)
        gradient = torch.cat([slope.flatten() for slope in slopes])
        self.steps += 1
        self.mean.lerp_(gradient, 1 - self.decay)
        self.square.mul_(self.decay_squared).addcmul_(gradient, gradient, value=1 - self.decay_squared)
        scale = square_root(self.square / (1 - self.decay_squared**self.steps)).add_(self.epsilon)
        step = self.learning_rate * share / (1 - self.decay**self.steps)
        self.weights.addcdiv_(self.mean, scale, value=-step)
