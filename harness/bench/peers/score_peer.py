"""Scores two folders of PNG by torch-fidelity, clean-fid or pytorch-fid, with weights that are given: a peer of `npm run bench -- score`.

The tools' own functions do everything from the folders to the values; they are wrapped to be timed, and decode in the process that
computes. Nothing is downloaded: each finds its weights where it would have put them.
"""

import collections
import contextlib
import importlib
import importlib.metadata
import json
import os
import sys
import time
import urllib.request

from protocol import JOB, answer, peak_resident_bytes

PACKAGE = JOB["package"]
FOLDER = JOB["folder"]
try:
    VERSION = importlib.metadata.version(PACKAGE)
except importlib.metadata.PackageNotFoundError:
    sys.exit(f"{PACKAGE} is not installed")
os.makedirs(FOLDER, exist_ok=True)
# Where PyTorch and pytorch-fid look for weights that were downloaded before.
os.environ["TORCH_HOME"] = FOLDER

# Protocol lines go to standard output, and the tools print there too.
OUT = sys.stdout
sys.stdout = sys.stderr

import numpy
import torch

torch.set_num_threads(JOB["threads"])
CPU = torch.device("cpu")
SECONDS = collections.Counter()


def no_network(*_, **__):
    raise RuntimeError("a tool wanted to download something")


urllib.request.urlopen = no_network


def timed(part, function):
    def inner(*arguments, **named):
        begun = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            SECONDS[part] += time.perf_counter() - begun

    return inner


def time_method(owner, name, part):
    setattr(owner, name, timed(part, getattr(owner, name)))


def state_dict():
    from safetensors.torch import load_file

    return load_file(JOB["weights"])


def squares():
    """The images that need no resizing: uint8[N,3,299,299]."""
    from PIL import Image

    names = sorted(os.listdir(JOB["squares"]))
    images = [numpy.asarray(Image.open(os.path.join(JOB["squares"], name)).convert("RGB")) for name in names]
    return torch.from_numpy(numpy.stack(images)).permute(0, 3, 1, 2).contiguous()


class TorchFidelity:
    """Every metric, with the graph's own way to 299 pixels."""

    def __init__(self):
        import torch_fidelity
        from torch_fidelity import feature_extractor_inceptionv3 as inception
        from torch_fidelity import utils

        self.tool, self.utils = torch_fidelity, utils
        self.weights = os.path.join(FOLDER, "torch-fidelity.pth")
        time_method(utils.ImagesPathDataset, "__getitem__", "decode")
        time_method(inception, "interpolate_bilinear_2d_like_tensorflow1x", "resize")
        time_method(inception.FeatureExtractorInceptionV3, "forward", "network")
        time_method(inception.FeatureExtractorInceptionV3, "__init__", "load")

    def prepare(self):
        torch.save(state_dict(), self.weights)

    def features(self):
        network = self.utils.create_feature_extractor(
            "inception-v3-compat", ["2048"], cuda=False, feature_extractor_weights_path=self.weights, verbose=False
        )
        return network(squares())[0]

    def score(self, images, reference):
        values = self.tool.calculate_metrics(
            input1=images,
            input2=reference,
            cuda=False,
            batch_size=JOB["batchImages"],
            fid=True,
            kid=True,
            prc=True,
            feature_extractor="inception-v3-compat",
            feature_layer_prc="2048",
            feature_extractor_weights_path=self.weights,
            kid_subsets=JOB["kid"]["subsets"],
            kid_subset_size=JOB["kid"]["subsetSize"],
            rng_seed=JOB["kid"]["seed"],
            cache=False,
            save_cpu_ram=True,
            verbose=False,
        )
        return {
            "frechet": values["frechet_inception_distance"],
            "kid": values["kernel_inception_distance_mean"],
            "precision": values["precision"],
            "recall": values["recall"],
        }


