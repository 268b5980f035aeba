"""The iCT step and the sampler in JAX under jit, NHWC: a peer of `npm run bench -- step|sample --peers`."""

from protocol import JOB, THREADS, level_rows, read_inputs, serve

import os

os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads={THREADS}"
# Other processes of the comparison hold memory of the same GPU.
os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"

import jax
import jax.numpy as jnp
import numpy as np

from jax_ncsnpp import ncsnpp

jax.config.update("jax_default_matmul_precision", "tensorfloat32" if JOB["tensorFloat32"] else "float32")

ARRAYS, BATCHES, OTHERS = read_inputs()
FROZEN = "GaussianFourierProjection_0/W"


def per_image(values):
    return values.reshape(-1, 1, 1, 1)


def consistency(parameters, x, scalings, mask):
    c_skip, c_out, c_in, c_noise = scalings
    F = ncsnpp(JOB["architecture"], parameters, per_image(c_in) * x, c_noise, mask)
    return per_image(c_skip) * x + per_image(c_out) * F


def loss_of(parameters, x, noise, levels, masks):
    """masks: the source of both passes; the teacher's masks, asked for first, are those of the student."""
    rows = level_rows(levels)
    scalings = {
        who: [rows[f"{who}.{name}"] for name in ("cSkip", "cOut", "cIn", "cNoise")] for who in ("student", "teacher")
    }
    still = jax.lax.stop_gradient
    teacher = still(consistency(still(parameters), x + per_image(rows["sigmaTeacher"]) * noise, scalings["teacher"], masks))
    student = consistency(parameters, x + per_image(rows["sigmaStudent"]) * noise, scalings["student"], masks)
    c = JOB["huberConstant"]
    squared = ((student - teacher) ** 2).sum((1, 2, 3))
    return (rows["lambda"] * squared / (jnp.sqrt(squared + c * c) + c)).mean()


def drawn_masks(key):
    rate, widest = JOB["dropout"], JOB["dropoutMaxResolution"]
    masks = {}

    def mask(block, features, width):
        if rate == 0 or (widest is not None and width > widest):
            return None
        if block not in masks:
            kept = jax.random.bernoulli(jax.random.fold_in(key, block), 1 - rate, features.shape)
            masks[block] = kept.astype(features.dtype) / (1 - rate)
        return masks[block]

    return mask


def norm_of(gradient):
    return jnp.sqrt(sum((g**2).sum() for name, g in gradient.items() if name != FROZEN))


def check_step():
    given = {name.removeprefix("check/mask/"): jnp.asarray(t) for name, t in OTHERS.items() if name.startswith("check/mask/")}

    def f(parameters, x, noise, levels, masks):
        loss, gradient = jax.value_and_grad(loss_of)(parameters, x, noise, levels, lambda block, *_: masks.get(str(block)))
        return loss, norm_of(gradient)

    parameters = {name: jnp.asarray(array) for name, array in ARRAYS.items()}
    batch = BATCHES[0]
    loss, norm = jax.jit(f)(parameters, batch["images"], OTHERS["check/noise"], batch["levels"], given)
    return {"loss": float(loss), "gradientNorm": float(norm)}


def radam(state, gradient, t):
    """Source: Liu et al. 2020, algorithm 2; the schedule in float32 inside the compiled step, as optax has it."""
    adam = JOB["optimizer"]
    b1, b2 = adam["beta1"], adam["beta2"]
    b1t, b2t, limit = b1**t, b2**t, 2 / (1 - b2) - 1
    rho = limit - 2 * t * b2t / (1 - b2t)
    ratio = jnp.sqrt(jnp.maximum(0.0, (rho - 4) * (rho - 2) * limit / (rho * (limit - 4) * (limit - 2))))
    rectified = rho >= 5
    tree_map = jax.tree_util.tree_map
    m = tree_map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], gradient)
    v = tree_map(lambda v, g: b2 * v + (1 - b2) * g * g, state["v"], gradient)
    rate = JOB["learningRate"] / (1 - b1t)
    adapted = jnp.where(rectified, rate * ratio, 0.0)
    plain = jnp.where(rectified, 0.0, rate)
    root = jnp.sqrt(1 / (1 - b2t))
    move = lambda p, m, v: p - m * (adapted / (jnp.sqrt(v) * root + adam["epsilon"]) + plain)
    return tree_map(move, state["p"], m, v), m, v


def step(state, x, levels, key, t):
    noise = jax.random.normal(jax.random.fold_in(key, 10**6), x.shape)
    loss, gradient = jax.value_and_grad(loss_of)(state["p"], x, noise, levels, drawn_masks(key))
    gradient = {**gradient, FROZEN: jnp.zeros_like(gradient[FROZEN])}
    p, m, v = radam(state, gradient, t)
    average = jax.tree_util.tree_map(lambda e, p: e + (1 - JOB["samplingEmaDecay"]) * (p - e), state["average"], p)
    return {"p": p, "m": m, "v": v, "average": average}, jnp.stack([loss, norm_of(gradient)])


def stepper():
    copies = lambda make: {name: make(array) for name, array in ARRAYS.items()}
    state = {"p": copies(jnp.array), "average": copies(jnp.array), "m": copies(jnp.zeros_like), "v": copies(jnp.zeros_like)}
    # The state above is all that a training process would hold.
    ARRAYS.clear()
    compiled = jax.jit(step, donate_argnums=0)
    # The generator of the hardware, the cheapest that JAX has.
    key = jax.random.key(0, impl="rbg")

    def iteration(k):
        nonlocal state
        batch = BATCHES[k % len(BATCHES)]
        state, metrics = compiled(state, batch["images"], batch["levels"], jax.random.fold_in(key, k), jnp.float32(k + 1))
        return np.asarray(metrics)

    return iteration


def sampled(parameters, latents, numbers):
    x = latents * per_image(numbers[0])
    return jnp.clip(consistency(parameters, x, list(numbers[1:]), lambda *_: None), -1, 1)


def check_sample():
    latents = OTHERS["sample/latents"]
    result = jax.jit(sampled)(ARRAYS, latents, OTHERS["sample/numbers"])
    return {"meanSquare": float((result**2).mean()), "alongLatents": float((result * latents).mean())}


def sampler():
    parameters = {name: jnp.array(array) for name, array in ARRAYS.items()}
    ARRAYS.clear()
    shape, numbers = OTHERS["sample/latents"].shape, jnp.asarray(OTHERS["sample/numbers"])
    compiled = jax.jit(lambda p, key: sampled(p, jax.random.normal(key, shape), numbers))
    key = jax.random.key(0, impl="rbg")

    def iteration(k):
        return np.asarray(compiled(parameters, jax.random.fold_in(key, k)))

    return iteration


def device_bytes():
    statistics = jax.devices()[0].memory_stats() if JOB["device"] == "gpu" else None
    return statistics["peak_bytes_in_use"] if statistics else None


if JOB["device"] == "gpu" and jax.default_backend() != "gpu":
    raise SystemExit("JAX does not use the GPU")
if JOB["task"] == "step":
    serve(f"JAX {jax.__version__}", check_step, stepper, device_bytes)
else:
    serve(f"JAX {jax.__version__}", check_sample, sampler, device_bytes)
