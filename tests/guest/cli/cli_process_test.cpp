// SPDX-License-Identifier: GPL-2.0-only
//
// CliProcess: pcpu as one process among others: stopped, killed, in the background, kept on
// some of the CPUs, and with another program below it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "percpu_scope/prove/pinned_threads.hpp"
#include "support/device_test.hpp"
#include "support/program.hpp"

namespace percpu_scope::guest {
namespace {

using std::chrono::milliseconds;

constexpr const char* counted = "hrtimer_nanosleep";

class CliProcess : public DeviceTest {
 public:
  [[nodiscard]] std::vector<std::string> call_counters() const {
    std::vector<std::string> names;
    for (const Counter& counter : device.counters())
      if (counter.name.starts_with("calls-")) names.push_back(counter.name);
    return names;
  }
  [[nodiscard]] bool has_call_counters(std::size_t number) const {
    return eventually([&] { return call_counters().size() == number; });
  }
  void need_kprobes() const {
    if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES))
      GTEST_SKIP() << "this kernel has no kprobes";
  }
};

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Ctrl-Z and fg. What was missed is not made up for.
TEST_F(CliProcess, AWatchThatWasStoppedGoesOnAtItsPace) {
  Running watch({"-j", "counter", "watch", "plain", "-I", "50"});
  ASSERT_TRUE(eventually([&] { return lines_of(watch.out()) >= 2; }));
  watch.signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(1500));
  const std::size_t before = lines_of(watch.out());
  watch.signal(SIGCONT);
  ASSERT_TRUE(eventually([&] { return lines_of(watch.out()) >= before + 4; }));
  watch.signal(SIGTERM);
  const Ended outcome = watch.wait();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::istringstream stream(outcome.out);
  std::uint64_t longest = 0;
  for (std::string line; std::getline(stream, line);) {
    const nlohmann::json tick = parsed(line);
    if (tick.contains("summary")) continue;
    const auto interval = tick.at("interval_ns").get<std::uint64_t>();
    // Half of 50 ms, less what the reading itself differs by.
    EXPECT_GE(interval, 10'000'000U) << line;
    longest = std::max(longest, interval);
  }
  EXPECT_GE(longest, 1'000'000'000U) << "it was not stopped";
}

// nohup pcpu torture &, and then the end of the session.
TEST_F(CliProcess, IgnoredSignalsDoNotEndIt) {
  Running torture({"torture", "--seconds", "3", "--seed", "1"}, [] {
    (void)std::signal(SIGHUP, SIG_IGN);
    (void)std::signal(SIGINT, SIG_IGN);
  });
  ASSERT_TRUE(eventually([&] { return torture.out().find("seed 1") != std::string::npos; }));
  std::this_thread::sleep_for(milliseconds(300));
  torture.signal(SIGHUP);
  torture.signal(SIGINT);
  const Ended outcome = torture.wait();
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("pcpu-torture: SUCCESS"), std::string::npos) << outcome.out;
}

// What another program adds to a counter that all workers share is what torture would have
// lost or counted twice.
TEST_F(CliProcess, TortureNoticesWhatNobodyIssued) {
  const Counter& shared = catalogue.static_counter(Storage::u64);
  const Job one{.counter = shared.id, .idiom = catalogue.idiom("this_cpu_inc").id, .updates = 1};
  Running torture({"torture", "--seconds", "20", "--seed", "1"});
  // After its start, which zeroes them, too. Seldom: it zeroes none that a job is on just then.
  (void)eventually([&] {
    (void)device.hammer(one);
    std::this_thread::sleep_for(milliseconds(100));
    return torture.out().find("FAILURE") != std::string::npos;
  });
  const Ended outcome = torture.wait();
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("shared counter " + shared.name), std::string::npos) << outcome.out;
}

TEST_F(CliProcess, CountingEndsAsTheCommandDoes) {
  need_kprobes();
  if (IsSkipped()) return;
  struct Case {
    std::vector<std::string> command;
    int status;
  };
  const std::vector<Case> cases{{{"/bin/busybox", "true"}, 0},
                                {{"/bin/busybox", "sh", "-c", "exit 7"}, 7},
                                {{"/bin/busybox", "sh", "-c", "kill -KILL $$"}, 128 + SIGKILL},
                                {{"no-such-command"}, 127},
                                {{"/proc/version"}, 126}};
  for (const Case& one : cases) {
    std::vector<std::string> words{"-j", "count-calls", counted, "--"};
    words.insert(words.end(), one.command.begin(), one.command.end());
    const Ended outcome = run(words);
    EXPECT_EQ(outcome.status, one.status) << one.command.front() << outcome.err;
    if (one.status == 127 || one.status == 126)
      EXPECT_EQ(parsed(outcome.err).at("error").at("exit_code"), one.status) << outcome.err;
    else
      EXPECT_EQ(parsed(outcome.out).at("exit_status"), one.status) << outcome.out;
  }
  EXPECT_TRUE(has_call_counters(0));
}

