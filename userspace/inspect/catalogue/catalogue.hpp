// SPDX-License-Identifier: GPL-2.0-only
//
// Every per-CPU variable that BTF knows: those in the DATASEC ".data..percpu" of
// the kernel and of each loaded module. No addresses: those are symbols.hpp's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

inline constexpr std::string_view kernel_name = "vmlinux";  // what the kernel is called as a module

struct Variable {
  std::string name;
  std::string module;    // kernel_name, or a module's
  const Btf* btf;        // owned by the catalogue
  TypeId var;            // the BTF_KIND_VAR itself
  TypeId type;           // what it is
  std::uint64_t offset;  // from the start of its object's .data..percpu section
  std::uint64_t size;    // bytes
};

// One object's, by offset. malformed_btf if its section contradicts itself.
std::vector<Variable> variables_of(const Btf& btf, const std::string& module);

class Catalogue {
 public:
  // From /sys/kernel/btf or a folder laid out like it: "vmlinux" and one file per
  // module. Files of modules without per-CPU data add nothing; a module whose BTF
  // cannot be read goes into failures(). InspectError no_btf without vmlinux.
  static Catalogue load(const std::string& folder = "/sys/kernel/btf");

  // By module, the kernel first, then by offset.
  [[nodiscard]] std::span<const Variable> variables() const { return variables_; }
  [[nodiscard]] const Btf& kernel() const { return *kernel_; }
  // Null if the module is not loaded or has no BTF.
  [[nodiscard]] const Btf* btf_of(std::string_view module) const;
  // UnknownNameError with the names there are, or why a module that is loaded cannot be
  // looked into: no_btf, malformed_btf.
  void require_module(std::string_view module) const;
  // `module` empty: wherever it is; bad_request, with the modules named, if more than
  // one has it, or one has it twice. UnknownNameError with the closest names, and what
  // require_module() throws.
  [[nodiscard]] const Variable& find(std::string_view name, std::string_view module = {}) const;

  struct Failure {
    std::string module;
    std::string message;
  };
  [[nodiscard]] std::span<const Failure> failures() const { return failures_; }

 private:
  std::unique_ptr<Btf> kernel_;
  std::vector<std::pair<std::string, std::unique_ptr<Btf>>> modules_;
  std::vector<Variable> variables_;
  std::vector<Failure> failures_;
};

struct Filter {
  std::string glob;               // of the name: *, ?, [a-z]; empty: all
  std::string module;             // exact; empty: all
  std::string type;               // exact spelling, or a glob of it; empty: all
  std::uint64_t larger_than = 0;  // bytes
  bool has_larger_than = false;
};
std::vector<Variable> select(std::span<const Variable> variables, const Filter& filter);

}  // namespace percpu_scope::inspect