class CleanFid:
    """Fréchet distance and KID. Its features are taken once for both, by the functions that its `compute_*` are made of."""

    def __init__(self):
        from cleanfid import fid, inception_torchscript, utils

        self.fid, self.inception = fid, inception_torchscript
        build_resizer = utils.build_resizer
        utils.build_resizer = lambda mode: timed("resize", build_resizer(mode))
        time_method(utils.ResizeDataset, "__getitem__", "decode")
        time_method(inception_torchscript.InceptionV3W, "forward", "network")
        time_method(inception_torchscript.InceptionV3W, "__init__", "load")

    def prepare(self):
        """The TorchScript file that clean-fid reads, with its interface: `layers`, and a resize of its own before them."""
        from cleanfid.inception_pytorch import InceptionV3

        save_to_hub(importlib.import_module("cleanfid.inception_pytorch").FID_WEIGHTS_URL)
        blocks = InceptionV3(output_blocks=[3], resize_input=False, normalize_input=False).eval().blocks
        layers = torch.jit.trace(torch.nn.Sequential(*blocks), torch.zeros(2, 3, 299, 299))
        torch.jit.script(ScriptedInception(layers)).save(os.path.join(FOLDER, "inception-2015-12-05.pt"))

    def network(self):
        return self.inception.InceptionV3W(FOLDER, download=False, resize_inside=JOB["mode"] == "legacy_tensorflow")

    def features(self):
        return self.network()(squares().float())

    def score(self, images, reference):
        network = self.network()
        options = {
            "model": network,
            "num_workers": 0,
            "batch_size": JOB["batchImages"],
            "device": CPU,
            "mode": JOB["mode"],
            "verbose": False,
        }
        rows, reference_rows = [self.fid.get_folder_features(folder, **options) for folder in (images, reference)]
        distance = self.fid.fid_from_feats(rows, reference_rows)
        # It draws from the second set first, and from NumPy's global generator.
        numpy.random.seed(JOB["kid"]["seed"])
        kid = self.fid.kernel_distance(
            reference_rows, rows, num_subsets=JOB["kid"]["subsets"], max_subset_size=JOB["kid"]["subsetSize"]
        )
        return {"frechet": float(distance), "kid": kid}


class ScriptedInception(torch.nn.Module):
    """Images of any size in 0 ... 255 to features. TensorFlow 1's resize is a grid that begins at the first pixel's centre."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, images: torch.Tensor, return_features: bool = True) -> torch.Tensor:
        count, channels, height, width = images.shape
        grid_size = [count, channels, 299, 299]
        theta = torch.eye(2, 3, device=images.device)
        theta[0, 2] = 1.0 / width - 1.0 / 299
        theta[1, 2] = 1.0 / height - 1.0 / 299
        grid = torch.nn.functional.affine_grid(theta.unsqueeze(0).repeat([count, 1, 1]), grid_size, align_corners=False)
        resized = torch.nn.functional.grid_sample(
            images, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return self.layers((resized - 128) / 128).reshape(count, -1)


class PytorchFid:
    """The Fréchet distance alone, with PyTorch's way to 299 pixels."""

    def __init__(self):
        from types import SimpleNamespace

        from pytorch_fid import fid_score, inception

        self.tool, self.inception = fid_score, inception
        functions = inception.F
        inception.F = SimpleNamespace(**{**vars(functions), "interpolate": timed("resize", functions.interpolate)})
        time_method(fid_score.ImagePathDataset, "__getitem__", "decode")
        time_method(inception.InceptionV3, "forward", "network")
        time_method(inception.InceptionV3, "__init__", "load")

    def prepare(self):
        save_to_hub(self.inception.FID_WEIGHTS_URL)

    def features(self):
        network = self.inception.InceptionV3([3], resize_input=False, normalize_input=False).eval()
        return network((squares() - 128.0) / 128)[0].flatten(1)

    def score(self, images, reference):
        paths, dimensions = [images, reference], 2048
        distance = self.tool.calculate_fid_given_paths(paths, JOB["batchImages"], "cpu", dimensions, num_workers=0)
        return {"frechet": float(distance)}


def save_to_hub(url):
    """The file that `load_state_dict_from_url` would have downloaded."""
    folder = os.path.join(FOLDER, "hub", "checkpoints")
    os.makedirs(folder, exist_ok=True)
    torch.save(state_dict(), os.path.join(folder, os.path.basename(url)))


def measured(subject):
    SECONDS.clear()
    begun = time.perf_counter()
    values = subject.score(JOB["images"], JOB["reference"])
    total = time.perf_counter() - begun
    parts = dict(SECONDS)
    # Where the resize happens inside another part, it was counted there as well.
    outer = {"torch-fidelity": "network", "clean-fid": "decode", "pytorch-fid": "network"}[PACKAGE]
    if JOB["mode"] == "legacy_tensorflow":
        # Inside the network's file, and not to be told apart.
        parts.pop("resize", None)
    if "resize" in parts:
        parts[outer] -= parts["resize"]
    parts["statistics"] = total - sum(parts.values())
    return {
        "milliseconds": total * 1000,
        "parts": {name: max(0.0, seconds) * 1000 for name, seconds in parts.items()},
        "values": {name: float(value) for name, value in values.items()},
        "residentBytes": peak_resident_bytes(),
    }


def main():
    subject = {"torch-fidelity": TorchFidelity, "clean-fid": CleanFid, "pytorch-fid": PytorchFid}[PACKAGE]()
    version = f"{PACKAGE} {VERSION}, PyTorch {torch.__version__}"

    def prepare():
        subject.prepare()
        return {"prepared": True}

    def features():
        with torch.no_grad():
            return {"rows": subject.features().tolist()}

    answers = {"prepare": prepare, "features": features, "score": lambda: measured(subject)}

    def say(value):
        with contextlib.redirect_stdout(OUT):
            answer(value)

    say({"ready": True, "version": version})
    for line in sys.stdin:
        say(answers[json.loads(line)["ask"]]())


main()
