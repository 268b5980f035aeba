#include "column-sum.h"

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

constexpr int64_t fewest_rows_of_four_sums = 16;

// `Blocks` blocks of columns from `column` on: as many sums as there are registers for.
template <int Blocks>
HARNESS_INLINE void sum_blocks(const float* x, int64_t rows, int64_t columns, int64_t column, float* sums) {
  constexpr int L = column_block;
  const float* from = x + column;
  Floats<L> sum[4][Blocks] = {};
  const int64_t in_fours = rows < fewest_rows_of_four_sums ? 0 : rows / 4 * 4;
  for (int64_t row = 0; row < in_fours; row += 4) {
    for (int i = 0; i < 4; i++) {
      for (int block = 0; block < Blocks; block++) sum[i][block] += load<L>(from + (row + i) * columns + block * L);
    }
  }
  for (int block = 0; block < Blocks; block++) {
    Floats<L> all = ((sum[0][block] + sum[1][block]) + sum[2][block]) + sum[3][block];
    for (int64_t row = in_fours; row < rows; row++) all += load<L>(from + row * columns + block * L);
    store<L>(sums + column + block * L, all);
  }
}

HARNESS_INLINE void sum_columns(const float* x, int64_t rows, int64_t columns, int64_t begin, int64_t end, float* sums) {
  int64_t column = begin;
  for (; column + 4 * column_block <= end; column += 4 * column_block) sum_blocks<4>(x, rows, columns, column, sums);
  for (; column < end; column += column_block) sum_blocks<1>(x, rows, columns, column, sums);
}

// One function per set of instructions, into which all of the above is inlined.
#define HARNESS_COLUMN_SUM(name, attributes)                                                                                           \
  attributes void column_sum_##name(const float* x, int64_t rows, int64_t columns, int64_t begin, int64_t end, float* sums) { \
    sum_columns(x, rows, columns, begin, end, sums);                                                                                   \
  }
HARNESS_COLUMN_SUM(avx512, __attribute__((target("avx512f"))))
HARNESS_COLUMN_SUM(avx2, __attribute__((target("avx2"))))
HARNESS_COLUMN_SUM(baseline, )

}  // namespace

const std::vector<ColumnSums>& runnable_column_sums() {
  static const std::vector<ColumnSums> found =
      runnable_of<ColumnSums>({"avx512f", column_sum_avx512}, {"avx2", column_sum_avx2}, {"baseline", column_sum_baseline});
  return found;
}

}  // namespace harness
