// Conversions between JavaScript values and C++ ones, and errors that become JavaScript exceptions.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tensorflow/c/tf_status.h"

namespace harness {

// Owns a TF_Status for the length of a call.
class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  TF_Status* get() { return status_; }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  // Throws `<where>: <message>` into JavaScript unless the status is OK.
  bool ok_or_throw(napi_env env, const std::string& where) const {
    if (ok()) return true;
    napi_throw_error(env, nullptr, (where + ": " + TF_Message(status_)).c_str());
    return false;
  }

 private:
  TF_Status* status_;
};

inline bool throw_error(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return false;
}

inline bool exception_pending(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  return pending;
}

inline napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

inline bool is_array(napi_env env, napi_value value) {
  bool result = false;
  napi_is_array(env, value, &result);
  return result;
}

inline bool is_absent(napi_env env, napi_value value) {
  if (value == nullptr) return true;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_undefined || type == napi_null;
}

inline int64_t to_int(napi_env env, napi_value value) {
  int64_t result = 0;
  napi_get_value_int64(env, value, &result);
  return result;
}

inline double to_double(napi_env env, napi_value value) {
  double result = 0;
  napi_get_value_double(env, value, &result);
  return result;
}

inline bool to_bool(napi_env env, napi_value value) {
  bool result = false;
  napi_get_value_bool(env, value, &result);
  return result;
}

inline std::string to_string(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string result(length, '\0');
  napi_get_value_string_utf8(env, value, result.data(), length + 1, &length);
  return result;
}

// A JavaScript array as a vector, each element converted by `convert(env, element)`.
template <class Convert>
auto to_vector(napi_env env, napi_value array, Convert convert) -> std::vector<decltype(convert(env, array))> {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<decltype(convert(env, array))> result;
  result.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element = nullptr;
    napi_get_element(env, array, i, &element);
    result.push_back(convert(env, element));
  }
  return result;
}

// The bytes of an ArrayBuffer view; valid while the view is alive.
inline bool to_bytes(napi_env env, napi_value view, const uint8_t** data, size_t* length) {
  napi_typedarray_type type;
  size_t elements = 0;
  void* start = nullptr;
  if (napi_get_typedarray_info(env, view, &type, &elements, &start, nullptr, nullptr) != napi_ok || type != napi_uint8_array) {
    return throw_error(env, "a Uint8Array was expected");
  }
  *data = static_cast<const uint8_t*>(start);
  *length = elements;
  return true;
}

inline napi_value from_int(napi_env env, int64_t value) {
  napi_value result = nullptr;
  napi_create_int64(env, value, &result);
  return result;
}

inline napi_value from_string(napi_env env, const std::string& value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

// A Uint8Array with a copy of the bytes.
inline napi_value from_bytes(napi_env env, const void* bytes, size_t length) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value view = nullptr;
  napi_create_arraybuffer(env, length, &data, &buffer);
  if (length > 0) std::memcpy(data, bytes, length);
  napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &view);
  return view;
}

// {id, shape, dtype}: how the binding describes a tensor.
inline napi_value describe_tensor(napi_env env, int64_t id, const std::vector<int64_t>& dims, int dtype) {
  napi_value result = nullptr;
  napi_value shape = nullptr;
  napi_create_object(env, &result);
  napi_create_array_with_length(env, dims.size(), &shape);
  for (size_t i = 0; i < dims.size(); i++) napi_set_element(env, shape, i, from_int(env, dims[i]));
  napi_set_named_property(env, result, "id", from_int(env, id));
  napi_set_named_property(env, result, "shape", shape);
  napi_set_named_property(env, result, "dtype", from_int(env, dtype));
  return result;
}

// The arguments of a call.
template <size_t Count>
struct Arguments {
  size_t count = Count;
  napi_value at[Count] = {};
  Arguments(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &count, at, nullptr, nullptr); }
  napi_value operator[](size_t i) const { return i < count ? at[i] : nullptr; }
};

}  // namespace harness
