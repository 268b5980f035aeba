"""NCSN++ in JAX, NHWC: the network of harness/network/ncsnpp/forward.ts with the same parameter names."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

EPSILON = 1e-6
HALF = math.sqrt(0.5)
FIR = np.array([1, 3, 3, 1], np.float32) / 8


def ncsnpp(net, P, x, noise, mask):
    """F(x, c_noise); mask(block, features, width) is the dropout mask of a block, or None."""
    numbers = iter(range(10**6))
    embedding = jax.nn.silu(embed(P, noise))

    def run_block(module, h):
        return block(P, module, h, embedding, mask, next(numbers))

    h = convolve(P, "Conv_0", x)
    pyramid = x
    skips = [h]
    for step in net["encoder"]:
        h = run_block(step["block"], h)
        if step["attention"]:
            h = attend(P, step["attention"], h)
        if step["pyramid"]:
            pyramid = downsample(P, step["pyramid"]["name"], pyramid)
            h = (pyramid + h) * HALF
            pyramid = h
        skips.append(h)
    h = run_block(net["middle"]["first"], h)
    h = attend(P, net["middle"]["attention"], h)
    h = run_block(net["middle"]["second"], h)
    for step in net["decoder"]:
        h = run_block(step["block"], jnp.concatenate([h, skips.pop()], 3) if step["concatenates"] else h)
        if step["attention"]:
            h = attend(P, step["attention"], h)
    return convolve(P, "Conv_1", jax.nn.silu(normalise(P, "GroupNorm_0", h)))


def embed(P, noise):
    phase = noise[:, None] * lax.stop_gradient(P["GaussianFourierProjection_0/W"])[None] * (2 * math.pi)
    fourier = jnp.concatenate([jnp.sin(phase), jnp.cos(phase)], 1)
    return project(P, "Dense_1", jax.nn.silu(project(P, "Dense_0", fourier)))


def block(P, module, x, embedding, mask, number):
    name = module["name"]
    h = jax.nn.silu(normalise(P, f"{name}/GroupNorm_0", x))
    skip = x
    if module["resample"] != "none":
        matrix = down(x.shape[1]) if module["resample"] == "down" else up(x.shape[1])
        h, skip = along_both_axes(matrix, h), along_both_axes(matrix, skip)
    h = convolve(P, f"{name}/Conv_0", h) + project(P, f"{name}/Dense_0", embedding)[:, None, None]
    h = jax.nn.silu(normalise(P, f"{name}/GroupNorm_1", h))
    kept = mask(number, h, h.shape[2])
    if kept is not None:
        h = h * kept
    h = convolve(P, f"{name}/Conv_1", h)
    if module["projected"]:
        skip = skip @ P[f"{name}/Conv_2/kernel"][0, 0] + P[f"{name}/Conv_2/bias"]
    return (skip + h) * HALF


def attend(P, module, x):
    name = module["name"]
    batch, height, width, channels = x.shape
    h = normalise(P, f"{name}/GroupNorm_0", x).reshape(batch, height * width, channels)
    q, k, v = (mix(P, f"{name}/NIN_{i}", h) for i in range(3))
    weights = jax.nn.softmax(jnp.einsum("bqc,bkc->bqk", q * channels**-0.5, k), -1)
    mixed = mix(P, f"{name}/NIN_3", jnp.einsum("bqk,bkc->bqc", weights, v))
    return (x + mixed.reshape(x.shape)) * HALF


def downsample(P, name, x):
    """FIR, then a 3x3 convolution of stride 2 without padding."""
    filtered = along_both_axes(before_stride(x.shape[1]), x)
    return correlate(filtered, P[f"{name}/Conv2d_0/weight"], 2, "VALID") + P[f"{name}/Conv2d_0/bias"]


def normalise(P, name, x):
    batch, height, width, channels = x.shape
    groups = min(channels // 4, 32)
    r = x.reshape(batch, height * width, groups, channels // groups)
    mean = r.mean((1, 3), keepdims=True)
    variance = ((r - mean) ** 2).mean((1, 3), keepdims=True)
    affine = (1, 1, groups, channels // groups)
    slope = lax.rsqrt(variance + EPSILON) * P[f"{name}/scale"].reshape(affine)
    return (r * slope + (P[f"{name}/bias"].reshape(affine) - mean * slope)).reshape(x.shape)


def convolve(P, name, x):
    return correlate(x, P[f"{name}/kernel"], 1, "SAME") + P[f"{name}/bias"]


def correlate(x, kernel, stride, padding):
    return lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def project(P, name, x):
    return x @ P[f"{name}/kernel"] + P[f"{name}/bias"]


def mix(P, name, x):
    return x @ P[f"{name}/W"] + P[f"{name}/b"]


# XLA has no fast depthwise convolution on a CPU; two products with a small matrix give the same map.
def along_both_axes(matrix, x):
    return jnp.einsum("ph,qw,bhwc->bpqc", matrix, matrix, x)


def down(size):
    return fir_matrix(size // 2, size, lambda output, value: value - 2 * output + 1)


def up(size):
    return 2 * fir_matrix(2 * size, size, lambda output, value: 2 * value - output + 2)


def before_stride(size):
    return fir_matrix(size + 1, size, lambda output, value: value - output + 2)


def fir_matrix(outputs, inputs, tap):
    taps = [[tap(output, value) for value in range(inputs)] for output in range(outputs)]
    return np.array([[FIR[t] if 0 <= t < 4 else 0 for t in row] for row in taps], np.float32)
