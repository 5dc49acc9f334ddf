// SPDX-License-Identifier: GPL-2.0-only
//
// Addresses, from the text of /proc/kallsyms ("address type name [module]"). On
// every version a copy lies at address + __per_cpu_offset[cpu], modulo 2^64: up to
// 6.14 on x86-64 per-CPU symbols are small and absolute, from 6.15 on ordinary ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace percpu_scope::inspect {

// A name is told apart by its object: two modules may each have a static `count`.
struct SymbolName {
  std::string module;  // kernel_name for the kernel's own
  std::string name;
  bool operator==(const SymbolName&) const = default;
};

// By name, the objects that have a symbol called so, functions included, each as often
// as it has one: the kernel's own look-ups by name see all of them.
using Owners = std::unordered_map<std::string, std::vector<std::string>>;
Owners owners_of(std::span<const std::string_view> names,
                 const std::string& path = "/proc/kallsyms");

class Symbols {
 public:
  // No line comes near: names have at most 512 characters. The kernel gives a page per call.
  static constexpr std::size_t longest_line = 1U << 16;

  // One pass over the file, keeping those that are wanted: the whole has 150,000
  // lines. Functions are passed over, and so are lines of more than `room` bytes, all of
  // which is held at once. Throws InspectError hidden_symbols if every address is zero.
  static Symbols load(std::span<const SymbolName> wanted,
                      const std::string& path = "/proc/kallsyms", std::size_t room = longest_line);
  static Symbols parse(std::string_view text, std::span<const SymbolName> wanted);
  // All of one object's data symbols, for checks against BTF.
  static std::vector<std::pair<SymbolName, std::uint64_t>> data_symbols(std::string_view text);

  // Empty if kallsyms does not list it; bad_request if one object has it twice, at
  // different addresses: addresses.hpp tells variables apart then.
  [[nodiscard]] std::optional<std::uint64_t> find(const SymbolName& name) const;
  // Every address that the object has under this name, each once.
  [[nodiscard]] std::span<const std::uint64_t> all(const SymbolName& name) const;

 private:
  void add(const SymbolName& name, std::uint64_t address);

  std::unordered_map<std::string, std::vector<std::uint64_t>> found_;  // "module:name"
};

}  // namespace percpu_scope::inspect
