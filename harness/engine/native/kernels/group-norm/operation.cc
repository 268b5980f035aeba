// ConsistencyGroupNorm(x, scale, bias; epsilon, swish) -> (y, mean, inverse)
//   y = n sigmoid(n) with swish, else n, where n = (x - mean) inverse scale + bias, inverse = 1 / sqrt(variance + epsilon); mean and (biased)
//   variance per image and group. Wu & He 2018 (arXiv:1803.08494), equations 1-2.
// ConsistencyGroupNormGrad(dy, x, scale, bias, mean, inverse; swish) -> (dx, dscale, dbias)
//
// x, y, dy, dx float32[B,H,W,C]; scale, bias and their gradients float32[G,C/G], whose first axis says how many groups there are; mean, inverse
// float32[B,G]. y is written in the place of x, and dx in that of dy, where nothing else reads them.
//
// Work is divided into slices (group-norm.h), which threads share; gradients of scale and bias are then added image by image. No sum depends on
// how many threads there are.
#include "../operations.h"

#include <cstdint>
#include <vector>

#include "group-norm.h"
#include "../kernel.h"
#include "../workers.h"

namespace harness {
namespace {

struct Attributes {
  float epsilon = 0;
  bool swish = false;
};

constexpr int64_t numbers_in_cache = 1 << 16;
constexpr int64_t fewest_slices = 16;

struct Dimensions {
  int64_t images, positions, channels, groups, width;
  // Channels of a slice: whole groups, and whole blocks of 16 channels where those divide all channels.
  int64_t slice;
  int64_t slices() const { return images * (channels / slice); }
};

bool dimensions_of(Call& call, const Tensor& x, const Tensor& scale, const Tensor& bias, Dimensions* result) {
  if (!call.ok()) return false;
  const auto image = x.shape(), affine = scale.shape();
  if (!call.require(image.size() == 4 && affine.size() == 2 && image[3] == affine[0] * affine[1] && bias.shape() == affine,
                    "group normalisation: x must have the shape [B,H,W,C], scale and bias [G,C/G]")) {
    return false;
  }
  const int64_t width = affine[1], channels = image[3];
  const int64_t positions = image[1] * image[2];
  int64_t slice = width;
  while (slice % 16 != 0 && slice < channels) slice += width;
  if (slice > channels || channels % slice != 0) slice = channels;
  // Neighbouring slices become one, for longer stretches of memory, while they fit into a cache and there are enough of them for threads.
  while (channels % (2 * slice) == 0 && 2 * slice * positions <= numbers_in_cache && image[0] * (channels / slice) > fewest_slices) slice *= 2;
  *result = {image[0], positions, channels, affine[0], width, slice};
  return true;
}

// The slice and, by `begin`, where its first number stands in x.
Slice slice_at(const Dimensions& d, int64_t item, const float* scale, const float* bias, float* mean, float* inverse, int64_t* begin) {
  const int64_t per_image = d.channels / d.slice, image = item / per_image, channel = item % per_image * d.slice;
  const int64_t group = image * d.groups + channel / d.width;
  *begin = image * d.positions * d.channels + channel;
  return {d.positions, d.channels, d.slice, d.width, scale + channel, bias + channel, mean + group, inverse + group};
}

void compute_forward(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  const Tensor y(call.output_in_place_of(0, 0)), x(call.input(0)), scale(call.input(1)), bias(call.input(2));
  Dimensions d;
  if (!dimensions_of(call, x, scale, bias, &d)) return;
  const Tensor mean(call.output(1, {d.images, d.groups})), inverse(call.output(2, {d.images, d.groups}));
  if (!call.ok()) return;
  const Normalise normalise = runnable_arithmetic().front().normalise;
  share_out(d.slices(), [&](int64_t item) {
    int64_t begin = 0;
    const Slice slice = slice_at(d, item, scale.values(), bias.values(), mean.values(), inverse.values(), &begin);
    normalise(slice, x.values() + begin, y.values() + begin, attributes.epsilon, attributes.swish);
  });
}

void compute_backward(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  const Tensor dx(call.output_in_place_of(0, 0)), dy(call.input(0)), x(call.input(1)), scale(call.input(2)), bias(call.input(3)), mean(call.input(4)), inverse(call.input(5));
  Dimensions d;
  if (!dimensions_of(call, x, scale, bias, &d)) return;
  const std::vector<int64_t> statistics{d.images, d.groups};
  if (!call.require(dy.shape() == x.shape() && mean.shape() == statistics && inverse.shape() == statistics,
                    "gradient of group normalisation: dy must have the shape of x, mean and inverse [B,G]")) {
    return;
  }
  const Tensor dscale(call.output(1, scale.shape())), dbias(call.output(2, scale.shape()));
  if (!call.ok()) return;
  const Differentiate differentiate = runnable_arithmetic().front().differentiate;
  std::vector<double> scales(d.images * d.channels), biases(d.images * d.channels);
  share_out(d.slices(), [&](int64_t item) {
    int64_t begin = 0;
    const Slice slice = slice_at(d, item, scale.values(), bias.values(), mean.values(), inverse.values(), &begin);
    const int64_t row = item / (d.channels / d.slice) * d.channels + begin % d.channels;
    differentiate(slice, dy.values() + begin, x.values() + begin, dx.values() + begin, &scales[row], &biases[row], attributes.swish);
  });
  for (int64_t c = 0; c < d.channels; c++) {
    double of_scale = 0, of_bias = 0;
    for (int64_t b = 0; b < d.images; b++) {
      of_scale += scales[b * d.channels + c];
      of_bias += biases[b * d.channels + c];
    }
    dscale.values()[c] = static_cast<float>(of_scale);
    dbias.values()[c] = static_cast<float>(of_bias);
  }
}

void* read_attributes(TF_OpKernelConstruction* construction, bool with_epsilon) {
  auto* attributes = new Attributes();
  Status status;
  unsigned char swish = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "swish", &swish, status.get());
  if (status.ok() && with_epsilon) TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &attributes->epsilon, status.get());
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  attributes->swish = swish != 0;
  return attributes;
}

