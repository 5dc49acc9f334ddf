// SPDX-License-Identifier: GPL-2.0-only
//
// InspectReader: what is read of per-CPU variables, in either way, against the other way
// and against what the module and a module of the distribution have in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "inspect/btf/field_path.hpp"
#include "inspect/btf/struct_walk.hpp"
#include "inspect/inspect_fixture.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

// A copy as two generic readings and the typed one between them saw it.
enum class Movement { moving, same, different };

Movement compare(const Variable& variable, const inspect::Copy& before, const inspect::Copy& typed,
                 const inspect::Copy& after) {
  if (!std::equal(before.bytes.begin(), before.bytes.end(), after.bytes.begin()))
    return Movement::moving;
  // Padding apart, which typed loads do not reach.
  for (const inspect::Load& load :
       inspect::plan_loads(*variable.btf, variable.type, 0, variable.size).loads)
    if (std::memcmp(before.bytes.data() + load.offset, typed.bytes.data() + load.offset,
                    load.size) != 0)
      return Movement::different;
  return Movement::same;
}

// Of every variable of kernel and modules. What moves may be the same before and after
// and not between, so only what is never seen alike is a fault.
TEST_F(InspectReader, BothWaysAgreeOnWhatIsQuiet) {
  const std::vector<Wanted> wanted = every_nth(all(), slowness());
  const auto before = reader(wanted, Method::generic);
  const auto typed = reader(wanted, Method::typed);
  const auto after = reader(wanted, Method::generic);
  std::map<std::pair<std::size_t, std::size_t>, Movement> seen;
  std::string unread;
  std::size_t not_typed = 0;
  for (int round = 0; round < 10; ++round) {
    before->read();
    typed->read();
    after->read();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Variable& variable = *wanted[i].variable;
      if (!typed->copy(i, 0).read) {
        if (round == 0) unread += " " + variable.name;
        if (round == 0) ++not_typed;
        continue;
      }
      // Entering a system call keeps the stack pointer in its free slot.
      if (variable.name == "cpu_tss_rw") continue;
      for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
        ASSERT_TRUE(before->copy(i, cpu).read && after->copy(i, cpu).read) << variable.name;
        Movement& best = seen.try_emplace({i, cpu}, Movement::moving).first->second;
        if (best == Movement::same) continue;
        const Movement now =
            compare(variable, before->copy(i, cpu), typed->copy(i, cpu), after->copy(i, cpu));
        if (now != Movement::moving) best = now;
      }
    }
  }
  std::size_t same = 0;
  for (const auto& [place, result] : seen) {
    same += result == Movement::same ? 1 : 0;
    EXPECT_NE(result, Movement::different)
        << wanted[place.first].variable->name << " on CPU " << cpus[place.second];
  }
  RecordProperty("same", std::to_string(same) + " of " + std::to_string(seen.size()));
  RecordProperty("not_typed", std::to_string(not_typed) + ":" + unread);
  EXPECT_GT(same, seen.size() / 2) << "most are quiet on an idle machine";
  EXPECT_LT(not_typed, wanted.size() / 10) << unread;
}

// Where a field lies in its variable, by the path that C would take.
inspect::Request path_of(const Counter& counter, const Field& field) {
  inspect::Request request;
  // What tasks write of two parts.
  if (counter.storage == Storage("u64_stats_rings")) request.steps.emplace_back("tx");
  if (counter.storage.text().starts_with("local_lock"))
    request.steps.emplace_back("value");
  else if (counter.fields.size() > 1)
    request.steps.emplace_back(field.name);
  return request;
}

