"""Layers of other authors' networks by their definitions, one output value at a time, on NumPy arrays (H, W, C)."""

from __future__ import annotations

import math

import numpy as np


def convolve_same(image: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """TensorFlow's ``conv2d`` with ``SAME``: the kernel is (rows, columns, in, out)."""
    height, width, _ = image.shape
    size = kernel.shape[0]
    rows, columns = math.ceil(height / stride), math.ceil(width / stride)
    top, left = (max((n - 1) * stride + size - m, 0) // 2 for n, m in ((rows, height), (columns, width)))
    result = np.zeros((rows, columns, kernel.shape[3]))
    for y in range(rows):
        for x in range(columns):
            for i in range(size):
                for j in range(size):
                    a, b = y * stride + i - top, x * stride + j - left
                    if 0 <= a < height and 0 <= b < width:
                        result[y, x] += image[a, b] @ kernel[i, j]
    return result


def maximum_same(image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """TensorFlow's ``max_pool`` with ``SAME``."""
    height, width, channels = image.shape
    rows, columns = math.ceil(height / stride), math.ceil(width / stride)
    top, left = (max((n - 1) * stride + size - m, 0) // 2 for n, m in ((rows, height), (columns, width)))
    result = np.zeros((rows, columns, channels))
    for y in range(rows):
        for x in range(columns):
            a, b = y * stride - top, x * stride - left
            result[y, x] = image[max(a, 0) : a + size, max(b, 0) : b + size].max(axis=(0, 1))
    return result


def transposed_same(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """TensorFlow's ``conv2d_transpose`` with ``SAME``: each pixel spreads the kernel, (rows, columns, out, in)."""
    height, width, _ = image.shape
    size = kernel.shape[0]
    before = (size - stride) // 2
    result = np.zeros((stride * height, stride * width, kernel.shape[2]))
    for y in range(height):
        for x in range(width):
            for i in range(size):
                for j in range(size):
                    a, b = y * stride + i - before, x * stride + j - before
                    if 0 <= a < len(result) and 0 <= b < result.shape[1]:
                        result[a, b] += kernel[i, j] @ image[y, x]
    return result


def enlarged_bilinear(image: np.ndarray) -> np.ndarray:
    """TensorFlow 1's ``resize_bilinear`` to twice the size: the source of pixel x is x / 2."""
    height, width, channels = image.shape
    result = np.zeros((2 * height, 2 * width, channels))
    for y in range(2 * height):
        for x in range(2 * width):
            a, b = y // 2, x // 2
            c, d = min(a + 1, height - 1), min(b + 1, width - 1)
            s, t = y / 2 - a, x / 2 - b
            above = (1 - t) * image[a, b] + t * image[a, d]
            below = (1 - t) * image[c, b] + t * image[c, d]
            result[y, x] = (1 - s) * above + s * below
    return result


def sobel(image: np.ndarray) -> np.ndarray:
    """(H, W, C, 2): the derivative downwards and to the right, the image mirrored at its edge."""
    height, width, channels = image.shape
    surrounded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="reflect")
    result = np.zeros((height, width, channels, 2))
    for y in range(height):
        for x in range(width):
            near = surrounded[y : y + 3, x : x + 3]
            result[y, x, :, 0] = (near[2] - near[0]).T @ [1.0, 2.0, 1.0]
            result[y, x, :, 1] = (near[:, 2] - near[:, 0]).T @ [1.0, 2.0, 1.0]
    return result


def debevec(exposures: list[np.ndarray], times: list[float]) -> np.ndarray:
    """Debevec and Malik 1997, Eq. 6, with one weight for all channels of a pixel; g is the code's logarithm."""
    result = np.zeros(exposures[0].shape)
    for place in np.ndindex(exposures[0].shape[:2]):
        above, below = np.zeros(3), 0.0
        for image, time in zip(exposures, times, strict=True):
            codes = [int(code) for code in image[place]]
            weight = sum(code + 1 if code < 128 else 256 - code for code in codes) / 3
            above += [weight * (math.log(max(code, 1)) - math.log(time)) for code in codes]
            below += weight
        result[place] = np.exp(above / below)
    return result
