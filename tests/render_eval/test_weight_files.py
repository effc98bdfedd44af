"""Readers of the files in which other authors publish their weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from published_arrays import write_checkpoint, write_components, write_hdrcnn

from render_eval.methods.weight_files.array_list import read_array_list
from render_eval.methods.weight_files.tensorflow_checkpoint import TensorflowCheckpoint

#: TensorFlow 2.21 wrote it with tf.compat.v1.train.Saver.
WRITTEN_BY_TENSORFLOW = Path(__file__).parent / "data" / "tensorflow_2.21.ckpt.index"


def test_a_checkpoint_of_tensorflow():
    checkpoint = TensorflowCheckpoint(WRITTEN_BY_TENSORFLOW)
    names = {f"net/conv2d_{number}/kernel" for number in range(40)}
    assert set(checkpoint) == names | {"half", "scalar", "step"}
    for number in range(40):
        expected = np.arange(6, dtype=np.float32).reshape(2, 3) + number
        np.testing.assert_array_equal(checkpoint[f"net/conv2d_{number}/kernel"], expected)
    assert checkpoint["half"].dtype == np.float16
    assert checkpoint["half"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert (checkpoint["scalar"].shape, float(checkpoint["scalar"])) == ((), 2.5)
    assert int(checkpoint["step"]) == 7
    assert "other" not in checkpoint


@pytest.mark.parametrize("block_entries", [1, 3, 100])
def test_a_checkpoint_of_several_blocks(tmp_path, block_entries):
    arrays = {f"scope/layer_{number}": np.full((number + 1, 2), number, np.float32) for number in range(20)}
    checkpoint = TensorflowCheckpoint(write_checkpoint(tmp_path / "model.ckpt.index", arrays, block_entries))
    assert set(checkpoint) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(checkpoint[name], array)
    assert [path.name for path in checkpoint.files] == ["model.ckpt.index", "model.ckpt.data-00000-of-00001"]


@pytest.mark.parametrize("length", [0, 10, 47, 200, 1000])
def test_a_cut_off_index_is_refused(tmp_path, length):
    index = tmp_path / "cut.index"
    index.write_bytes(WRITTEN_BY_TENSORFLOW.read_bytes()[:length])
    with pytest.raises(ValueError, match="no index of a checkpoint"):
        TensorflowCheckpoint(index)


def test_missing_and_cut_off_shards_are_refused(tmp_path):
    index = write_checkpoint(tmp_path / "model.ckpt.index", {"a": np.zeros(8, np.float32)})
    shard = tmp_path / "model.ckpt.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:-1])
    checkpoint = TensorflowCheckpoint(index)
    with pytest.raises(ValueError, match="too short"):
        checkpoint["a"]
    shard.unlink()
    with pytest.raises(ValueError, match="not next to it"):
        TensorflowCheckpoint(index)


def test_a_list_of_arrays_keeps_its_order(tmp_path):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(3, dtype=np.float32), "c": np.ones((1, 1, 2, 2))}
    found = read_array_list(write_hdrcnn(tmp_path / "list.npz", arrays))
    assert len(found) == 3
    for one, other in zip(found, arrays.values(), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_a_list_that_python_2_wrote(tmp_path):
    # Python 2 wrote protocol 2, and bytes as text of Latin-1.
    array = np.empty(2, dtype=object)
    array[:] = [np.array([1.0, 1e300, -3.5]), np.arange(4, dtype=np.float32)]
    path = tmp_path / "old.npz"
    np.savez(path, params=array)
    import zipfile

    with zipfile.ZipFile(path) as archive:
        header = archive.read("params.npy")[:128]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("params.npy", header + pickle.dumps(array, protocol=2))
    found = read_array_list(path)
    assert found[0].tolist() == [1.0, 1e300, -3.5]
    assert found[1].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    marker = tmp_path / "ran"

    class Program:
        def __reduce__(self):
            return (Path.touch, (marker,))

    array = np.empty(1, dtype=object)
    array[0] = Program()
    np.savez(tmp_path / "bad.npz", params=array)
    with pytest.raises(ValueError, match="is no part of an array"):
        read_array_list(tmp_path / "bad.npz")
    assert not marker.exists()


def test_components_of_camera_responses(tmp_path):
    torch = pytest.importorskip("torch")  # noqa: F841 - the reader is in the network's file
    from render_eval.methods.networks.linearisation import read_components

    path = write_components(tmp_path / "invemor.txt")
    mean, components = read_components(path)
    assert (mean.shape, components.shape) == ((1024,), (1024, 11))
    assert (mean.dtype, components.dtype) == (np.float32, np.float32)
    assert mean[-1] == pytest.approx(1.0)
    assert components[512, 0] == pytest.approx(np.sin(np.pi * 512 / 1023) / 10.0, rel=1e-5)
    path.write_text("g0 = \n1.0 2.0\n", encoding="ascii")
    with pytest.raises(ValueError, match="g0 has 2 values instead of 1024"):
        read_components(path)
