"""NCSN++ in PyTorch, NCHW: the network of harness/network/ncsnpp/forward.ts with the same parameter names."""

import math

import torch
import torch.nn.functional as F

EPSILON = 1e-6
HALF = math.sqrt(0.5)
FIR = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def parameters_of(arrays, device, memory_format):
    """Kernels HWIO -> OIHW, matrices [in, out] -> [out, in]; the Fourier frequencies get no gradient."""
    parameters = {}
    for name, array in arrays.items():
        tensor = torch.from_numpy(array)
        if tensor.dim() == 4:
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=memory_format)
        elif tensor.dim() == 2:
            tensor = tensor.t().contiguous()
        frozen = name == "GaussianFourierProjection_0/W"
        parameters[name] = tensor.to(device).clone().requires_grad_(not frozen)
    return parameters


class Ncsnpp:
    """Parameters by name, the module list of the job, and depthwise FIR kernels for every width of features."""

    def __init__(self, architecture, parameters, device):
        self.architecture = architecture
        self.parameters = parameters
        self.device = device
        self.kernels = {}

    def __call__(self, x, noise, mask):
        """F(x, c_noise); mask(block, features, width) is the dropout mask of a block, or None."""
        net = self.architecture
        blocks = iter(range(10**6))
        embedding = F.silu(self.embed(noise))

        def block(module, h):
            return self.block(module, h, embedding, mask, next(blocks))

        h = self.convolve("Conv_0", x)
        pyramid = x
        skips = [h]
        for step in net["encoder"]:
            h = block(step["block"], h)
            if step["attention"]:
                h = self.attend(step["attention"], h)
            if step["pyramid"]:
                pyramid = self.downsample(step["pyramid"]["name"], pyramid)
                h = (pyramid + h) * HALF
                pyramid = h
            skips.append(h)
        h = block(net["middle"]["first"], h)
        h = self.attend(net["middle"]["attention"], h)
        h = block(net["middle"]["second"], h)
        for step in net["decoder"]:
            h = block(step["block"], torch.cat([h, skips.pop()], 1) if step["concatenates"] else h)
            if step["attention"]:
                h = self.attend(step["attention"], h)
        return self.convolve("Conv_1", F.silu(self.normalise("GroupNorm_0", h)))

    def embed(self, noise):
        phase = noise[:, None] * self.parameters["GaussianFourierProjection_0/W"][None] * (2 * math.pi)
        fourier = torch.cat([phase.sin(), phase.cos()], 1)
        return self.project("Dense_1", F.silu(self.project("Dense_0", fourier)))

    def block(self, module, x, embedding, mask, number):
        name = module["name"]
        h = F.silu(self.normalise(f"{name}/GroupNorm_0", x))
        skip = x
        if module["resample"] != "none":
            resample = self.down if module["resample"] == "down" else self.up
            h, skip = resample(h), resample(skip)
        h = self.convolve(f"{name}/Conv_0", h) + self.project(f"{name}/Dense_0", embedding)[:, :, None, None]
        h = F.silu(self.normalise(f"{name}/GroupNorm_1", h))
        kept = mask(number, h, h.shape[2])
        if kept is not None:
            h = h * kept
        h = self.convolve(f"{name}/Conv_1", h)
        if module["projected"]:
            skip = F.conv2d(skip, self.parameters[f"{name}/Conv_2/kernel"], self.parameters[f"{name}/Conv_2/bias"])
        return (skip + h) * HALF

    def attend(self, module, x):
        name = module["name"]
        batch, channels, height, width = x.shape
        h = self.normalise(f"{name}/GroupNorm_0", x).flatten(2).transpose(1, 2)
        q, k, v = (self.mix(f"{name}/NIN_{i}", h)[:, None] for i in range(3))
        mixed = self.mix(f"{name}/NIN_3", F.scaled_dot_product_attention(q, k, v)[:, 0])
        return (x + mixed.transpose(1, 2).reshape(batch, channels, height, width)) * HALF

    def downsample(self, name, x):
        """FIR, then a 3x3 convolution of stride 2 without padding."""
        weight, bias = self.parameters[f"{name}/Conv2d_0/weight"], self.parameters[f"{name}/Conv2d_0/bias"]
        return F.conv2d(self.filtered(x, padding=2), weight, bias, stride=2)

    def filtered(self, x, **options):
        return F.conv2d(x, self.fir(x.shape[1]), groups=x.shape[1], **options)

    def down(self, x):
        return self.filtered(x, padding=1, stride=2)

    def up(self, x):
        return F.conv_transpose2d(x, 4 * self.fir(x.shape[1]), padding=1, stride=2, groups=x.shape[1])

    def fir(self, channels):
        if channels not in self.kernels:
            kernel = (FIR[:, None] * FIR[None])[None, None].repeat(channels, 1, 1, 1)
            self.kernels[channels] = kernel.to(self.device)
        return self.kernels[channels]

    def normalise(self, name, x):
        groups = min(x.shape[1] // 4, 32)
        return F.group_norm(x, groups, self.parameters[f"{name}/scale"], self.parameters[f"{name}/bias"], EPSILON)

    def convolve(self, name, x):
        return F.conv2d(x, self.parameters[f"{name}/kernel"], self.parameters[f"{name}/bias"], padding=1)

    def project(self, name, x):
        return F.linear(x, self.parameters[f"{name}/kernel"], self.parameters[f"{name}/bias"])

    def mix(self, name, x):
        return F.linear(x, self.parameters[f"{name}/W"], self.parameters[f"{name}/b"])
