// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/reader.hpp"

#include <algorithm>
#include <string>

#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/read/generic_reader.hpp"
#include "inspect/read/typed_reader.hpp"

namespace percpu_scope::inspect {
namespace {

// The typed way does without probe reads and without addresses.
bool typed_may_help(Problem problem) {
  return problem == Problem::lockdown || problem == Problem::unsupported ||
         problem == Problem::hidden_symbols;
}

void check(std::span<const Wanted> wanted, std::span<const std::uint32_t> cpus) {
  // The kernel itself does not mind CPUs that cannot be, and reads anywhere.
  const std::vector<std::uint32_t> possible = possible_cpus();
  for (const std::uint32_t cpu : cpus)
    if (!std::binary_search(possible.begin(), possible.end(), cpu))
      throw InspectError(Problem::bad_request,
                         "CPU " + std::to_string(cpu) + " is not possible here");
  if (cpus.empty() || wanted.empty())
    throw InspectError(Problem::bad_request, "nothing to read: no variable, or no CPU");
  for (const Wanted& part : wanted) {
    if (part.size == 0)
      throw InspectError(Problem::bad_request,
                         "there is nothing to read at " + std::to_string(part.offset) + " of " +
                             part.variable->name +
                             (part.variable->size == 0
                                  ? ": its type is empty on this kernel"
                                  : ": its type is empty on this kernel, or BTF does not tell it"));
    if (part.size > part.variable->size || part.offset > part.variable->size - part.size)
      throw InspectError(Problem::bad_request, std::to_string(part.size) + " bytes at " +
                                                   std::to_string(part.offset) +
                                                   " are not within " + part.variable->name);
  }
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::automatic:
      return "automatic";
    case Method::generic:
      return "generic";
    case Method::typed:
      return "typed";
  }
  return "unknown";
}

std::unique_ptr<Reader> make_reader(const Catalogue& catalogue, std::span<const Wanted> wanted,
                                    std::span<const std::uint32_t> cpus, Method method) {
  check(wanted, cpus);
  if (method == Method::typed) return make_typed_reader(catalogue, wanted, cpus);
  if (method == Method::generic) return make_generic_reader(catalogue, wanted, cpus);
  try {
    return make_generic_reader(catalogue, wanted, cpus);
  } catch (const InspectError& error) {
    if (!typed_may_help(error.problem())) throw;
  }
  return make_typed_reader(catalogue, wanted, cpus);
}

}  // namespace percpu_scope::inspect
