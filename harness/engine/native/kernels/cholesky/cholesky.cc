#include "cholesky.h"

#include <algorithm>
#include <cmath>

#include "../lanes.h"
#include "../workers.h"

namespace harness {
namespace {

constexpr int64_t panel_columns = 64;
// Rows that are solved side by side: so many numbers of each column lie in a row of their own.
constexpr int64_t rows_together = 64;
constexpr int wide = 8;
typedef double Wide __attribute__((vector_size(wide * sizeof(double))));

// The block on the diagonal, row by row; what is left of it has been applied.
bool factor_block(double* a, int64_t d, int64_t first, int64_t columns) {
  double* block = a + first * d + first;
  for (int64_t i = 0; i < columns; i++) {
    double* row = block + i * d;
    for (int64_t j = 0; j <= i; j++) {
      const double* other = block + j * d;
      double sum = row[j];
      for (int64_t p = 0; p < j; p++) sum -= row[p] * other[p];
      if (j < i) {
        row[j] = sum / other[j];
      } else if (sum > 0) {
        row[i] = std::sqrt(sum);
      } else {
        return false;
      }
    }
  }
  return true;
}

// x Bᵀ = a for rows of the panel below its block B, which is lower triangular. Rows do not depend on each other.
void solve_rows(double* a, int64_t d, const double* block, int64_t columns, int64_t rows) {
  Wide x[panel_columns][rows_together / wide] = {};
  constexpr int vectors = rows_together / wide;
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t j = 0; j < columns; j++) reinterpret_cast<double*>(x[j])[row] = a[row * d + j];
  }
  for (int64_t j = 0; j < columns; j++) {
    for (int64_t p = 0; p < j; p++) {
      const double factor = block[j * d + p];
      for (int v = 0; v < vectors; v++) x[j][v] -= factor * x[p][v];
    }
    for (int v = 0; v < vectors; v++) x[j][v] /= block[j * d + j];
  }
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t j = 0; j < columns; j++) a[row * d + j] = reinterpret_cast<const double*>(x[j])[row];
  }
}

}  // namespace

bool factorise(double* a, int64_t d, const Products& products) {
  for (int64_t first = 0; first < d; first += panel_columns) {
    const int64_t columns = std::min(panel_columns, d - first), next = first + columns;
    if (!factor_block(a, d, first, columns)) return false;
    const double* block = a + first * d + first;
    double* below = a + next * d + first;
    share_out_range(d - next, rows_together, [&](int64_t begin, int64_t end) { solve_rows(below + begin * d, d, block, columns, end - begin); });
    const Lines lines{below, d - next, d, 1};
    multiply(lines, lines, columns, {a + next * d + next, d, true, true}, products);
  }
  return true;
}

}  // namespace harness
