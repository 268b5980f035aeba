// The addon: the npm binding with this project's functions beside it.
#include <node_api.h>

#include <dlfcn.h>

#include <cstring>
#include <string>
#include <vector>

#include "backend-access.h"
#include "collective.h"
#include "kernels/operations.h"
#include "kernels/processor.h"
#include "napi-values.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tfjs_backend.h"
#include "trace.h"

namespace tfnodejs {
// Made visible by the patch of the npm sources.
TFJSBackend* GetTFJSBackend(napi_env env);
napi_value InitTFNodeJSBinding(napi_env env, napi_value exports);
}  // namespace tfnodejs

namespace harness {

TFE_Context* context_of(napi_env env) { return tfnodejs::GetTFJSBackend(env)->context(); }

void set_device_name(napi_env env, const std::string& name) { tfnodejs::GetTFJSBackend(env)->set_device_name(name); }

TFE_TensorHandle* handle_of(napi_env env, int64_t id) {
  TFE_TensorHandle* handle = tfnodejs::GetTFJSBackend(env)->handle(static_cast<int32_t>(id));
  if (handle == nullptr) throw_error(env, "tensor " + std::to_string(id) + " does not exist");
  return handle;
}

int64_t insert_handle(napi_env env, TFE_TensorHandle* handle) { return tfnodejs::GetTFJSBackend(env)->InsertHandle(handle); }

namespace {

// bytesToTensor(shape, dtype, bytes) -> id: a host tensor of any fixed-size type (float64, bfloat16, uint64 ... included).
napi_value bytes_to_tensor(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const auto dims = to_vector(env, arguments[0], to_int);
  const auto dtype = static_cast<TF_DataType>(to_int(env, arguments[1]));
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  if (!to_bytes(env, arguments[2], &bytes, &length)) return nullptr;
  size_t wanted = TF_DataTypeSize(dtype);
  for (const int64_t size : dims) wanted *= static_cast<size_t>(size);
  if (wanted != length) {
    throw_error(env, "bytesToTensor: " + std::to_string(length) + " bytes for a tensor of " + std::to_string(wanted));
    return nullptr;
  }
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims.data(), static_cast<int>(dims.size()), length);
  if (length > 0) std::memcpy(TF_TensorData(tensor), bytes, length);
  Status status;
  TFE_TensorHandle* handle = TFE_NewTensorHandle(tensor, status.get());
  TF_DeleteTensor(tensor);
  if (!status.ok_or_throw(env, "bytesToTensor")) return nullptr;
  return from_int(env, insert_handle(env, handle));
}

// tensorToBytes(id) -> Uint8Array: the raw bytes of a tensor of any fixed-size type, copied to the host.
napi_value tensor_to_bytes(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  TFE_TensorHandle* handle = handle_of(env, to_int(env, arguments[0]));
  if (handle == nullptr) return nullptr;
  Status status;
  TF_Tensor* tensor = TFE_TensorHandleResolve(handle, status.get());
  if (!status.ok_or_throw(env, "tensorToBytes")) return nullptr;
  napi_value view = from_bytes(env, TF_TensorData(tensor), TF_TensorByteSize(tensor));
  TF_DeleteTensor(tensor);
  return view;
}

// dtypeOf(id) -> the TF_DataType of a handle
napi_value dtype_of(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  TFE_TensorHandle* handle = handle_of(env, to_int(env, arguments[0]));
  return handle == nullptr ? nullptr : from_int(env, TFE_TensorHandleDataType(handle));
}

// listDevices() -> names such as /job:localhost/replica:0/task:0/device:GPU:0
napi_value list_devices(napi_env env, napi_callback_info) {
  Status status;
  TF_DeviceList* devices = TFE_ContextListDevices(context_of(env), status.get());
  if (!status.ok_or_throw(env, "listDevices")) return nullptr;
  napi_value result = nullptr;
  napi_create_array(env, &result);
  for (int i = 0; i < TF_DeviceListCount(devices); i++) {
    napi_set_element(env, result, i, from_string(env, TF_DeviceListName(devices, i, status.get())));
  }
  TF_DeleteDeviceList(devices);
  return result;
}

// setTensorFloat32(allowed) -> whether the library has the switch. It is a C++ function of TensorFlow, not part of the C API, so it
// is looked up by name: a TensorFlow of the user's own may not have it.
napi_value set_tensor_float_32(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  using Switch = void (*)(bool);
  const auto set = reinterpret_cast<Switch>(dlsym(RTLD_DEFAULT, "_ZN3tsl33enable_tensor_float_32_executionEb"));
  if (set != nullptr) set(to_bool(env, arguments[0]));
  napi_value result = nullptr;
  napi_get_boolean(env, set != nullptr, &result);
  return result;
}

// handlesMade() -> how many tensor handles this process has made so far
napi_value handles_made(napi_env env, napi_callback_info) {
  return from_int(env, tfnodejs::GetTFJSBackend(env)->handles_made());
}

// fusesProducts() -> whether this processor rounds a product and a sum at once by one instruction
napi_value fuses_products(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_get_boolean(env, this_processor().avx2, &result);
  return result;
}

napi_value initialise(napi_env env, napi_value exports) {
  exports = tfnodejs::InitTFNodeJSBinding(env, exports);
  if (exports == nullptr || exception_pending(env) || !register_operations(env)) return exports;
  auto properties = trace_exports();
  for (const auto& property : collective_exports()) properties.push_back(property);
  const auto method = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  properties.push_back(method("bytesToTensor", bytes_to_tensor));
  properties.push_back(method("tensorToBytes", tensor_to_bytes));
  properties.push_back(method("dtypeOf", dtype_of));
  properties.push_back(method("listDevices", list_devices));
  properties.push_back(method("setTensorFloat32", set_tensor_float_32));
  properties.push_back(method("handlesMade", handles_made));
  properties.push_back(method("fusesProducts", fuses_products));
  napi_define_properties(env, exports, properties.size(), properties.data());
  return exports;
}

}  // namespace
}  // namespace harness

NAPI_MODULE_INIT() { return harness::initialise(env, exports); }
