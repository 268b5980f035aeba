// Group normalisation with or without swish, forward and backward, as operations of TensorFlow on the CPU.
#pragma once

#include <node_api.h>

namespace harness {

// Registers ConsistencyGroupNorm and ConsistencyGroupNormGrad, once per process; throws into JavaScript what TensorFlow refuses.
bool register_group_norm(napi_env env);

}  // namespace harness
