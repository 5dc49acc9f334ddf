// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of what variables held: their shape, and their leaves by path. JSON in, text
// out; the way to the kernel is not known here.
//
// {"method": "generic", "variables": [{"name", "module", "path", "type", "size",
//   "address" only if asked for, "values": {"0": …, "1": …}, "unread" only if so}]}
//
// values: by CPU number; null where there was nothing to be read. unread: why. address:
// where the part that was asked for lies, before a CPU's offset is added.
#pragma once

#include <functional>
#include <string>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

namespace percpu_scope::cli {

// "kernel_cpustat.cpustat[3]"; "module::" in front for what is not the kernel's.
std::string expression_of(const Json& variable);

// "a" and "b" are "a.b", "a" and "[3]" are "a[3]", "a" and nothing is "a".
std::string join_path(const std::string& path, const std::string& more);

// Of CPUs that are members of "values": by number.
struct LowerCpu {
  bool operator()(const std::string& left, const std::string& right) const;
};

// Each value that holds no other, with its path behind `path`, as pcpu var read
// takes it. An empty struct or array is a leaf.
void for_each_leaf(const Json& value, const std::string& path,
                   const std::function<void(const std::string& path, const Json& leaf)>& visit);

// A row for each leaf, a column for each CPU.
std::string render_reading(const Json& document, Numbers numbers);
// A line "expression:cpu=value" for each leaf and CPU.
std::string render_flat(const Json& document);

}  // namespace percpu_scope::cli
