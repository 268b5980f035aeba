// The arithmetic of sums over rows: the additions of TensorFlow's own kernel in the same order, and so the same bits.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// Columns that a thread takes at a time. TensorFlow adds in this order where all columns fill whole vectors, and in another for what is left of
// one: the number of columns must be a multiple of this.
constexpr int64_t column_block = 16;

// sums[c] of x[row][c] over all rows, for the columns from `begin` to `end`; x has `columns` numbers in a row. From 16 rows on there are four
// sums, of every fourth row from the first, second, third and fourth on, which are added in this order; rows beyond a multiple of four follow. With
// fewer rows, one after the other.
using ColumnSum = void (*)(const float* x, int64_t rows, int64_t columns, int64_t begin, int64_t end, float* sums);

// The same code, compiled for one set of instructions.
struct ColumnSums {
  const char* instructions;
  ColumnSum sum;
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<ColumnSums>& runnable_column_sums();

}  // namespace harness
