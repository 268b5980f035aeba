"""What every peer of `npm run bench` shares: its job, and the questions it answers, one JSON line each.

The job names the network (its modules in forward order, as the harness walks them), the numbers of the step and a safetensors
file with parameters and batches. A peer answers `check` (the values of one step with the masks and noise of the file), `first`,
`run` (durations) and `memory`, until its standard input closes.
"""

import json
import os
import sys
import time

JOB = json.load(open(sys.argv[1], encoding="utf-8"))

# Before any framework is imported: each reads its own variable once.
THREADS = str(JOB["threads"])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"):
    os.environ[name] = THREADS
if JOB["device"] == "cpu":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"


def read_inputs():
    """Parameters by name, batches in order, and the rest of the file."""
    from safetensors.numpy import load_file

    tensors = load_file(JOB["inputs"])
    parameters = {n.removeprefix("parameters/"): t for n, t in tensors.items() if n.startswith("parameters/")}
    count = sum(n.startswith("batch") and n.endswith("/images") for n in tensors)
    batches = [
        {"images": tensors[f"batch{i}/images"], "levels": tensors[f"batch{i}/levels"]} for i in range(count)
    ]
    others = {n: t for n, t in tensors.items() if not n.startswith(("parameters/", "batch"))}
    return parameters, batches, others


def level_rows(levels):
    """The rows of the level table by name: float32[B] each."""
    return dict(zip(JOB["levelRows"], levels))


def serve(version, check, make_iteration, device_bytes):
    """Answers until the harness closes the pipe.

    check() -> values by name; make_iteration() -> iteration(k), which runs iteration k and returns when the device has finished it.
    A process that only checks makes none.
    """
    answer({"ready": True, "version": version})
    iteration = None
    done = 0
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["ask"] == "check":
            answer({"values": check()})
        elif ask["ask"] in ("first", "run"):
            iteration = iteration or make_iteration()
            durations = []
            for _ in range(ask["iterations"]):
                begun = time.perf_counter()
                iteration(done)
                durations.append((time.perf_counter() - begun) * 1000)
                done += 1
            answer({"milliseconds": durations, "handles": None})
        elif ask["ask"] == "memory":
            answer({"residentBytes": peak_resident_bytes(), "deviceBytes": device_bytes()})


def answer(value):
    print(json.dumps(value), flush=True)


def peak_resident_bytes():
    with open("/proc/self/status", encoding="utf-8") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
