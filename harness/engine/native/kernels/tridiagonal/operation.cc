// ConsistencyTridiagonal(a) -> (diagonal, below): a float64[d,d] symmetric and finite, of which the lower triangle is read; diagonal and below float64[d].
#include <vector>

#include "../kernel.h"
#include "../operations.h"
#include "tridiagonal.h"

namespace harness {
namespace {

void compute(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Tensor a(call.input(0));
  if (!call.ok()) return;
  const auto shape = a.shape();
  if (!call.require(shape.size() == 2 && shape[0] == shape[1], "tridiagonal form: the matrix must have the shape [d,d]")) return;
  const int64_t d = shape[0];
  const Tensor diagonal(call.output(0, {d}, TF_DOUBLE)), below(call.output(1, {d}, TF_DOUBLE));
  if (!call.ok()) return;
  // An input may be read by others as well.
  std::vector<double> copy(a.values<double>(), a.values<double>() + d * d);
  reduce_to_tridiagonal(copy.data(), d, diagonal.values<double>(), below.values<double>());
}

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  const Shape a, rows;
  TF_ShapeInferenceContextGetInput(context, 0, a.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, a.handle, 0, 1, rows.handle, status);
  for (const int output : {0, 1}) {
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, rows.handle, status);
  }
}

}  // namespace

bool register_tridiagonal(napi_env env) {
  return register_operation(
      env, {"ConsistencyTridiagonal", {"a: double"}, {"diagonal: double", "below: double"}, {}, shapes, create_nothing, compute, destroy_nothing});
}

}  // namespace harness
