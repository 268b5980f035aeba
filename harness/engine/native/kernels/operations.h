// The operations of this project, which TensorFlow runs like its own on a CPU.
#pragma once

#include <node_api.h>

namespace harness {

bool register_group_norm(napi_env env);
bool register_tridiagonal(napi_env env);
bool register_update(napi_env env);
bool register_dropout(napi_env env);
bool register_sum(napi_env env);
bool register_column_sum(napi_env env);
bool register_product(napi_env env);

// Registers all of them, once per process; throws into JavaScript what TensorFlow refuses.
inline bool register_operations(napi_env env) {
  static bool registered = false;
  if (!registered) {
    registered = register_group_norm(env) && register_tridiagonal(env) && register_update(env) && register_dropout(env) && register_sum(env) &&
                 register_column_sum(env) && register_product(env);
  }
  return registered;
}

}  // namespace harness
