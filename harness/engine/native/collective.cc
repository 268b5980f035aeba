// TensorFlow's collective runtime in the eager context of the binding: the one that `tf.distribute` runs on.
//
// C API used: TFE_EnableCollectiveOps (starts this process's gRPC server and joins the cluster of a ServerDef),
// TFE_CollectiveOpsCheckPeerHealth (asks whether a peer answers), TFE_AbortCollectiveOps (every collective, running or later, fails).
//
// A collective blocks the JavaScript thread until every peer has taken part, and for ever when one has died: so a thread of its own asks
// the peers for signs of life and aborts when one gives none.
#include "collective.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "backend-access.h"
#include "napi-values.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"

namespace harness {
namespace {

// What is said of the peer that was lost; it outlives the watch.
struct Loss {
  std::mutex mutex;
  std::string text;
};
Loss loss;

void note_loss(const std::string& text) {
  const std::lock_guard<std::mutex> lock(loss.mutex);
  if (loss.text.empty()) loss.text = text;
}

class Watch {
 public:
  Watch(TFE_Context* context, std::vector<std::string> peers, int64_t every_ms, int64_t answer_ms, int64_t misses)
      : context_(context), peers_(std::move(peers)), every_(every_ms), answer_(answer_ms), misses_(misses), thread_([this] { run(); }) {}

  ~Watch() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  bool stopped_within_pause() {
    std::unique_lock<std::mutex> lock(mutex_);
    return wake_.wait_for(lock, std::chrono::milliseconds(every_), [this] { return stop_; });
  }

  void run() {
    std::vector<int64_t> missed(peers_.size(), 0);
    while (!stopped_within_pause()) {
      for (size_t i = 0; i < peers_.size(); i++) {
        Status status;
        TFE_CollectiveOpsCheckPeerHealth(context_, peers_[i].c_str(), answer_, status.get());
        if (status.ok()) {
          missed[i] = 0;
        } else if (++missed[i] >= misses_) {
          note_loss(peers_[i] + " " + TF_Message(status.get()));
          TF_SetStatus(status.get(), TF_UNAVAILABLE, ("lost " + peers_[i]).c_str());
          TFE_AbortCollectiveOps(context_, status.get());
          return;
        }
      }
    }
  }

  TFE_Context* context_;
  const std::vector<std::string> peers_;
  const int64_t every_;
  const int64_t answer_;
  const int64_t misses_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  // The last member: the thread reads all others.
  std::thread thread_;
};

std::unique_ptr<Watch> watch;

// The binding copies tensors to the device that it found first, whose name changes when the process joins a cluster.
bool rename_device(napi_env env) {
  Status status;
  TF_DeviceList* devices = TFE_ContextListDevices(context_of(env), status.get());
  if (!status.ok_or_throw(env, "enableCollectives")) return false;
  std::string chosen;
  for (int i = 0; i < TF_DeviceListCount(devices); i++) {
    const std::string type = TF_DeviceListType(devices, i, status.get());
    if (type == "GPU" || (type == "CPU" && chosen.empty())) chosen = TF_DeviceListName(devices, i, status.get());
    if (type == "GPU") break;
  }
  TF_DeleteDeviceList(devices);
  set_device_name(env, chosen);
  return true;
}

// enableCollectives(serverDef)
napi_value enable_collectives(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  if (!to_bytes(env, arguments[0], &bytes, &length)) return nullptr;
  Status status;
  TFE_EnableCollectiveOps(context_of(env), bytes, length, status.get());
  if (status.ok_or_throw(env, "enableCollectives")) rename_device(env);
  return nullptr;
}

// watchPeers(names, everyMs, answerMs, misses): aborts when a peer has not answered so often in a row
napi_value watch_peers(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  watch.reset();
  watch = std::make_unique<Watch>(context_of(env), to_vector(env, arguments[0], to_string), to_int(env, arguments[1]),
                                  to_int(env, arguments[2]), to_int(env, arguments[3]));
  static bool hooked = false;
  if (!hooked) napi_add_env_cleanup_hook(env, [](void*) { watch.reset(); }, nullptr);
  hooked = true;
  return nullptr;
}

// unwatchPeers()
napi_value unwatch_peers(napi_env, napi_callback_info) {
  watch.reset();
  return nullptr;
}

// lostPeer() -> what the watch says of the peer that was lost, or an empty string
napi_value lost_peer(napi_env env, napi_callback_info) {
  const std::lock_guard<std::mutex> lock(loss.mutex);
  return from_string(env, loss.text);
}

}  // namespace

std::vector<napi_property_descriptor> collective_exports() {
  const auto method = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  return {method("enableCollectives", enable_collectives), method("watchPeers", watch_peers),
          method("unwatchPeers", unwatch_peers), method("lostPeer", lost_peer)};
}

}  // namespace harness
