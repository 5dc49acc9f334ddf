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

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/read/copy.hpp"

namespace percpu_scope::inspect {

enum class Method { automatic, generic, typed };
std::string_view to_string(Method method);

// Part of a variable, on each of the reader's CPUs.
struct Wanted {
  const Variable* variable;
  std::uint64_t offset;  // within the variable
  std::uint64_t size;
};

// One BPF load for all that is wanted, or one for each GiB; read() may be called again and
// again.
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

}  // namespace percpu_scope::inspect
