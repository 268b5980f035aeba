#include "product.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "../lanes.h"
#include "../processor.h"
#include "../workers.h"

namespace harness {
namespace {

template <int Lanes>
struct DoubleVector {
  typedef double Doubles __attribute__((vector_size(Lanes * sizeof(double))));
};
template <int Lanes>
using Doubles = typename DoubleVector<Lanes>::Doubles;

// Loops over registers must leave none in memory.
#define HARNESS_UNROLL _Pragma("GCC unroll 16")

template <int Lanes>
HARNESS_INLINE Doubles<Lanes> multiply_add(double factor, const Doubles<Lanes>& x, const Doubles<Lanes>& sum) {
  Doubles<Lanes> result;
  HARNESS_UNROLL
  for (int i = 0; i < Lanes; i++) result[i] = __builtin_fma(factor, x[i], sum[i]);
  return result;
}

constexpr int vectors_of_row = 3;

template <int Lanes, int Rows>
HARNESS_INLINE void add_tile(int64_t length, const double* a, const double* b, bool begin, double* c, int64_t stride) {
  using Row = Doubles<Lanes>;
  constexpr int64_t columns = Lanes * vectors_of_row;
  Row sums[Rows][vectors_of_row] = {};
  if (!begin) {
    HARNESS_UNROLL
    for (int i = 0; i < Rows; i++) {
      HARNESS_UNROLL
      for (int j = 0; j < vectors_of_row; j++) std::memcpy(&sums[i][j], c + i * stride + j * Lanes, sizeof(Row));
    }
  }
  for (int64_t p = 0; p < length; p++, a += Rows, b += columns) {
    Row row[vectors_of_row];
    HARNESS_UNROLL
    for (int j = 0; j < vectors_of_row; j++) std::memcpy(&row[j], b + j * Lanes, sizeof(Row));
    HARNESS_UNROLL
    for (int i = 0; i < Rows; i++) {
      HARNESS_UNROLL
      for (int j = 0; j < vectors_of_row; j++) sums[i][j] = multiply_add<Lanes>(a[i], row[j], sums[i][j]);
    }
  }
  HARNESS_UNROLL
  for (int i = 0; i < Rows; i++) {
    HARNESS_UNROLL
    for (int j = 0; j < vectors_of_row; j++) std::memcpy(c + i * stride + j * Lanes, &sums[i][j], sizeof(Row));
  }
}

// One function per set of instructions, into which all of the above is inlined; sums, a row of b and a factor fill the registers. Seven rows, not eight:
// GCC would load eight factors at once and permute them, at the cost of a third.
#define HARNESS_PRODUCT_TILE(name, lanes, rows, attributes)                                                                         \
  attributes void tile_##name(int64_t length, const double* a, const double* b, bool begin, double* c, int64_t stride) { \
    add_tile<lanes, rows>(length, a, b, begin, c, stride);                                                                          \
  }
HARNESS_PRODUCT_TILE(avx512, 8, 7, __attribute__((target("avx512f"))))
HARNESS_PRODUCT_TILE(avx2, 4, 4, __attribute__((target("avx2,fma"))))
HARNESS_PRODUCT_TILE(baseline, 2, 4, )

// Rows of a matrix in the order in which tiles read them: stretch after stretch, in each of them strips of `width` rows, number after number. Rows that
// are missing in the last strip are zeros.
struct Packed {
  int64_t width, strips, length;
  std::unique_ptr<double[]> values;

  Packed(const double* from, int64_t rows, int64_t width, int64_t length) : width(width), strips((rows + width - 1) / width), length(length) {
    values.reset(new double[strips * width * length]);
    share_out(strips, [&](int64_t index) {
      const int64_t whole = std::min(width, rows - index * width);
      for (int64_t first = 0; first < length; first += stretch_length) {
        pack(from + index * width * length + first, whole, length_of(first), strip(index, first));
      }
    });
  }
  double* strip(int64_t index, int64_t first) const { return values.get() + first * strips * width + index * width * length_of(first); }
  int64_t length_of(int64_t first) const { return std::min(stretch_length, length - first); }

 private:
  void pack(const double* from, int64_t rows, int64_t numbers, double* to) const {
    if (rows < width) std::fill(to, to + width * numbers, 0.0);
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t p = 0; p < numbers; p++) to[p * width + row] = from[row * length + p];
    }
  }
};

// At most so many rows and columns of the result are taken by a thread at a time: one stretch of their lines stays in the second cache.
constexpr int64_t most_rows = 98, most_columns = 192;

}  // namespace

const std::vector<Products>& runnable_products() {
  static const std::vector<Products> found =
      runnable_of<Products>({"avx512f", 7, 24, tile_avx512}, {"avx2", 4, 12, tile_avx2}, {"baseline", 4, 6, tile_baseline});
  return found;
}

void multiply(const double* a, int64_t m, const double* b, int64_t n, int64_t length, bool lower, double* c, const Products& products) {
  if (length == 0) std::fill(c, c + m * n, 0.0);
  if (m == 0 || n == 0 || length == 0) return;
  const Packed left(a, m, products.rows, length), right(b, n, products.columns, length);
  const int64_t block_rows = most_rows / products.rows * products.rows, block_columns = most_columns / products.columns * products.columns;
  const int64_t across = (n + block_columns - 1) / block_columns;
  share_out((m + block_rows - 1) / block_rows * across, [&](int64_t item) {
    const int64_t top = item / across * block_rows, bottom = std::min(m, top + block_rows);
    const int64_t west = item % across * block_columns, east = std::min(n, west + block_columns);
    for (int64_t first = 0; first < length; first += stretch_length) {
      const int64_t numbers = left.length_of(first);
      for (int64_t column = west; column < east; column += products.columns) {
        const double* lines = right.strip(column / products.columns, first);
        const int64_t columns = std::min(products.columns, n - column);
        for (int64_t row = top; row < bottom; row += products.rows) {
          const int64_t rows = std::min(products.rows, m - row);
          if (lower && column >= row + rows) continue;
          const double* own = left.strip(row / products.rows, first);
          double* to = c + row * n + column;
          if (rows == products.rows && columns == products.columns) {
            products.tile(numbers, own, lines, first == 0, to, n);
            continue;
          }
          // A tile that reaches beyond the result is computed beside it.
          double whole[largest_tile] = {};
          for (int64_t i = 0; i < rows; i++) std::copy(to + i * n, to + i * n + columns, whole + i * products.columns);
          products.tile(numbers, own, lines, first == 0, whole, products.columns);
          for (int64_t i = 0; i < rows; i++) std::copy(whole + i * products.columns, whole + i * products.columns + columns, to + i * n);
        }
      }
    }
  });
}

}  // namespace harness
