"""The iCT step and the sampler in PyTorch, eager or by torch.compile: a peer of `npm run bench -- step|sample --peers`."""

from protocol import JOB, level_rows, read_inputs, serve

import torch

from torch_ncsnpp import Ncsnpp, parameters_of

torch.set_num_threads(JOB["threads"])
# TensorFlow and JAX take denormal numbers as zero; squares of small gradients are such numbers, and slow a processor down many times.
torch.set_flush_denormal(True)
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = JOB["tensorFloat32"]
torch.backends.cudnn.benchmark = True

DEVICE = "cuda" if JOB["device"] == "gpu" else "cpu"
FORMAT = torch.channels_last if JOB["memoryFormat"] == "channels-last" else torch.contiguous_format
ARRAYS, BATCHES, OTHERS = read_inputs()
PARAMETERS = parameters_of(ARRAYS, DEVICE, FORMAT)
# The copies above are the only ones that a training process would hold.
ARRAYS.clear()
NETWORK = Ncsnpp(JOB["architecture"], PARAMETERS, DEVICE)


def images(array):
    """float32[B,H,W,C] of the file as NCHW on the device."""
    return torch.from_numpy(array).to(DEVICE).permute(0, 3, 1, 2).contiguous(memory_format=FORMAT)


def numbers(array):
    return torch.from_numpy(array).to(DEVICE)


def per_image(values):
    return values.view(-1, 1, 1, 1)


def consistency(x, scalings, mask):
    c_skip, c_out, c_in, c_noise = scalings
    return per_image(c_skip) * x + per_image(c_out) * NETWORK(per_image(c_in) * x, c_noise, mask)


def loss_of(x, noise, levels, masks):
    """masks(): a mask source; the teacher's, asked first, is that of the student."""
    rows = level_rows(levels)
    scalings = {
        who: [rows[f"{who}.{name}"] for name in ("cSkip", "cOut", "cIn", "cNoise")] for who in ("student", "teacher")
    }
    with torch.no_grad():
        teacher = consistency(x + per_image(rows["sigmaTeacher"]) * noise, scalings["teacher"], masks)
    student = consistency(x + per_image(rows["sigmaStudent"]) * noise, scalings["student"], masks)
    c = JOB["huberConstant"]
    squared = ((student - teacher) ** 2).sum((1, 2, 3))
    return (rows["lambda"] * squared / (torch.sqrt(squared + c * c) + c)).mean()


def drawn_masks():
    """Each block's mask is drawn once per step, on the device."""
    rate, widest = JOB["dropout"], JOB["dropoutMaxResolution"]
    masks = {}

    def mask(block, features, width):
        if rate == 0 or (widest is not None and width > widest):
            return None
        if block not in masks:
            masks[block] = torch.empty_like(features).bernoulli_(1 - rate).div_(1 - rate)
        return masks[block]

    return mask


def step_loss(x, levels):
    return loss_of(x, torch.randn_like(x), levels, drawn_masks())


def norm_of_gradient():
    return torch.sqrt(sum((p.grad**2).sum() for p in PARAMETERS.values() if p.grad is not None))


def maybe_compiled(function):
    return torch.compile(function, dynamic=False) if JOB["framework"] == "torch-compile" else function


def check_step():
    start = "check/mask/"
    given = {int(name.removeprefix(start)): images(t) for name, t in OTHERS.items() if name.startswith(start)}

    def f(x, noise, levels):
        return loss_of(x, noise, levels, lambda block, *_: given.get(block))

    batch = BATCHES[0]
    loss = maybe_compiled(f)(images(batch["images"]), images(OTHERS["check/noise"]), numbers(batch["levels"]))
    loss.backward()
    return {"loss": loss.item(), "gradientNorm": norm_of_gradient().item()}


def sampled(latents, table):
    x = latents * per_image(table[0])
    return consistency(x, list(table[1:]), lambda *_: None).clamp(-1, 1)


def check_sample():
    latents = images(OTHERS["sample/latents"])
    with torch.no_grad():
        result = maybe_compiled(sampled)(latents, numbers(OTHERS["sample/numbers"]))
    return {"meanSquare": (result**2).mean().item(), "alongLatents": (result * latents).mean().item()}


def stepper():
    trained = [p for p in PARAMETERS.values() if p.requires_grad]
    adam = JOB["optimizer"]
    optimizer = torch.optim.RAdam(
        trained, lr=JOB["learningRate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"], foreach=True
    )
    average = [p.detach().clone() for p in trained]
    forward = maybe_compiled(step_loss)

    def iteration(k):
        batch = BATCHES[k % len(BATCHES)]
        optimizer.zero_grad(set_to_none=True)
        loss = forward(images(batch["images"]), numbers(batch["levels"]))
        loss.backward()
        norm = norm_of_gradient()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, [p.detach() for p in trained], 1 - JOB["samplingEmaDecay"])
        return loss.item(), norm.item()

    return iteration


def sampler():
    forward = maybe_compiled(sampled)
    table = numbers(OTHERS["sample/numbers"])
    shape = OTHERS["sample/latents"].shape

    def iteration(_k):
        # Not inference_mode: torch.compile guards on parameters that were made outside of it.
        with torch.no_grad():
            latents = torch.randn(shape, device=DEVICE).permute(0, 3, 1, 2)
            return forward(latents.contiguous(memory_format=FORMAT), table).cpu()

    return iteration


def device_bytes():
    return torch.cuda.max_memory_reserved() if DEVICE == "cuda" else None


if JOB["task"] == "step":
    serve(f"PyTorch {torch.__version__}", check_step, stepper, device_bytes)
else:
    serve(f"PyTorch {torch.__version__}", check_sample, sampler, device_bytes)
