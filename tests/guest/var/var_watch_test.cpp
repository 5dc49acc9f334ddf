// SPDX-License-Identifier: GPL-2.0-only
//
// VarWatch: pcpu var watch, against what the module counts and the kernel says.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <sstream>
#include <system_error>

#include "support/module.hpp"
#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class VarWatch : public VarTest {
 public:
  [[nodiscard]] std::size_t online_count() const {
    return static_cast<std::size_t>(std::count_if(catalogue.cpus.begin(), catalogue.cpus.end(),
                                                  [](const Cpu& cpu) { return cpu.online; }));
  }
};

// A pcpu -j var watch that goes on until this is destroyed: it may not write any more then.
class WatchPipe {
 public:
  explicit WatchPipe(const std::string& words)
      : stream_(::popen((std::string(program) + " -j var watch " + words).c_str(), "re")) {
    if (stream_ == nullptr) throw std::system_error(errno, std::generic_category(), "popen");
  }
  WatchPipe(const WatchPipe&) = delete;
  WatchPipe& operator=(const WatchPipe&) = delete;
  ~WatchPipe() { (void)::pclose(stream_); }

  // The next tick; null if it has ended.
  nlohmann::json next() {
    std::string line;
    for (int character = std::fgetc(stream_); character != EOF; character = std::fgetc(stream_)) {
      if (character == '\n') return parsed(line);
      line += static_cast<char>(character);
    }
    return {};
  }

 private:
  std::FILE* stream_;
};

std::chrono::microseconds cpu_time_of_children() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);
  return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// A hundred of the kernel's numbers: variables, and elements of the array of times where
// it has fewer. Names that it has twice cannot be asked for.
std::vector<std::string> hundred_numbers(const nlohmann::json& list) {
  constexpr std::size_t hundred = 100;
  std::map<std::string, std::size_t> times;
  for (const nlohmann::json& variable : list) ++times[variable.at("name")];
  std::vector<std::string> names;
  for (const nlohmann::json& variable : list) {
    const std::string type = variable.at("type");
    const bool is_number = type.find("int") != std::string::npos ||
                           type.find("long") != std::string::npos || type.starts_with('u');
    if (names.size() < hundred && is_number && !type.ends_with('*') && variable.at("size") >= 4 &&
        variable.at("size") <= 8 && times[variable.at("name")] == 1)
      names.push_back(variable.at("name"));
  }
  for (int i = 0; names.size() < hundred; ++i)
    names.push_back("kernel_cpustat.cpustat[" + std::to_string(i % 10) + "]");
  return names;
}

