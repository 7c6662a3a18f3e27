"""A second device that every computer has: CPU tensors that are known to lie elsewhere.

Within ``OtherDevice`` a tensor is far if it was made or moved there, and so is all that is computed of
it. Operations on tensors here and there fail as they do on a GPU, and so do draws there by a generator
of the CPU and views of far tensors as arrays. The numbers are the CPU's, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

FAR = "xpu"  # a kind that PyTorch knows by name everywhere and that no test computes on
# A scalar may be anywhere, an index on the CPU, and copies go between devices.
MIXED = {"__getitem__", "__setitem__", "copy_", "__set__", "_has_compatible_shallow_copy_type"}
AS_ARRAY = {"numpy", "__array__"}


def tensors_in(*arguments: Any) -> Iterator[Tensor]:
    """All tensors in nested arguments."""
    for one in arguments:
        if isinstance(one, Tensor):
            yield one
        elif isinstance(one, list | tuple):
            yield from tensors_in(*one)
        elif isinstance(one, dict):
            yield from tensors_in(*one.values())


class OtherDevice(TorchFunctionMode):
    """Within the block ``FAR`` is a device."""

    def __init__(self) -> None:
        super().__init__()
        self.far = WeakIdKeyDictionary()
        self.computed = 0  # operations there

    def is_far(self, tensor: Tensor) -> bool:
        return tensor in self.far

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        if name in AS_ARRAY and self.is_far(args[0]):
            raise TypeError(f"a tensor on {FAR} has no array: move it to the CPU first")
        if name == "register_hook" and self.is_far(args[0]):
            return function(args[0], self._far_hook(args[1]))
        if function == Tensor.device.__get__ and self.is_far(args[0]):
            return torch.device(FAR)
        if name in ("to", "cpu"):
            return self._moved(function, name, args, kwargs)
        device = kwargs.get("device")
        if device is not None and torch.device(device).type == FAR:
            if kwargs.get("generator") is not None:
                raise RuntimeError(f"a generator of the CPU draws nothing on {FAR}")
            return self._mark(function(*args, **(kwargs | {"device": "cpu"})))
        far = [one for one in tensors_in(args, kwargs) if self.is_far(one)]
        if not far:
            return function(*args, **kwargs)
        self._check(name, args, kwargs)
        self.computed += 1
        result = function(*args, **kwargs)
        if name == "__set__":
            self._mark(args[0]) if self.is_far(args[1]) else self.far.pop(args[0], None)
        goes_far = name not in MIXED or self.is_far(args[0])
        return self._mark(result) if goes_far else result

    def _check(self, name: str, args: Any, kwargs: Any) -> None:
        if name in MIXED:
            if name == "__getitem__" and not self.is_far(args[0]):
                raise RuntimeError(f"indices on {FAR} of a tensor on the CPU")
            return
        near = [one for one in tensors_in(args, kwargs) if one.ndim and not self.is_far(one)]
        if near:
            raise RuntimeError(f"{name}: tensors on the CPU, {tuple(near[0].shape)}, and on {FAR}")

    def _moved(self, function: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
        """What ``to`` and ``cpu`` give: another tensor, if it changes its place."""
        tensor, *others = args
        target: torch.device | None = torch.device("cpu") if name == "cpu" else None
        kept: list[Any] = []  # of the arguments: the precision
        for one in [*others, *([kwargs.pop("device")] if "device" in kwargs else [])]:
            if isinstance(one, Tensor):
                target = torch.device(FAR if self.is_far(one) else "cpu")
                kept.append(one.dtype)
            elif isinstance(one, str | torch.device):
                target = torch.device(one)
            elif isinstance(one, torch.dtype):
                kept.append(one)
        there = self.is_far(tensor) if target is None else target.type == FAR
        result = function(tensor, *kept, **kwargs) if kept or kwargs else tensor
        if there != self.is_far(tensor):
            result = result.clone() if result is tensor else result
        return self._mark(result) if there else result

    def _far_hook(self, hook: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return lambda gradient: hook(self._mark(gradient))

    def _mark(self, result: Any) -> Any:
        for one in tensors_in(result):
            self.far[one] = True
        return result
