"""Photographs made square by Pillow, as ADM and as EDM do: a peer of `npm run bench -- photographs`, one JSON line per question."""

import json
import os
import resource
import sys
import time

import numpy
import PIL
from PIL import Image, features

FOLDER = sys.argv[1]
SIZE = 64


def adm(image):
    """`center_crop_arr` of openai/guided-diffusion."""
    while min(image.size) >= 2 * SIZE:
        image = image.resize((image.width // 2, image.height // 2), resample=Image.Resampling.BOX)
    scale = SIZE / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), resample=Image.Resampling.BICUBIC)
    pixels = numpy.array(image)
    top = (pixels.shape[0] - SIZE) // 2
    left = (pixels.shape[1] - SIZE) // 2
    return pixels[top : top + SIZE, left : left + SIZE]


def edm(image):
    """`--transform=center-crop` of NVlabs/edm `dataset_tool.py`."""
    pixels = numpy.array(image)
    side = min(pixels.shape[:2])
    top = (pixels.shape[0] - side) // 2
    left = (pixels.shape[1] - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    return numpy.array(square.resize((SIZE, SIZE), resample=Image.Resampling.LANCZOS))


def square(name, how):
    with open(os.path.join(FOLDER, name), "rb") as file:
        image = Image.open(file)
        image.load()
    return how(image.convert("RGB"))


def processor_seconds():
    """Of all threads of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def answer(value):
    print(json.dumps(value), flush=True)


names = sorted(os.listdir(FOLDER))
answer({"ready": True, "version": f"{PIL.__version__} (libjpeg-turbo {features.version_feature('libjpeg_turbo')})"})
for line in sys.stdin:
    question = json.loads(line)
    how = {"adm": adm, "edm": edm}[question["how"]]
    begun, busy = time.perf_counter(), processor_seconds()
    squares = [square(name, how) for name in names]
    took, used = time.perf_counter() - begun, processor_seconds() - busy
    if question["file"] is not None:
        with open(question["file"], "wb") as file:
            file.write(numpy.stack(squares).tobytes())
    answer({"seconds": took, "processorSeconds": used})