TEST_F(CliProcess, WhoKillsItKillsItsCommand) {
  need_kprobes();
  if (IsSkipped()) return;
  Running counting({"-j", "count-calls", counted, "--", "/bin/busybox", "sleep", "1000"});
  ASSERT_TRUE(has_call_counters(1));
  // By now or a moment later it has its command.
  std::this_thread::sleep_for(milliseconds(500));
  counting.signal(SIGTERM);
  const Ended outcome = counting.wait();
  EXPECT_EQ(outcome.status, 128 + SIGTERM) << outcome.err;
  EXPECT_EQ(parsed(outcome.out).at("exit_status"), 128 + SIGTERM);
  EXPECT_TRUE(has_call_counters(0));
}

// Nothing of it runs any more: its counter goes with its descriptor.
TEST_F(CliProcess, AKilledOneLeavesNothing) {
  need_kprobes();
  if (IsSkipped()) return;
  const TemporaryCounter mine(device, {.name = "calls-7-mine"});
  Running alive({"count-calls", counted, "-I", "100000"});
  ASSERT_TRUE(has_call_counters(2));
  const std::vector<std::string> before = call_counters();
  {
    const Running killed({"count-calls", counted, "-I", "100000"});
    ASSERT_TRUE(has_call_counters(3));
  }
  EXPECT_TRUE(has_call_counters(2));
  EXPECT_EQ(call_counters(), before) << "the living's and what is nobody's stays";
  alive.signal(SIGTERM);
  EXPECT_EQ(alive.wait().status, 0);
  EXPECT_EQ(call_counters(), std::vector<std::string>{"calls-7-mine"});
}

void write_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    ::_exit(99);
}

// As in a container that has been given one CPU.
void enter_cpuset(std::uint32_t cpu) {
  own_mounts();
  const std::string root = "/tmp";
  if (::mount("none", root.c_str(), "cgroup2", 0, nullptr) != 0) ::_exit(98);
  write_file(root + "/cgroup.subtree_control", "+cpuset");
  const std::string own = root + "/one-cpu";
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) ::_exit(97);
  write_file(own + "/cpuset.cpus", std::to_string(cpu));
  write_file(own + "/cgroup.procs", "0");
}

void expect_only(std::uint32_t cpu, std::uint32_t other, const std::function<void()>& enter) {
  const Ended hammer = run({"-j", "hammer", "--counter", "plain", "--updates", "1000"}, enter);
  EXPECT_EQ(hammer.status, 0) << hammer.err;
  for (const nlohmann::json& one : parsed(hammer.out).at("runs"))
    EXPECT_EQ(one.at("cpus"), nlohmann::json::array({cpu})) << one;
  const Ended refused = run({"hammer", "--cpus", std::to_string(other)}, enter);
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("taskset"), std::string::npos) << refused.err;
  const Ended report = run({"-j", "report"}, enter);
  EXPECT_EQ(report.status, 0) << report.err << report.out;
  EXPECT_NE(parsed(report.out).at("notes").dump().find("no tear checks"), std::string::npos);
  const Ended torture = run({"torture", "--seconds", "1", "--seed", "1"}, enter);
  EXPECT_EQ(torture.status, 0) << torture.out << torture.err;
  const Ended verify = run({"verify"}, enter);
  EXPECT_EQ(verify.status, 1);
  EXPECT_NE(verify.err.find("two"), std::string::npos) << verify.err;
}

TEST_F(CliProcess, KeepsToTheCpusItIsAllowed) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "one CPU is online";
  const std::uint32_t cpu = catalogue.online.back();
  expect_only(cpu, catalogue.online.front(), [cpu] { pin_this_thread(cpu); });
}

TEST_F(CliProcess, KeepsToItsCpuset) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "one CPU is online";
  if (!path_exists("/proc/self/cpuset")) GTEST_SKIP() << "this kernel has no cpusets";
  const std::uint32_t cpu = catalogue.online.back();
  expect_only(cpu, catalogue.online.front(), [cpu] { enter_cpuset(cpu); });
}

}  // namespace
}  // namespace percpu_scope::guest
