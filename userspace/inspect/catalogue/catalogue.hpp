// SPDX-License-Identifier: GPL-2.0-only
//
// Every per-CPU variable that BTF knows: those in the DATASEC ".data..percpu" of
// the kernel and of each loaded module. No addresses: those are symbols.hpp's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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

  explicit Catalogue(Btf kernel);
  // `read` makes its BTF, split from the kernel's; what it throws goes into failures().
  void add(const std::string& module, const std::function<Btf(const Btf* kernel)>& read);

  // By module, the kernel first, then by offset.
  [[nodiscard]] std::span<const Variable> variables() const { return variables_; }
  [[nodiscard]] const Btf& kernel() const { return *kernel_; }
  // Null if the module is not loaded or has no BTF.
  [[nodiscard]] const Btf* btf_of(std::string_view module) const;
  // Of all that have BTF, the kernel's first.
  [[nodiscard]] std::vector<std::string> module_names() const;
  // no_btf if BTF knows not one variable of the kernel.
  void require_variables() const;
  // UnknownNameError with the names there are, or why a module that is loaded cannot be
  // looked into: no_btf, malformed_btf.
  void require_module(std::string_view module) const;
  // `module` empty: wherever it is.
  [[nodiscard]] bool has(std::string_view name, std::string_view module = {}) const;
  // `module` empty: wherever it is; bad_request, with the modules named, if more than
  // one has it, or one has it twice. What require_module() and refuse_name() throw.
  [[nodiscard]] const Variable& find(std::string_view name, std::string_view module = {}) const;

  // UnknownNameError with the closest names, or what require_variables() throws.
  [[noreturn]] void refuse_name(std::string_view name, std::string_view module = {}) const;

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

struct SizeFilter {
  enum class Relation { any, less, at_most, equal, at_least, more };

  Relation relation = Relation::any;
  std::uint64_t bytes = 0;

  [[nodiscard]] bool takes(std::uint64_t size) const;
  // "<64", "<=64", "=64", ">=64", ">64", "64" for equal; nothing for what is none of these.
  static std::optional<SizeFilter> parse(std::string_view text);
};

struct Filter {
  std::string glob;    // of the name: *, ?, [a-z]; empty: all
  std::string module;  // exact; empty: all
  std::string type;    // exact spelling, or a glob of it; empty: all
  SizeFilter size = {};
};
std::vector<Variable> select(std::span<const Variable> variables, const Filter& filter);

}  // namespace percpu_scope::inspect
