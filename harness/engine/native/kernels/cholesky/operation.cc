// ConsistencyCholesky(a) -> l
//   a = l lᵀ
//
// a float64[d,d] symmetric, of which the lower triangle is read; l float64[d,d] with zeros above its diagonal, or NaN alone where a pivot is not positive.
#include <algorithm>
#include <cmath>

#include "../kernel.h"
#include "../operations.h"
#include "cholesky.h"

namespace harness {
namespace {

void compute(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Tensor a(call.input(0));
  if (!call.ok()) return;
  const auto shape = a.shape();
  if (!call.require(shape.size() == 2 && shape[0] == shape[1], "cholesky: the matrix must have the shape [d,d]")) return;
  const int64_t d = shape[0];
  const Tensor l(call.output(0, {d, d}, TF_DOUBLE));
  if (!call.ok()) return;
  double* to = l.values<double>();
  std::copy(a.values<double>(), a.values<double>() + d * d, to);
  if (!factorise(to, d, runnable_products().front())) {
    std::fill(to, to + d * d, std::nan(""));
    return;
  }
  for (int64_t i = 0; i < d; i++) std::fill(to + i * d + i + 1, to + (i + 1) * d, 0.0);
}

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { copy_shape(context, 0, 0, status); }

}  // namespace

bool register_cholesky(napi_env env) {
  return register_operation(env, {"ConsistencyCholesky", {"a: double"}, {"l: double"}, {}, shapes, create_nothing, compute, destroy_nothing});
}

}  // namespace harness
