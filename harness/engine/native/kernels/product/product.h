// Products of float64 matrices.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// Numbers of a row that are taken together: a tile's rows then stay in the first cache.
constexpr int64_t stretch_length = 128;

// c[i][j] += sum over p < length of a[p][i] b[p][j] for a tile of the result, whose rows are `stride` apart; from zero where `begin` is true. The
// numbers of a and b lie side by side for each p. Sums run upwards, and each addition is rounded once together with its product.
using ProductTile = void (*)(int64_t length, const double* a, const double* b, bool begin, double* c, int64_t stride);

// The same code, compiled for one set of instructions, with tiles that fill its registers: rows times columns, at most `largest_tile`.
struct Products {
  const char* instructions;
  int64_t rows, columns;
  ProductTile tile;
};
constexpr int64_t largest_tile = 168;

// Those that this processor can run, the widest first; the last is what every processor can, slowly where it has no fused product and sum.
const std::vector<Products>& runnable_products();

// c = a bᵀ of a float64[m,length] and b float64[n,length]: sums run upwards from zero, each addition rounded once together with its product, whatever the
// instructions and threads. With `lower`, what stands above the diagonal is left as it is or computed, as comes.
void multiply(const double* a, int64_t m, const double* b, int64_t n, int64_t length, bool lower, double* c, const Products& products);

}  // namespace harness
