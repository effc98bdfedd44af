"""Tests of the training process: the arithmetic that its device is fast with."""

from __future__ import annotations

import pytest
import torch

from lanet_core.training.distributed import Process

CPU = Process(rank=0, count=1, device=torch.device("cpu"))


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16", "sve_bf16"])
def test_a_cpu_with_bfloat16_instructions_uses_them_where_asked_to(name, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, name: True})
    lines = []
    assert CPU.uses_bfloat16(True, lines.append)
    assert not CPU.uses_bfloat16(False, lines.append)
    assert not CPU.uses_bfloat16(None, lines.append)
    assert lines == []


def test_a_cpu_without_bfloat16_instructions_computes_in_float32_and_the_log_contains_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False, "amx_bf16": False})
    lines = []
    assert not CPU.uses_bfloat16(True, lines.append)
    assert len(lines) == 1
    assert "float32" in lines[0]


def test_of_several_processes_one_writes_the_line(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    lines = []
    assert not Process(rank=1, count=2, device=torch.device("cpu")).uses_bfloat16(True, lines.append)
    assert lines == []


@pytest.mark.parametrize("is_fast", [True, False])
def test_a_gpu_uses_bfloat16_by_default_where_it_is_fast(is_fast, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: is_fast)
    gpu = Process(rank=0, count=1, device=torch.device("cuda"))
    assert gpu.uses_bfloat16(None, print) is is_fast
    assert gpu.uses_bfloat16(True, print)
    assert not gpu.uses_bfloat16(False, print)