TEST_F(InspectReader, ModulesCountersComeBack) {
  std::map<Method, std::size_t> read;
  for (std::size_t i = 0; i < catalogue.counters.size(); ++i) {
    const Counter& counter = catalogue.counters[i];
    if (!counter.is_percpu()) continue;
    device.reset(counter.id);
    for (const std::uint32_t cpu : catalogue.online)
      (void)hammer_on(device, cpu,
                      {.counter = counter.id,
                       .idiom = catalogue.idiom_for(counter.storage).id,
                       .updates = 100 + 10 * i + std::uint64_t{7} * cpu});
    const std::string name = counter.name == "symbol" ? "by_symbol" : counter.name;
    const Variable& variable = variables().find("pscope_" + name, "percpu_scope");
    std::vector<Wanted> wanted;
    for (const Field& field : counter.fields) {
      const inspect::Place place =
          inspect::resolve(*variable.btf, variable.type, path_of(counter, field));
      wanted.push_back({&variable, place.offset, place.size});
    }
    const std::vector<CounterId> ids{counter.id};
    const Snapshot snapshot = device.snapshot(ids);
    for (const Method method : both) {
      std::unique_ptr<Reader> reads;
      try {
        reads = reader(wanted, method);
      } catch (const InspectError& error) {
        // Up to 6.3 the verifier does not look through a typedef of a struct.
        EXPECT_TRUE(method == Method::typed && counter.storage == Storage::local64 &&
                    error.problem() == Problem::unsupported)
            << counter.name << ": " << error.what();
        continue;
      }
      reads->read();
      ++read[method];
      for (std::size_t field = 0; field < wanted.size(); ++field)
        for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
          ASSERT_TRUE(reads->copy(field, cpu).read) << counter.name;
          EXPECT_EQ(number_in(reads->copy(field, cpu)), snapshot.value(counter.id, field, cpu))
              << counter.name << " field " << field << " " << to_string(method);
          EXPECT_GT(snapshot.value(counter.id, field, cpu), 0U);
        }
    }
  }
  // Each variant (five, six before 7.3), and each other per-CPU storage.
  EXPECT_GE(read[Method::generic], 8U);
  EXPECT_GE(read[Method::typed], 7U);
}

TEST_F(InspectReader, ModuleOfTheDistribution) {
  ASSERT_EQ(load_module_file(std::string(stock_modules) + "drop_monitor.ko"), Errno{});
  const inspect::Catalogue loaded = inspect::Catalogue::load();
  std::vector<Wanted> wanted;
  for (const Variable& variable : loaded.variables())
    if (variable.module == "drop_monitor") wanted.push_back({&variable, 0, variable.size});
  EXPECT_GE(wanted.size(), 2U);
  {
    // The typed reader holds on to the module while it is there.
    const auto generic = inspect::make_reader(loaded, wanted, cpus, Method::generic);
    std::unique_ptr<Reader> typed;
    try {
      typed = inspect::make_reader(loaded, wanted, cpus, Method::typed);
    } catch (const InspectError& error) {
      // What lockdep adds to a lock has members that BPF programs may not read.
      EXPECT_EQ(error.problem(), Problem::unsupported) << error.what();
      EXPECT_EQ(unload_module("drop_monitor"), Errno{});
      GTEST_SKIP() << error.what();
    }
    EXPECT_EQ(unload_module("drop_monitor"), Errno{EWOULDBLOCK});
    generic->read();
    typed->read();
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Variable& variable = *wanted[i].variable;
      for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
        ASSERT_TRUE(generic->copy(i, cpu).read && typed->copy(i, cpu).read) << variable.name;
        for (const inspect::Load& load :
             inspect::plan_loads(*variable.btf, variable.type, 0, variable.size).loads) {
          EXPECT_EQ(std::memcmp(generic->copy(i, cpu).bytes.data() + load.offset,
                                typed->copy(i, cpu).bytes.data() + load.offset, load.size),
                    0)
              << variable.name << " at " << load.offset;
          bytes += load.size;
        }
        // It initialises each copy: a lock, a work item with its function, a queue.
        const auto copy = generic->copy(i, cpu).bytes;
        EXPECT_TRUE(std::any_of(copy.begin(), copy.end(), [](std::byte byte) {
          return byte != std::byte{0};
        })) << variable.name;
      }
    }
    EXPECT_GT(bytes, 0U);
  }
  // A program goes away when its last user has, in a work item.
  EXPECT_TRUE(eventually([] { return unload_module("drop_monitor") == Errno{}; }));
  for (const Method method : both)
    EXPECT_EQ(problem_of([&] { (void)inspect::make_reader(loaded, wanted, cpus, method); }),
              Problem::no_address)
        << to_string(method);
}

}  // namespace
}  // namespace percpu_scope::guest
