#include "workers.h"

#include <sched.h>
#include <xmmintrin.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace harness {
namespace {

int usual_threads() {
  const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int threads = asked == nullptr ? 0 : std::atoi(asked);
  if (threads > 0) return threads;
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

class Workers {
 public:
  Workers() : helpers_(usual_threads() - 1) {
    for (int i = 0; i < helpers_; i++) std::thread([this] { serve(); }).detach();
  }

  void share_out(int64_t items, const std::function<void(int64_t)>& work) {
    const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (!turn || helpers_ == 0 || items < 2) {
      for (int64_t i = 0; i < items; i++) work(i);
      return;
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      items_ = items;
      next_ = 0;
      modes_ = _mm_getcsr();
      open_ = true;
      round_++;
    }
    begin_.notify_all();
    take();
    std::unique_lock<std::mutex> lock(mutex_);
    // Helpers that have not begun find nothing left: no call waits until a busy processor wakes them.
    open_ = false;
    end_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void take() {
    for (int64_t i = next_++; i < items_; i = next_++) (*work_)(i);
  }

  void serve() {
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        begin_.wait(lock, [&] { return open_ && round_ != seen; });
        seen = round_;
        busy_++;
        _mm_setcsr(modes_);
      }
      take();
      const std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) end_.notify_one();
    }
  }

  const int helpers_;
  std::mutex turn_;
  std::mutex mutex_;
  std::condition_variable begin_;
  std::condition_variable end_;
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t items_ = 0;
  std::atomic<int64_t> next_{0};
  // Helpers that take items.
  int busy_ = 0;
  // Whether helpers may begin.
  bool open_ = false;
  // How the caller rounds, and whether it takes denormal numbers as zero.
  unsigned modes_ = 0;
  uint64_t round_ = 0;
};

}  // namespace

void share_out(int64_t items, const std::function<void(int64_t)>& work) {
  // Never destroyed: its threads wait on it until the process is gone.
  static Workers* const workers = new Workers();
  workers->share_out(items, work);
}

}  // namespace harness
