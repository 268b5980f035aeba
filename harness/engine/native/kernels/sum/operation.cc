// ConsistencySum(x, bias, other; scale) -> y
//   y = ((x + bias) + other) scale
//
// x, y float32[...,C]; bias float32[C]; other float32 of the shape of x, or [B,C] with a row for each of B equal parts of the rows of x. Threads share
// rows. Where nothing else reads x, y is written in its place.
#include <algorithm>
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "../workers.h"
#include "sum.h"

namespace harness {
namespace {

// Numbers that a thread takes at a time.
constexpr int64_t stretch = 1 << 15;

void compute(void* kernel, TF_OpKernelContext* context) {
  const float scale = *static_cast<const float*>(kernel);
  Call call(context);
  const Tensor y(call.output_in_place_of(0, 0)), x(call.input(0)), bias(call.input(1)), other(call.input(2));
  if (!call.ok()) return;
  const int64_t channels = bias.count(), others = channels == 0 ? 0 : other.count() / channels;
  const auto dims = x.shape();
  if (!call.require(!dims.empty() && dims.back() == channels, "sum: bias must have as many numbers as x has channels")) return;
  const int64_t rows = channels == 0 ? 0 : x.count() / channels;
  if (rows == 0) return;
  if (!call.require(others > 0 && other.count() == others * channels && rows % others == 0,
                    "sum: other must have the shape of x, or one row for each of equal parts of its rows")) {
    return;
  }
  const SumArrays arrays{channels, rows / others, x.values(), bias.values(), other.values(), y.values()};
  const Sum sum = runnable_sums().front().sum;
  share_out_range(rows, std::max<int64_t>(1, stretch / channels),
                  [&](int64_t begin, int64_t end) { sum(arrays, scale, begin, end); });
}

void* create(TF_OpKernelConstruction* construction) {
  auto* scale = new float(1);
  Status status;
  TF_OpKernelConstruction_GetAttrFloat(construction, "scale", scale, status.get());
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  return scale;
}

void destroy(void* kernel) { delete static_cast<float*>(kernel); }

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { copy_shape(context, 0, 0, status); }

}  // namespace

bool register_sum(napi_env env) {
  return register_operation(
      env, {"ConsistencySum", {"x: float", "bias: float", "other: float"}, {"y: float"}, {"scale: float"}, shapes, create, compute, destroy});
}

}  // namespace harness
