// SPDX-License-Identifier: GPL-2.0-only
//
// The module's debugfs tables, parsed into the shapes that the ioctls give, so
// that both can be compared. Columns are found by the header's names, not by
// their place. MalformedError names file, line and column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "percpu_scope/words.hpp"

namespace percpu_scope {

// A line of `counters`: one field of one counter.
struct DebugfsCounter {
  std::string name;
  std::string field;
  Origin origin{};
  Variant variant{};
  Storage storage{};
  std::uint64_t size = 0;   // bytes
  std::uint64_t align = 0;  // bytes
  std::uint64_t sum = 0;
};

// A line of `values`: one field of one counter on every possible CPU.
struct DebugfsValues {
  std::string counter;
  std::string field;
  std::uint64_t shared = 0;
  std::vector<std::uint32_t> cpus;    // numbers, from the header's cpuN
  std::vector<std::uint64_t> values;  // [place in cpus]
  std::uint64_t sum = 0;
  std::uint32_t starved = 0;  // copies of the counter that a writer was always in the way of
};

// A line of `offsets`: one possible CPU.
struct DebugfsOffset {
  std::uint32_t cpu = 0;
  std::int32_t node = 0;
  bool online = false;
  std::uint64_t delta = 0;           // from the first possible CPU's offset
  std::optional<std::uint64_t> raw;  // nothing where not allowed
};

std::vector<DebugfsCounter> parse_debugfs_counters(std::string_view text);
std::vector<DebugfsValues> parse_debugfs_values(std::string_view text);
std::vector<DebugfsOffset> parse_debugfs_offsets(std::string_view text);

inline constexpr const char* default_debugfs_path = "/sys/kernel/debug/" PERCPU_SCOPE_DEVICE_NAME;

// Reads the files below one mounted folder; Error read_debugfs if that fails.
class Debugfs {
 public:
  explicit Debugfs(std::string path = default_debugfs_path) : path_(std::move(path)) {}

  [[nodiscard]] std::vector<DebugfsCounter> counters() const;
  [[nodiscard]] std::vector<DebugfsValues> values() const;
  [[nodiscard]] std::vector<DebugfsOffset> offsets() const;
  // Any file by its name below the folder, whole.
  [[nodiscard]] std::string read(std::string_view file) const;

 private:
  std::string path_;
};

}  // namespace percpu_scope
