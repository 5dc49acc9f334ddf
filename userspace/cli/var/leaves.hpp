// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of what variables held: their shape, their leaves by path, and two of
// them compared. JSON in, JSON or text out; the way to the kernel is not known here.
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

// A file that was saved from pcpu var read -j or var ptr -j; UsageError says what of
// it is not. `file` is its name, for that.
Json parse_reading(const std::string& text, const std::string& file);

// {"same": bool, "differences": [{"variable", "cpu", "before", "after", "difference",
//   "note"}]}. difference: for integers, null if it does not fit. note: what is more
// than another value; which it is where one expression has several types or variables.
//
// Entries of one module, expression and type are one variable, as if it had been read
// on their CPUs at once; those that have the same CPU are several, compared in order.
Json compare_readings(const Json& before, const Json& after);
std::string render_differences(const Json& document, Numbers numbers);

}  // namespace percpu_scope::cli
