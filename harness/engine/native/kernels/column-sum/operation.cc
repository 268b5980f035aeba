// ConsistencyColumnSum(x) -> sums
//   sums[p][c] = sum over r of x[p][r][c]
//
// x float32[parts,rows,columns], columns a multiple of 16; sums float32[parts,columns]. Threads share parts and columns.
#include <algorithm>
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "../workers.h"
#include "column-sum.h"

namespace harness {
namespace {

// Of a row, so many columns are four lines of the cache.
constexpr int64_t columns_of_item = 64;

void compute(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Tensor x(call.input(0));
  if (!call.ok()) return;
  const auto dims = x.shape();
  if (!call.require(dims.size() == 3 && dims[2] % column_block == 0, "column sum: x must have three axes, the last a multiple of 16")) return;
  const int64_t parts = dims[0], rows = dims[1], columns = dims[2];
  const Tensor sums(call.output(0, {parts, columns}));
  if (!call.ok()) return;
  const ColumnSum sum = runnable_column_sums().front().sum;
  const int64_t items = (columns + columns_of_item - 1) / columns_of_item;
  share_out(parts * items, [&](int64_t item) {
    const int64_t part = item / items, begin = item % items * columns_of_item;
    sum(x.values() + part * rows * columns, rows, columns, begin, std::min(columns, begin + columns_of_item), sums.values() + part * columns);
  });
}

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  const Shape x, first, last, sums;
  TF_ShapeInferenceContextGetInput(context, 0, x.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, x.handle, 0, 1, first.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, x.handle, 2, 3, last.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, first.handle, last.handle, sums.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, sums.handle, status);
}

}  // namespace

bool register_column_sum(napi_env env) {
  return register_operation(env, {"ConsistencyColumnSum", {"x: float"}, {"sums: float"}, {}, shapes, create_nothing, compute, destroy_nothing});
}

}  // namespace harness