void* create_forward(TF_OpKernelConstruction* construction) { return read_attributes(construction, true); }
void* create_backward(TF_OpKernelConstruction* construction) { return read_attributes(construction, false); }
void destroy(void* kernel) { delete static_cast<Attributes*>(kernel); }

void forward_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  copy_shape(context, 0, 0, status);
  // [B] of x, then [G] of scale.
  const Shape x, scale, images, groups, both;
  TF_ShapeInferenceContextGetInput(context, 0, x.handle, status);
  TF_ShapeInferenceContextGetInput(context, 1, scale.handle, status);
  TF_ShapeInferenceContextSubshape(context, x.handle, 0, 1, images.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSubshape(context, scale.handle, 0, 1, groups.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextConcatenateShapes(context, images.handle, groups.handle, both.handle, status);
  for (const int output : {1, 2}) {
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, both.handle, status);
  }
}

void backward_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  copy_shape(context, 1, 0, status);
  for (const int output : {1, 2}) {
    if (TF_GetCode(status) == TF_OK) copy_shape(context, 2, output, status);
  }
}

}  // namespace

bool register_group_norm(napi_env env) {
  const Operation forward{"ConsistencyGroupNorm",
                          {"x: float", "scale: float", "bias: float"},
                          {"y: float", "mean: float", "inverse: float"},
                          {"epsilon: float", "swish: bool"},
                          forward_shapes,
                          create_forward,
                          compute_forward,
                          destroy};
  const Operation backward{"ConsistencyGroupNormGrad",
                           {"dy: float", "x: float", "scale: float", "bias: float", "mean: float", "inverse: float"},
                           {"dx: float", "dscale: float", "dbias: float"},
                           {"swish: bool"},
                           backward_shapes,
                           create_backward,
                           compute_backward,
                           destroy};
  return register_operation(env, forward) && register_operation(env, backward);
}

}  // namespace harness
