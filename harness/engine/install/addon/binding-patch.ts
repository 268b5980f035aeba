/**
 * @file Patches for a copy of the npm binding's C++ sources, compiled with this project's own.
 *
 * Each names its reason. A text that is not found exactly once stops the build: the sources are then not the pinned ones.
 */
import { readText } from '../../../system/files/input-file.ts';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../system/files/atomic-file.ts';
import { EngineError, described } from '../../../core/errors.ts';

interface Change {
  readonly file: string;
  readonly why: string;
  readonly find: string;
  readonly replace: string;
}

export const bindingFiles = [
  'tfjs_backend.cc',
  'tfjs_backend.h',
  'tfjs_binding.cc',
  'napi_auto_ref.h',
  'tf_auto_status.h',
  'tf_auto_tensor.h',
  'tfe_auto_op.h',
  'utils.h',
] as const;

const changes: readonly Change[] = [
  {
    file: 'tfjs_backend.h',
    why: 'the graph tracer runs functions in the same context and reads handles of the same table; joining a cluster renames the device',
    find: ' private:\n  TFJSBackend(napi_env env);\n\n  int32_t InsertHandle(TFE_TensorHandle *tfe_handle);\n',
    replace: ` public:
  int32_t InsertHandle(TFE_TensorHandle *tfe_handle);
  TFE_Context *context() const { return tfe_context_; }
  void set_device_name(const std::string &name) { device_name = name; }
  int64_t handles_made() const { return handles_made_; }
  TFE_TensorHandle *handle(int32_t id) const {
    const auto entry = tfe_handle_map_.find(id);
    return entry == tfe_handle_map_.end() ? nullptr : entry->second;
  }

 private:
  TFJSBackend(napi_env env);

  int64_t handles_made_ = 0;
`,
  },
  {
    file: 'tfjs_backend.cc',
    why: 'ids are 32 bits wide and negative ones are never freed: after 2^31 handles they start again at free places',
    find: '  return tfe_handle_map_.insert(std::make_pair(next_tensor_id_++, tfe_handle))\n      .first->first;\n',
    replace: `  handles_made_++;
  while (tfe_handle_map_.count(next_tensor_id_) > 0) next_tensor_id_ = next_tensor_id_ == INT32_MAX ? 0 : next_tensor_id_ + 1;
  const int32_t id = next_tensor_id_;
  tfe_handle_map_.emplace(id, tfe_handle);
  next_tensor_id_ = id == INT32_MAX ? 0 : id + 1;
  return id;
`,
  },
  {
    file: 'tfjs_backend.cc',
    why: 'a tensor that shares memory with JavaScript drops its reference on whichever thread of TensorFlow frees it, which corrupts the JavaScript heap: memory is copied instead',
    find: `  NapiAutoRef *auto_ref = new NapiAutoRef();
  nstatus = auto_ref->Init(env, array_value);
  if (nstatus != napi_ok) {
    delete auto_ref;
  }
  ENSURE_NAPI_OK_RETVAL(env, nstatus, nullptr);

  // Currently`,
    replace: '  // Currently',
  },
  {
    file: 'tfjs_backend.cc',
    why: 'as above',
    find: `  TF_AutoTensor tensor(TF_NewTensor(dtype, shape, shape_length, array_data,
                                    byte_size, DeallocTensor, auto_ref));

  TF_AutoStatus tf_status;
  TFE_TensorHandle *tfe_tensor_handle =
      TFE_NewTensorHandle(tensor.tensor, tf_status.status);
  if (TF_GetCode(tf_status.status) != TF_OK) {
    delete auto_ref;
    TFE_DeleteTensorHandle(tfe_tensor_handle);
  }
`,
    replace: `  TF_AutoTensor tensor(TF_AllocateTensor(dtype, shape, shape_length, byte_size));
  if (byte_size > 0) memcpy(TF_TensorData(tensor.tensor), array_data, byte_size);

  TF_AutoStatus tf_status;
  TFE_TensorHandle *tfe_tensor_handle =
      TFE_NewTensorHandle(tensor.tensor, tf_status.status);
`,
  },
  {
    file: 'tfjs_binding.cc',
    why: 'the addon is initialised once, by harness/engine/native/addon.cc',
    find: 'NAPI_MODULE(tfe_binding, InitTFNodeJSBinding)\n',
    replace: '',
  },
  {
    file: 'tfjs_binding.cc',
    why: 'visible to harness/engine/native/addon.cc',
    find: 'static inline TFJSBackend *GetTFJSBackend(napi_env env)\n',
    replace: 'TFJSBackend *GetTFJSBackend(napi_env env)\n',
  },
  {
    file: 'tfjs_binding.cc',
    why: 'visible to harness/engine/native/addon.cc',
    find: 'static napi_value InitTFNodeJSBinding(napi_env env, napi_value exports) {\n',
    replace: 'napi_value InitTFNodeJSBinding(napi_env env, napi_value exports) {\n',
  },
];

/**
 * Copies the binding's sources from the npm package into `target` and changes them.
 * @throws EngineError when a text to change is not there exactly once
 */
export function copyPatchedBinding(packageFolder: string, target: string): void {
  for (const file of bindingFiles) {
    let text = readText(join(packageFolder, 'binding', file));
    for (const change of changes) {
      if (change.file !== file) continue;
      const parts = text.split(change.find);
      if (parts.length !== 2) {
        throw new EngineError({
          where: `binding/${file}`,
          got: described(`sources in which the place to change occurs ${parts.length - 1} times (${change.why})`),
          expected: '@tensorflow/tfjs-node-gpu 4.22.0 as published',
          remedy: 'Run `npm ci`',
        });
      }
      text = parts.join(change.replace);
    }
    writeFileAtomically(join(target, file), text);
  }
}
