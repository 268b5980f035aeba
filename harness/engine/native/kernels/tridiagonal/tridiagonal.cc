#include "tridiagonal.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "../lanes.h"
#include "../processor.h"
#include "../workers.h"

namespace harness {
namespace {

// Rows that are reduced before their change is applied to the matrix above them, which then is read and written once for all of them.
constexpr int64_t panel_rows = 32;
// Rows of one item of work. Each sums into numbers of its own, so that no sum depends on which thread took which.
constexpr int64_t rows_per_item = 128;

constexpr int wide = 8;
typedef double Wide __attribute__((vector_size(wide * sizeof(double))));

HARNESS_INLINE Wide load_wide(const double* from) {
  Wide value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
HARNESS_INLINE void store_wide(double* to, const Wide& value) { std::memcpy(to, &value, sizeof(value)); }
HARNESS_INLINE double sum_wide(const Wide& value) {
  return ((value[0] + value[4]) + (value[2] + value[6])) + ((value[1] + value[5]) + (value[3] + value[7]));
}

HARNESS_INLINE double dot(const double* x, const double* y, int64_t count) {
  Wide a{}, b{};
  int64_t c = 0;
  for (; c + 2 * wide <= count; c += 2 * wide) {
    a += load_wide(x + c) * load_wide(y + c);
    b += load_wide(x + c + wide) * load_wide(y + c + wide);
  }
  double sum = sum_wide(a + b);
  for (; c < count; c++) sum += x[c] * y[c];
  return sum;
}

// y += factor x
HARNESS_INLINE void add_scaled(double* y, double factor, const double* x, int64_t count) {
  int64_t c = 0;
  for (; c + wide <= count; c += wide) store_wide(y + c, load_wide(y + c) + factor * load_wide(x + c));
  for (; c < count; c++) y[c] += factor * x[c];
}

// product += B u for the rows [first, end) of the symmetric matrix of which `a` has the lower triangle: what stands left of the diagonal counts for
// its own row and for its column. Four rows at a time: `u` and `product` are then loaded once for all of them.
HARNESS_INLINE void multiply_rows(const double* a, int64_t d, int64_t first, int64_t end, const double* u, double* product) {
  int64_t r = first;
  for (; r + 4 <= end; r += 4) {
    const double* rows[4];
    double own[4];
    for (int i = 0; i < 4; i++) {
      rows[i] = a + (r + i) * d;
      own[i] = u[r + i];
    }
    Wide sums[4] = {};
    int64_t c = 0;
    for (; c + wide <= r; c += wide) {
      const Wide uc = load_wide(u + c);
      const Wide x0 = load_wide(rows[0] + c), x1 = load_wide(rows[1] + c), x2 = load_wide(rows[2] + c), x3 = load_wide(rows[3] + c);
      sums[0] += x0 * uc;
      sums[1] += x1 * uc;
      sums[2] += x2 * uc;
      sums[3] += x3 * uc;
      store_wide(product + c, load_wide(product + c) + ((x0 * own[0] + x1 * own[1]) + (x2 * own[2] + x3 * own[3])));
    }
    for (int i = 0; i < 4; i++) {
      double sum = sum_wide(sums[i]);
      for (int64_t k = c; k < r + i; k++) {
        sum += rows[i][k] * u[k];
        product[k] += rows[i][k] * own[i];
      }
      product[r + i] += sum + rows[i][r + i] * own[i];
    }
  }
  for (; r < end; r++) {
    const double* row = a + r * d;
    add_scaled(product, u[r], row, r);
    product[r] += dot(row, u, r) + row[r] * u[r];
  }
}

// `Rows` rows from r on, columns [from, to), minus sum_k (v_k[row] w_k + w_k[row] v_k) for the `count` pairs of a panel, which lie `stride` apart.
template <int Rows>
HARNESS_INLINE void change_block(double* a, int64_t d, int64_t r, int64_t from, int64_t to, const double* v, const double* w, int64_t stride,
                                 int64_t count) {
  int64_t c = from;
  for (; c + 4 * wide <= to; c += 4 * wide) {
    Wide x[Rows][4];
    for (int row = 0; row < Rows; row++) {
      for (int i = 0; i < 4; i++) x[row][i] = load_wide(a + (r + row) * d + c + i * wide);
    }
    for (int64_t k = 0; k < count; k++) {
      const double *vk = v + k * stride, *wk = w + k * stride;
      for (int i = 0; i < 4; i++) {
        const Wide vc = load_wide(vk + c + i * wide), wc = load_wide(wk + c + i * wide);
        for (int row = 0; row < Rows; row++) x[row][i] -= vk[r + row] * wc + wk[r + row] * vc;
      }
    }
    for (int row = 0; row < Rows; row++) {
      for (int i = 0; i < 4; i++) store_wide(a + (r + row) * d + c + i * wide, x[row][i]);
    }
  }
  for (int row = 0; row < Rows; row++) {
    for (int64_t column = c; column < to; column++) {
      double x = a[(r + row) * d + column];
      for (int64_t k = 0; k < count; k++) {
        x -= v[k * stride + r + row] * w[k * stride + column] + w[k * stride + r + row] * v[k * stride + column];
      }
      a[(r + row) * d + column] = x;
    }
  }
}

// The rows [first, end), up to their diagonal. Two at a time: the pairs are then loaded once for both.
HARNESS_INLINE void change_rows(double* a, int64_t d, int64_t first, int64_t end, const double* v, const double* w, int64_t stride, int64_t count) {
  int64_t r = first;
  for (; r + 2 <= end; r += 2) {
    change_block<2>(a, d, r, 0, r + 1, v, w, stride, count);
    change_block<1>(a, d, r + 1, r + 1, r + 2, v, w, stride, count);
  }
  if (r < end) change_block<1>(a, d, r, 0, r + 1, v, w, stride, count);
}

#define HARNESS_TRIDIAGONAL(name, attributes)                                                                                        \
  attributes void multiply_##name(const double* a, int64_t d, int64_t first, int64_t end, const double* u, double* product) {        \
    multiply_rows(a, d, first, end, u, product);                                                                                     \
  }                                                                                                                                  \
  attributes void change_##name(double* a, int64_t d, int64_t first, int64_t end, const double* v, const double* w, int64_t stride,  \
                                int64_t count) {                                                                                     \
    change_rows(a, d, first, end, v, w, stride, count);                                                                              \
  }
HARNESS_TRIDIAGONAL(avx512, __attribute__((target("avx512f"))))
HARNESS_TRIDIAGONAL(avx2, __attribute__((target("avx2"))))
HARNESS_TRIDIAGONAL(baseline, )

// Writes u so that (1 - scale u u') maps the `count` numbers of `row` onto their last; returns scale, 0 with u = 0 for numbers that are there already.
double reflector(const double* row, int64_t count, double* u, double* image) {
  const double last = row[count - 1];
  double largest = 0;
  for (int64_t c = 0; c + 1 < count; c++) largest = std::max(largest, std::abs(row[c]));
  if (largest == 0) {
    *image = last;
    std::fill(u, u + count, 0.0);
    return 0;
  }
  // Divided by the largest first: squares of tiny or huge numbers would leave the range of float64.
  largest = std::max(largest, std::abs(last));
  double squares = 0;
  for (int64_t c = 0; c < count; c++) {
    u[c] = row[c] / largest;
    squares += u[c] * u[c];
  }
  const double norm = last > 0 ? -std::sqrt(squares) : std::sqrt(squares);
  const double head = u[count - 1];
  u[count - 1] = head - norm;
  *image = norm * largest;
  return 1 / (squares - norm * head);
}

}  // namespace

