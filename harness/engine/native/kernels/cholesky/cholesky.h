// Cholesky's factor of a symmetric matrix.
#pragma once

#include <cstdint>

#include "../product/product.h"

namespace harness {

// Writes L with a = L Lᵀ on the diagonal and below it, float64[d,d], of which nothing else is read or defined afterwards. By panels of columns, whose
// change is then applied to all that is left (right-looking): Golub & Van Loan, "Matrix Computations", 4th ed., section 4.2.6. The result does not depend on
// instructions or threads. False where a pivot is not positive.
bool factorise(double* a, int64_t d, const Products& products);

}  // namespace harness
