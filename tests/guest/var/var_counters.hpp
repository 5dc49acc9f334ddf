// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture of the Var suite: the module's counters as pcpu reads them through BPF,
// against the module's own reading of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string>

#include "var/var_fixture.hpp"

namespace percpu_scope::guest {

class Var : public VarTest {
 public:
  static std::string type_of(const Storage& storage) {
    static const std::map<Storage, std::string> types{
        {Storage::u64, "u64"},
        {Storage::local64, "local64_t"},
        {Storage::u64_stats, "struct pscope_stats_group"},
        {Storage::seqcount, "struct pscope_seqcount_group"}};
    return types.at(storage);
  }

  // The reading of one counter through BPF: a static one by name, a dynamic one by
  // its pointer.
  [[nodiscard]] static nlohmann::json reading_of(const Counter& counter) {
    if (counter.origin == Origin::static_)
      return only({"var", "read", "percpu_scope::pscope_" + counter.name});
    return only({"var", "ptr", "--module", "percpu_scope", pointer_to(counter)});
  }
  // What pcpu var ptr takes.
  [[nodiscard]] static std::string pointer_to(const Counter& counter) {
    std::array<char, 32> pointer{};
    (void)std::snprintf(pointer.data(), pointer.size(), "0x%llx",
                        static_cast<unsigned long long>(counter.percpu_pointer));
    return std::string(pointer.data()) + "=" + type_of(counter.storage);
  }

  void expect_agreement(const Counter& counter, const nlohmann::json& reading) const {
    const std::array ids{counter.id};
    const Snapshot snapshot = device.snapshot(ids);
    std::size_t lines = 0;
    for (const DebugfsValues& line : Debugfs().values()) {
      if (line.counter != counter.name) continue;
      ++lines;
      const auto field = std::find_if(counter.fields.begin(), counter.fields.end(),
                                      [&](const Field& one) { return one.name == line.field; });
      ASSERT_NE(field, counter.fields.end()) << line.field;
      for (std::size_t cpu = 0; cpu < catalogue.cpus.size(); ++cpu) {
        const nlohmann::json& value =
            reading.at("values").at(std::to_string(catalogue.cpus[cpu].number));
        const std::uint64_t seen = number_in(value, line.field);
        EXPECT_EQ(seen, line.values[cpu]) << line.field << " on CPU " << cpu;
        EXPECT_EQ(seen,
                  snapshot.value(counter.id,
                                 static_cast<std::size_t>(field - counter.fields.begin()), cpu))
            << line.field << " on CPU " << cpu;
      }
    }
    EXPECT_EQ(lines, counter.fields.size()) << "debugfs has other fields";
  }

  // Every static per-CPU counter, and a dynamic one of each per-CPU storage.
  template <typename Body>
  void for_each_counter(const Body& body) {
    for (const Storage storage :
         {Storage::u64, Storage::local64, Storage::u64_stats, Storage::seqcount}) {
      const TemporaryCounter temporary(
          device, {.name = "var." + std::string(to_string(storage)), .storage = storage});
      for (const Counter& counter : device.counters(Addresses::raw))
        if (counter.is_percpu() &&
            (counter.id == temporary.id() ||
             (counter.origin == Origin::static_ && counter.storage == storage))) {
          SCOPED_TRACE(counter.name);
          body(counter);
        }
    }
  }
};

}  // namespace percpu_scope::guest
