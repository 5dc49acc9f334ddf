// SPDX-License-Identifier: GPL-2.0-only
//
// Reading per-CPU memory through BPF, from whatever CPU: an aligned u64 comes whole,
// anything larger is no snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/kernel/symbols.hpp"

namespace percpu_scope::inspect {

enum class Method { automatic, generic, typed };
std::string_view to_string(Method method);

// Part of a variable, on each of the reader's CPUs.
struct Wanted {
  const Variable* variable;
  std::uint64_t offset;  // within the variable
  std::uint64_t size;
};

// The bytes of one Wanted on one CPU.
struct Copy {
  std::span<const std::byte> bytes;  // until the next read()
  bool read = false;                 // false: the address was not there to be read
};

// One BPF load for all that is wanted; read() may be called again and again.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;
  [[nodiscard]] virtual Method method() const = 0;
  virtual void read() = 0;
  // wanted × CPU, each by its place in what the reader was made of.
  [[nodiscard]] virtual Copy copy(std::size_t wanted, std::size_t cpu) const = 0;
  // Why its copies cannot be read, in a few words; of one that has some, why others not.
  [[nodiscard]] virtual std::string why_unread(std::size_t wanted) const = 0;
};

// `cpus`: possible CPUs, by number. automatic: generic, or typed where lockdown or
// policy refuses probe reads. InspectError: no_permission, lockdown (when generic is
// forced), hidden_symbols, no_address, unsupported.
std::unique_ptr<Reader> make_reader(const Catalogue& catalogue, std::span<const Wanted> wanted,
                                    std::span<const std::uint32_t> cpus,
                                    Method method = Method::automatic);

// Raw kernel memory, by address: what the generic way is made of, and how a dynamic
// __percpu pointer is followed. Only where probe reads are allowed.
struct Range {
  std::uint64_t address;
  std::uint64_t size;
};
class MemoryReader {
 public:
  explicit MemoryReader(std::span<const Range> ranges);
  MemoryReader(const MemoryReader&) = delete;
  MemoryReader& operator=(const MemoryReader&) = delete;
  ~MemoryReader();

  // New addresses, the sizes stay.
  void set_address(std::size_t range, std::uint64_t address);
  void read();
  [[nodiscard]] Copy copy(std::size_t range) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// __per_cpu_offset[] of these CPUs, read through BPF.
std::vector<std::uint64_t> per_cpu_offsets(std::span<const std::uint32_t> cpus);
// From /sys/devices/system/cpu/possible and online; the node of each: 0 without NUMA, -1
// where the kernel does not say.
std::vector<std::uint32_t> possible_cpus();
std::vector<std::uint32_t> online_cpus();
std::int32_t node_of(std::uint32_t cpu);

}  // namespace percpu_scope::inspect
