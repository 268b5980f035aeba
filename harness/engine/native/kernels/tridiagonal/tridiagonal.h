// Householder reduction of a symmetric matrix to tridiagonal form, which has the same eigenvalues.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// The loops over the matrix, compiled for one set of instructions.
struct MatrixLoops {
  const char* instructions;
  void (*multiply)(const double* a, int64_t d, int64_t first, int64_t end, const double* u, double* product);
  void (*change)(double* a, int64_t d, int64_t first, int64_t end, const double* v, const double* w, int64_t stride,
                 int64_t count);
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<MatrixLoops>& runnable_matrix_loops();

// a: finite float64[d,d], row-major, of which the lower triangle is read and overwritten. diagonal float64[d]; below float64[d], the entries below the
// diagonal, whose first is 0. Rows are reduced from the last up. No result depends on how many threads there are or on what instructions the
// processor has.
// Golub & Van Loan, "Matrix Computations", 4th ed., section 8.3.1; in panels as LAPACK's dsytrd: Dongarra, Sorensen & Hammarling 1989.
void reduce_to_tridiagonal(double* a, int64_t d, double* diagonal, double* below,
                           const MatrixLoops& loops = runnable_matrix_loops().front());

}  // namespace harness
