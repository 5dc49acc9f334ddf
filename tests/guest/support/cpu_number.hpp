// SPDX-License-Identifier: GPL-2.0-only
//
// A number that every kernel with SMP keeps for each CPU: which one it is. x86's own
// variable for it came, went into another (6.2 to 6.14) and came back; the
// scheduler's has always been there.
#pragma once

#include "inspect/btf/field_path.hpp"
#include "inspect/read/reader.hpp"

namespace percpu_scope::guest {

inline constexpr const char* cpu_number_path = "runqueues.cpu";

inline inspect::Wanted cpu_number_of(const inspect::Catalogue& catalogue) {
  const inspect::Request request = inspect::parse_request(cpu_number_path);
  const inspect::Variable& variable = catalogue.find(request.variable);
  const inspect::Place place = inspect::resolve(*variable.btf, variable.type, request);
  return {&variable, place.offset, place.size};
}

}  // namespace percpu_scope::guest