TEST_F(VarWatch, CountsWhatIsHammered) {
  const Counter& plain = catalogue.counter("plain");
  const BackgroundJob job(device, catalogue.online.front(),
                          {.counter = plain.id,
                           .idiom = catalogue.idiom_for(plain.storage).id,
                           .updates = 1'000'000'000'000});
  ASSERT_TRUE(job.counts());
  const Ended outcome =
      run({"-j", "var", "watch", "percpu_scope::pscope_plain", "-I", "100", "-c", "3"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::size_t ticks = 0;
  std::istringstream stream(outcome.out);
  for (std::string line; std::getline(stream, line); ++ticks) {
    const nlohmann::json tick = parsed(line);
    EXPECT_GE(tick.at("interval_ns").get<std::uint64_t>(), 1'000'000U);
    const nlohmann::json& variable = tick.at("variables").at(0);
    EXPECT_GT(variable.at("rate").get<std::uint64_t>(), 0U) << line;
    EXPECT_EQ(variable.at("busiest"), catalogue.online.front());
    EXPECT_EQ(variable.at("imbalance"), static_cast<double>(online_count()));
  }
  EXPECT_EQ(ticks, 3U);
}

TEST_F(VarWatch, EachWordOnItsOwnCpus) {
  const std::vector<std::uint32_t> own{catalogue.cpus.front().number, catalogue.cpus.back().number};
  const nlohmann::json tick =
      document({"var", "watch", "runqueues.cpu:" + std::to_string(own[0]),
                "runqueues.cpu:" + std::to_string(own[1]), "-I", "10", "-c", "1"});
  ASSERT_EQ(tick.at("variables").size(), own.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    const nlohmann::json& variable = tick.at("variables").at(i);
    EXPECT_EQ(variable.at("sum"), own[i]) << variable;
    for (const auto& [cpu, rate] : variable.at("cpus").items())
      EXPECT_EQ(rate.is_null(), cpu != std::to_string(own[i])) << variable;
  }
}

// A CPU that is down has not been idle: it does not count as one that lags behind.
TEST_F(VarWatch, ComparesCpusThatAreOnline) {
  const std::vector<std::uint32_t> offlinable = offlinable_cpus();
  if (offlinable.empty()) GTEST_SKIP() << "no CPU can be taken offline";
  const std::uint32_t gone = offlinable.back();
  const auto busy = std::find_if(catalogue.online.begin(), catalogue.online.end(),
                                 [gone](std::uint32_t cpu) { return cpu != gone; });
  if (busy == catalogue.online.end()) GTEST_SKIP() << "no other CPU to hammer on";
  const std::size_t left = online_count() - 1;
  const Counter& plain = catalogue.counter("plain");
  const BackgroundJob job(device, *busy,
                          {.counter = plain.id,
                           .idiom = catalogue.idiom_for(plain.storage).id,
                           .updates = 1'000'000'000'000});
  ASSERT_TRUE(job.counts());
  OfflineCpu offline(gone);
  const nlohmann::json tick =
      document({"var", "watch", "percpu_scope::pscope_plain", "-I", "200", "-c", "1"});
  offline.bring_back();
  const nlohmann::json& variable = tick.at("variables").at(0);
  EXPECT_EQ(variable.at("imbalance"), static_cast<double>(left)) << variable;
  EXPECT_EQ(variable.at("busiest"), *busy) << variable;
  EXPECT_EQ(variable.at("cpus").at(std::to_string(gone)), 0) << variable;
}

TEST_F(VarWatch, OfAPart) {
  // Timer softirqs (1) come all the time, so that each number must be that one's.
  const std::string timers = "kstat.softirqs[1]";
  for (const std::string& part : {timers, std::string("kstat")}) {
    SCOPED_TRACE(part);
    const nlohmann::json before = only({"var", "read", timers}).at("values");
    const nlohmann::json tick = document({"var", "watch", part, "-I", "200", "-c", "1"});
    const nlohmann::json after = only({"var", "read", timers}).at("values");
    std::uint64_t least = 0;
    std::uint64_t most = 0;
    for (const auto& [cpu, value] : before.items()) {
      least += value.get<std::uint64_t>();
      most += after.at(cpu).get<std::uint64_t>();
    }
    bool found = false;
    for (const nlohmann::json& variable : tick.at("variables")) {
      if (variable.at("variable") != timers) continue;
      found = true;
      EXPECT_GE(variable.at("sum").get<std::uint64_t>(), least);
      EXPECT_LE(variable.at("sum").get<std::uint64_t>(), most);
    }
    EXPECT_TRUE(found) << tick;
  }
  const nlohmann::json element =
      document({"var", "watch", "kernel_cpustat.cpustat[2]", "-I", "10", "-c", "1"});
  ASSERT_EQ(element.at("variables").size(), 1U);
  EXPECT_EQ(element.at("variables")[0].at("variable"), "kernel_cpustat.cpustat[2]");
}

// Ten times a second for 2 % of a CPU are 2 ms a look. To begin costs more than that: it
// goes out by the difference of a long watch and a short one.
TEST_F(VarWatch, OfAHundredIsCheap) {
  constexpr int looks = 100;
  std::vector<std::string> words{"-j", "var", "watch", "--module", "vmlinux", "-I", "10", "-c"};
  const std::vector<std::string> names = hundred_numbers(list_variables({"--module", "vmlinux"}));
  const auto cost = [&](int count) {
    std::vector<std::string> all = words;
    all.push_back(std::to_string(count));
    all.insert(all.end(), names.begin(), names.end());
    const std::chrono::microseconds before = cpu_time_of_children();
    const Ended outcome = run(all);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return cpu_time_of_children() - before;
  };
  // Compared with beginning to watch, which reads all symbols and types: what a host takes for
  // either is its own affair. The best of several tries: its other work is in this time.
  constexpr int dearer = 10;
  auto begun = std::chrono::microseconds::max();
  auto watched = std::chrono::microseconds::max();
  std::chrono::microseconds each{};
  for (int i = 0; i < 3 || (each * dearer > begun && i < 12); ++i) {
    begun = std::min(begun, cost(1));
    watched = std::min(watched, cost(1 + looks));
    each = (watched - begun) / looks;
  }
  std::printf("# a look at %zu variables %ld us, to begin %ld us\n", names.size(),
              static_cast<long>(each.count()), static_cast<long>(begun.count()));
  EXPECT_EQ(names.size(), 100U);
  EXPECT_LE(each * dearer, begun);
}

// No fixture: the device is not open, so that the module can go. What lies at its address
// then can be read as well as before, and is not its own.
TEST(VarWithoutModule, AWatchThatGoesOnSaysSo) {
  if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
  const ModuleRestorer restorer;
  WatchPipe watch("percpu_scope::pscope_plain runqueues.cpu --method generic -I 50");
  const nlohmann::json first = watch.next();
  ASSERT_EQ(first.at("variables").size(), 2U) << first;
  EXPECT_TRUE(first.at("variables")[0].at("note").is_null()) << first;
  EXPECT_TRUE(first.at("variables")[0].at("sum").is_number()) << first;
  ASSERT_TRUE(eventually([] { return unload_module() == Errno{}; }));
  nlohmann::json tick;
  for (int i = 0; i < 1000; ++i) {
    tick = watch.next();
    if (!tick.is_object() || !tick.at("variables")[0].at("note").is_null()) break;
  }
  ASSERT_TRUE(tick.is_object()) << "it has ended";
  const nlohmann::json& gone = tick.at("variables")[0];
  EXPECT_TRUE(gone.at("sum").is_null()) << gone;
  for (const auto& [cpu, rate] : gone.at("cpus").items()) EXPECT_TRUE(rate.is_null()) << gone;
  EXPECT_EQ(gone.at("note"), "not readable: module percpu_scope has been unloaded");
  const nlohmann::json& there = tick.at("variables")[1];
  EXPECT_TRUE(there.at("sum").is_number() && there.at("note").is_null()) << there;
}

}  // namespace
}  // namespace percpu_scope::guest
