"""One model in ONNX Runtime: what it computes, and the errors of one that cannot run."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tiny_models import tiny_metadata, tiny_network

from lanet_core.errors import DamagedModelError, ModelError, ModelNotFoundError, ProviderError, WrongModelError
from lanet_core.inference.providers import PROVIDERS, compiled_providers, describe_failure
from lanet_core.inference.session import Session

# What ONNX Runtime 1.31 for CUDA wrote on a Linux machine without CUDA, shortened, and the form of its Windows message.
LINUX_WITHOUT_CUDA = (
    "\x1b[1;31m2026-11-23 04:41:36.867281971 [E:onnxruntime:Default, provider_bridge_ort.cc:2458 operator()] "
    "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2043 [ONNXRuntimeError] : 1 : FAIL : Failed to "
    "load library /opt/onnxruntime/capi/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open "
    "shared object file: No such file or directory\n\x1b[m"
)
WINDOWS_WITHOUT_CUDA = (
    '[ONNXRuntimeError] : 1 : FAIL : Error loading "C:\\onnxruntime\\capi\\onnxruntime_providers_cuda.dll" which '
    'depends on "cublasLt64_13.dll" which is missing. (Error 126: "The specified module could not be found.")'
)


def test_it_runs_the_model_and_describes_it(make_model):
    path = make_model(gain=2.5)
    session = Session(path, threads=1)
    ldr_linear = np.random.default_rng(0).random((32, 64, 3), dtype=np.float32)
    log_hdr = session.run(ldr_linear=ldr_linear).log_hdr
    assert (log_hdr.shape, log_hdr.dtype) == ((32, 64, 3), np.float32)
    np.testing.assert_allclose(log_hdr, tiny_network(ldr_linear, 2.5), atol=1e-6)
    assert session.metadata == tiny_metadata()
    assert session.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_provider_is_the_one_that_runs(make_model):
    path = make_model()
    assert Session(path, "cpu").provider == "cpu"
    session = Session(path, "auto")
    assert session.provider in compiled_providers()
    # A better provider than the one that runs has a reason each.
    assert len(session.warnings) == compiled_providers().index(session.provider)


@pytest.mark.skipif(compiled_providers() != ("cpu",), reason="ONNX Runtime is built for a GPU here")
@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "cpu"])
def test_a_provider_that_is_absent_is_refused(make_model, provider):
    with pytest.raises(ProviderError, match=f"built without {provider}"):
        Session(make_model(), provider)


def test_an_unknown_provider_is_refused(make_model):
    with pytest.raises(ProviderError, match="'vulkan'"):
        Session(make_model(), "vulkan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINUX_WITHOUT_CUDA, "the library libcublasLt.so.13 is missing."),
        (WINDOWS_WITHOUT_CUDA, "the library cublasLt64_13.dll is missing."),
        (
            "libcuda.so.1: cannot open shared object file: No such file or directory",
            "the library libcuda.so.1 (the NVIDIA driver) is missing.",
        ),
        ("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 100: no device\nmore", "CUDA failure 100: no device"),
        ("\n \n", "ONNX Runtime reports no reason."),
    ],
)
def test_a_failure_is_reported_in_a_sentence(text, expected):
    assert describe_failure(text) == expected


def test_a_model_file_that_is_not_there(tmp_path):
    with pytest.raises(ModelNotFoundError, match="no model file"):
        Session(tmp_path / "absent.onnx")
    with pytest.raises(ModelNotFoundError, match="folder"):
        Session(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_model_is_damaged(make_model, share):
    path = make_model()
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(DamagedModelError) as caught:
        Session(path)
    assert caught.value.path == path and str(caught.value).count(str(path)) == 1


@pytest.mark.parametrize("data", [b"This is a letter.\n", bytes(4096), np.random.default_rng(0).bytes(4096)])
def test_what_is_no_model_is_damaged(tmp_path, data):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(DamagedModelError) as caught:
        Session(path)
    assert str(caught.value).count(str(path)) == 1 and len(str(caught.value).replace(str(path), "")) < 100


def test_a_model_of_somebody_else_is_not_ours(make_model):
    with pytest.raises(WrongModelError, match="was not exported by this program"):
        Session(make_model(text=None))


def test_a_model_of_another_format_version_is_not_ours(make_model):
    with pytest.raises(WrongModelError, match="format version"):
        Session(make_model(text=tiny_metadata(format_version=2).to_json()))


@pytest.mark.parametrize("change", [{"input_name": "image"}, {"graph_height": 16}], ids=str)
def test_a_graph_that_differs_from_its_description_is_refused(make_model, change):
    with pytest.raises(WrongModelError, match="in contradiction to its metadata"):
        Session(make_model(**change))


def test_a_model_with_operators_of_somebody_else_is_not_ours(tmp_path):
    port = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Dream", ["x"], ["y"], domain="elsewhere")], "g", port[:1], port[1:])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("elsewhere", 1)]
    path = tmp_path / "foreign.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    with pytest.raises(WrongModelError, match="Dream"):
        Session(path)


def test_output_that_is_not_finite_is_the_model_s_fault(make_model):
    session = Session(make_model(gain=float("inf")))
    with pytest.raises(ModelError, match="NaN or infinite"):
        session.run(ldr_linear=np.ones((32, 64, 3), dtype=np.float32))


def test_an_array_of_another_size_is_the_caller_s_fault(make_model):
    with pytest.raises(ValueError, match="32, 64, 3"):
        Session(make_model()).run(ldr_linear=np.ones((64, 128, 3), dtype=np.float32))


def with_an_endless_loop(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose output goes through a loop of 2^62 steps."""
    (output,) = model.graph.output
    last = model.graph.node[-1]
    last.output[0] = "before"
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, None)
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["value", "zero"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            value,
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
        [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])],
    )
    model.graph.initializer.append(helper.make_tensor("steps", TensorProto.INT64, [], [2**62]))
    model.graph.initializer.append(helper.make_tensor("true", TensorProto.BOOL, [], [True]))
    model.graph.node.append(helper.make_node("Loop", ["steps", "true", "before"], [output.name], body=body))
    return model


def test_a_model_that_does_not_finish_is_stopped(make_model, monkeypatch):
    path = make_model()
    onnx.save(with_an_endless_loop(onnx.load(path)), path)
    session = Session(path, "cpu")
    monkeypatch.setattr("lanet_core.inference.providers.RUN_SECONDS", 0.5)
    with pytest.raises(ModelError, match=r"does not finish.*0\.5 s"):
        session.run(ldr_linear=np.zeros((32, 64, 3), np.float32))


def test_threads_are_bounded_by_the_machine(make_model):
    session = Session(make_model(), "cpu", threads=10**6)
    assert session.run(ldr_linear=np.zeros((32, 64, 3), np.float32)).log_hdr.shape == (32, 64, 3)