const std::vector<MatrixLoops>& runnable_matrix_loops() {
  static const std::vector<MatrixLoops> found = runnable_of<MatrixLoops>(
      {"avx512f", multiply_avx512, change_avx512}, {"avx2", multiply_avx2, change_avx2}, {"baseline", multiply_baseline, change_baseline});
  return found;
}

void reduce_to_tridiagonal(double* a, int64_t d, double* diagonal, double* below, const MatrixLoops& loops) {
  // Pairs of the panel, of which the matrix is A - sum_k (v_k w_k' + w_k v_k'). They lie an odd number of cache lines apart: at a power of two all
  // would share few places in the cache.
  const int64_t stride = ((d / wide + 1) | 1) * wide;
  std::vector<double> v(panel_rows * stride), w(panel_rows * stride);
  std::vector<double> parts(((d + rows_per_item - 1) / rows_per_item) * d);
  if (d > 0) below[0] = 0;
  for (int64_t i = d - 1; i >= 0;) {
    int64_t count = 0;
    for (; count < panel_rows && i >= 0; i--) {
      double* row = a + i * d;
      loops.change(a, d, i, i + 1, v.data(), w.data(), stride, count);
      diagonal[i] = row[i];
      if (i == 0) continue;
      double* u = &v[count * stride];
      double* product = &w[count * stride];
      const double scale = reflector(row, i, u, &below[i]);
      const int64_t items = (i + rows_per_item - 1) / rows_per_item;
      share_out(items, [&](int64_t item) {
        double* part = &parts[item * d];
        const int64_t first = item * rows_per_item, end = std::min(i, first + rows_per_item);
        std::fill(part, part + end, 0.0);
        loops.multiply(a, d, first, end, u, part);
      });
      std::fill(product, product + i, 0.0);
      for (int64_t item = 0; item < items; item++) {
        add_scaled(product, 1, &parts[item * d], std::min(i, (item + 1) * rows_per_item));
      }
      for (int64_t k = 0; k < count; k++) {
        const double along_w = dot(&w[k * stride], u, i), along_v = dot(&v[k * stride], u, i);
        add_scaled(product, -along_w, &v[k * stride], i);
        add_scaled(product, -along_v, &w[k * stride], i);
      }
      const double share = dot(product, u, i) * scale * scale / 2;
      for (int64_t c = 0; c < i; c++) product[c] = scale * product[c] - share * u[c];
      count++;
    }
    share_out((i + rows_per_item) / rows_per_item, [&](int64_t item) {
      const int64_t first = item * rows_per_item;
      loops.change(a, d, first, std::min(i + 1, first + rows_per_item), v.data(), w.data(), stride, count);
    });
  }
}

}  // namespace harness
