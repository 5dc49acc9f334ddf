// SPDX-License-Identifier: GPL-2.0-only
//
// From words on the command line to parts of per-CPU variables on some CPUs, and
// the readers for them. What was read is decoded by inspect/, shown by leaves.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/json.hpp"
#include "inspect/catalogue.hpp"
#include "inspect/field_path.hpp"
#include "inspect/reader.hpp"
#include "inspect/value.hpp"

namespace percpu_scope::cli {

// A part of a variable, and where it is wanted.
struct Chosen {
  const inspect::Variable* variable;
  inspect::Place place;
  std::vector<std::uint32_t> cpus;  // numbers, ascending
};

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

// Addresses as /proc/kallsyms has them, before a CPU's offset is added: hexadecimal
// strings, null where there is none.
Json addresses_document(const inspect::Catalogue& catalogue,
                        std::span<const inspect::Variable* const> variables);

// The names of the modules with per-CPU variables, the kernel's first.
std::vector<std::string> modules_of(const inspect::Catalogue& catalogue);

// {"name", "module", "path", "type", "size", "values"}, as leaves.hpp has it.
Json variable_document(const Chosen& chosen, Json values);
// `copy` gives the bytes on the CPU of that number.
Json values_document(const inspect::Btf& btf, const inspect::Place& place,
                     std::span<const std::uint32_t> cpus, const inspect::Decoding& decoding,
                     const std::function<inspect::Copy(std::uint32_t cpu)>& copy);

}  // namespace percpu_scope::cli
