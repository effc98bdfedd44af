"""One process or several: the environment of torchrun, and the work of the first process only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn

from lanet_core.errors import DataError

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Process:
    """This process among those that train together.

    Attributes:
        rank: its number; 0 writes the files and the log.
        count: how many there are.
        device: where it computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes the checkpoints and logs."""
        return self.rank == 0

    def placed(self, network: Network) -> Network:
        """Move a network to the device, channels last: what convolutions on CPUs and tensor cores are fastest with."""
        # torch's annotations of `to` lack the memory format.
        return network.to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def uses_bfloat16(self, wanted: bool | None, report: Callable[[str], None]) -> bool:
        """Return whether to compute in bfloat16; without instructions for it, it is many times slower than float32.

        Args:
            wanted: True and False as the user chose; None for the default, which is True on GPUs only.
            report: takes a line where the user's choice is not followed.
        """
        if self.device.type == "cuda":
            return torch.cuda.is_bf16_supported(including_emulation=False) if wanted is None else wanted
        # Their names: avx512_bf16, amx_bf16, bf16, sve_bf16.
        has_instructions = any(value for name, value in torch.cpu.get_capabilities().items() if "bf16" in name)
        if wanted and not has_instructions and self.is_first:
            report("this CPU has no bfloat16 instructions: computing in float32, which is faster")
        return bool(wanted) and has_instructions

    def wrap(self, network: nn.Module) -> nn.Module:
        """Return the network so that its gradients are averaged over all processes."""
        if self.count == 1:
            return network
        device_ids = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=device_ids)


def check_batch(batch_size: int, processes: int) -> None:
    """Check that the images of a batch can be divided among processes.

    Raises:
        DataError: they cannot.
    """
    if batch_size < 1 or batch_size % processes:
        raise DataError(
            f"A batch of {batch_size} images cannot be divided among {processes} processes.",
            remedy="Change batch_size in the configuration, or the number of processes.",
        )


@contextmanager
def training_process(device: str = "auto") -> Iterator[Process]:
    """Join the processes that torchrun started, if it did, and leave them at the end.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; auto takes a GPU per process where there are any.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    chosen = _device(device)
    if count > 1:
        distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Process(rank, count, chosen)
    finally:
        if count > 1:
            distributed.destroy_process_group()


def _device(device: str) -> torch.device:
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    return torch.device(device)
