"""The trace term of the Fréchet distance by NumPy and SciPy: reads a route per line, answers with its seconds and its value."""

import json
import sys
import time

import numpy
import scipy
import scipy.linalg

a = numpy.load(sys.argv[1])
b = numpy.load(sys.argv[2])


def cholesky_eigvalsh():
    factor = numpy.linalg.cholesky(a)
    values = numpy.linalg.eigvalsh(factor.T @ b @ factor)
    return numpy.sqrt(values).sum()


def sqrtm():
    return numpy.trace(scipy.linalg.sqrtm(a @ b)).real


routes = {"cholesky-eigvalsh": cholesky_eigvalsh, "sqrtm": sqrtm}
print(json.dumps({"numpy": numpy.__version__, "scipy": scipy.__version__}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    root = routes[line.strip()]()
    seconds = time.perf_counter() - start
    value = numpy.trace(a) + numpy.trace(b) - 2 * root
    print(json.dumps({"seconds": seconds, "value": float(value)}), flush=True)
