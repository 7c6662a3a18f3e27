"""Which device of PyTorch a model computes on, by the name that a user gives."""

from __future__ import annotations

import torch

from mfvae.errors import InputError

AUTO = "auto"
NAMES = "auto, cpu, cuda, mps or another device of PyTorch is needed"


def chosen_device(name: str) -> torch.device:
    """The device of this name, on which something can be computed.

    Parameters
    ----------
    name : str
        ``auto`` for a GPU where PyTorch finds one (CUDA, else Apple's Metal) and the CPU elsewhere, or
        any device string of PyTorch, such as ``cuda:1``.

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        For a name that is none, and for a device that this computer or this PyTorch does not have.

    Examples
    --------
    >>> chosen_device("cpu")
    device(type='cpu')
    """
    if name == AUTO:
        return torch.device(_fastest())
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise InputError("device", name, NAMES) from error
    try:
        torch.zeros(1, device=device).item()  # fails on meta, too, which holds no numbers
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        allowed = f"a device that PyTorch finds here is needed, such as cpu (or auto: {_fastest()})"
        raise InputError("device", name, allowed) from error
    return device


def _fastest() -> str:
    """The kind of device that ``auto`` stands for here."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
