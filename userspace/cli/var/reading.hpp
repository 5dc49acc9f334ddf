// SPDX-License-Identifier: GPL-2.0-only
//
// What was read of variables, or of what pointers point to: decoded into documents as
// leaves.hpp has them, and printed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/frame/session.hpp"
#include "cli/render/json.hpp"
#include "inspect/btf/field_path.hpp"
#include "inspect/btf/value.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/read/reader.hpp"

namespace percpu_scope::cli {

// What was asked for, and the names that it has.
struct NamedPlace {
  std::string name;
  std::string module;
  const inspect::Btf* btf;
  inspect::Place place;
};

// {"name", "module", "path", "type", "size"}.
Json named_document(const NamedPlace& named);

// The same with "values", and "unread" if a copy could not be read: `why`. `copy` gives
// the bytes on the CPU of that number.
Json reading_document(const NamedPlace& named, std::span<const std::uint32_t> cpus,
                      const inspect::Decoding& decoding,
                      const std::function<inspect::Copy(std::uint32_t cpu)>& copy,
                      const std::function<std::string()>& why);

// As /proc/kallsyms has them, before a CPU's offset is added; empty where there is none.
std::vector<std::optional<std::uint64_t>> kernel_addresses(
    const inspect::Catalogue& catalogue, std::span<const inspect::Variable* const> variables);

// A note on the modules that cannot be looked into, if there are any.
Notes unseen_modules(const inspect::Catalogue& catalogue);

// {"method", "variables"}, as a table or flat lines for people, with these notes and one on
// what could not be read. Is there nothing such?
bool print_reading(const Session& session, inspect::Method method, Json variables, bool flat,
                   Notes notes = {});

}  // namespace percpu_scope::cli
