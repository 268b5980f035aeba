// What this project's own functions need of the binding's backend: its context, its device and its table of handles.
// The accessors are added to the npm sources by harness/engine/install/binding-patch.ts.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <string>

#include "tensorflow/c/eager/c_api.h"

namespace harness {

TFE_Context* context_of(napi_env env);

// The device that tensors are copied to, by the name that it has now.
void set_device_name(napi_env env, const std::string& name);

// The handle with this id, or nullptr with a JavaScript exception pending.
TFE_TensorHandle* handle_of(napi_env env, int64_t id);

// Puts a handle into the table and returns its id; the table owns it from here on.
int64_t insert_handle(napi_env env, TFE_TensorHandle* handle);

}  // namespace harness
