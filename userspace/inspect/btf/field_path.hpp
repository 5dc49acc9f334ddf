// SPDX-License-Identifier: GPL-2.0-only
//
// What a user asks to see: VAR[.field|[index]]…[:cpus], in words and, resolved
// against BTF, as bytes within the variable. No reading.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

struct Request {
  std::string module;  // of "module::var"; empty if not given
  std::string variable;
  std::vector<std::variant<std::string, std::uint64_t>> steps;  // fields and indices
  std::string cpus;  // as typed, for parse_cpu_list(); empty: all
};

// Is there a variable of this name? `module` is empty where none was said.
using KnownName = std::function<bool(std::string_view module, std::string_view name)>;

// InspectError bad_request says what is wrong and at which column. Names may have dots, as
// compilers make them ("count.0", "state.llvm.123"): of "a.b.c" the longest part from the
// start that `is_known` is the variable, what is left are fields. Without, the first word.
Request parse_request(std::string_view text, const KnownName& is_known = {});
// "SYMBOL=TYPE[.field…][:cpus]" and "0xADDRESS=TYPE…": variable is the symbol's or
// address's text, all of it up to the '=', `type` what stands behind the '=' before path and CPUs.
// Brackets behind a type belong to it, so that a path begins with a field.
struct PointerRequest {
  Request target;
  std::string type;
};
PointerRequest parse_pointer_request(std::string_view text);

// A part of a variable.
struct Place {
  TypeId type = 0;
  std::uint64_t offset = 0;      // bytes, from the variable's start
  std::uint64_t size = 0;        // bytes to read
  std::uint32_t bit_offset = 0;  // within the bytes at `offset`, for a bit-field
  std::uint32_t bit_size = 0;    // 0: not a bit-field
  std::string path;              // "cpustat[3]", empty for the whole
};

// Follows the steps from `type`; through anonymous structs and unions, too.
// UnknownNameError with the struct's fields; bad_request for an index out of range
// or where there is nothing to index. The size is 0 where BTF has none (void, or a
// struct that is only announced).
Place resolve(const Btf& btf, TypeId type, const Request& request);

}  // namespace percpu_scope::inspect
