// SPDX-License-Identifier: GPL-2.0-only
//
// From words on the command line to parts of per-CPU variables on some CPUs, and
// the readers for them. What they read is reading.hpp's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/var/reading.hpp"
#include "inspect/btf/field_path.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/read/reader.hpp"

namespace percpu_scope::cli {

// A part of a variable, and where it is wanted.
struct Chosen {
  const inspect::Variable* variable;
  inspect::Place place;
  std::vector<std::uint32_t> cpus;  // numbers, ascending
};

NamedPlace named(const Chosen& chosen);

// Each of `words`, "var.path:cpus", in their order. `module` stands for "module::"
// where a word has none; empty: wherever it is. UsageError for CPUs there are not.
std::vector<Chosen> choose_variables(const inspect::Catalogue& catalogue,
                                     std::span<const std::string> words, const std::string& module,
                                     std::span<const std::uint32_t> possible);
// Every variable of `module`, or of all; UnknownNameError for a module without any.
std::vector<Chosen> all_variables(const inspect::Catalogue& catalogue, const std::string& module,
                                  std::span<const std::uint32_t> possible);

// "0,2-3" as numbers, empty: all; UsageError.
std::vector<std::uint32_t> choose_cpus(const std::string& text,
                                       std::span<const std::uint32_t> possible);
// Every CPU that any of them wants, ascending.
std::vector<std::uint32_t> cpus_of(std::span<const Chosen> chosen);

std::unique_ptr<inspect::Reader> read_chosen(const inspect::Catalogue& catalogue,
                                             std::span<const Chosen> chosen,
                                             std::span<const std::uint32_t> cpus,
                                             inspect::Method method);
inspect::Method parse_method(const std::string& word);

// The names of the modules with per-CPU variables, the kernel's first.
std::vector<std::string> modules_of(const inspect::Catalogue& catalogue);

}  // namespace percpu_scope::cli
