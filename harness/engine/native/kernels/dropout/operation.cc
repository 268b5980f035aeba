// ConsistencyDropout(x, key; rate, scale) -> y
//   y = x m, where m is `scale` for numbers u >= rate of StatelessRandomUniformV2 (Philox) with this key, and 0 for the others; scale is 1 / (1 - rate).
//   Srivastava et al. 2014.
//
// x, y float32 of any shape, y in the place of x where nothing else reads it; key int32[6]: two words of the key, four of the counter, low words first. Nothing is kept for the gradient, which is
// the same operation on dy.
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "../workers.h"
#include "dropout.h"

namespace harness {
namespace {

struct Attributes {
  float rate = 0;
  float scale = 1;
};

// Counters that a thread takes at a time, a multiple of those in a vector.
constexpr int64_t blocks_of_item = 1 << 13;

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  const Tensor y(call.output_in_place_of(0, 0)), x(call.input(0)), key(call.input(1));
  if (!call.ok() || !call.require(key.shape() == std::vector<int64_t>{6}, "dropout: the key must have six words")) return;
  const auto* words = key.values<uint32_t>();
  const PhiloxStart start{{words[0], words[1]}, {words[2], words[3], words[4], words[5]}};
  const Drop drop = runnable_dropping().front().drop;
  const int64_t count = x.count(), blocks = (count + 3) / 4;
  share_out_range(blocks, blocks_of_item, [&](int64_t first, int64_t end) {
    drop(start, x.values(), y.values(), count, first, end, attributes.rate, attributes.scale);
  });
}

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  Status status;
  TF_OpKernelConstruction_GetAttrFloat(construction, "rate", &attributes->rate, status.get());
  if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "scale", &attributes->scale, status.get());
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  return attributes;
}

void destroy(void* kernel) { delete static_cast<Attributes*>(kernel); }

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { copy_shape(context, 0, 0, status); }

}  // namespace

bool register_dropout(napi_env env) {
  return register_operation(
      env, {"ConsistencyDropout", {"x: float", "key: int32"}, {"y: float"}, {"rate: float", "scale: float"}, shapes, create, compute, destroy});
}

}  // namespace harness
