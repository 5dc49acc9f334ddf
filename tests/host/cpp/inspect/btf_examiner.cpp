// SPDX-License-Identifier: GPL-2.0-only
//
// Examining BTF.
#include "btf_examiner.hpp"

#include <bpf/btf.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "inspect/btf/btf.hpp"
#include "inspect/btf/struct_walk.hpp"
#include "inspect/btf/value.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::TypeId;

// Malformed BTF may be refused at any point, but as malformed only.
template <typename Action>
void attempt(Action action) {
  try {
    action();
  } catch (const InspectError& error) {
    if (error.problem() != inspect::Problem::malformed_btf &&
        error.problem() != inspect::Problem::bad_request &&
        error.problem() != inspect::Problem::unsupported)
      throw std::logic_error(error.what());
  } catch (const UnknownNameError&) {
    // Names that were damaged.
  }
}

constexpr std::uint64_t most_bytes = 4096;

void examine_value(const Btf& btf, TypeId type) {
  const inspect::Place place = inspect::resolve(btf, type, inspect::Request{});
  if (place.size > most_bytes) return;
  std::vector<std::byte> bytes(static_cast<std::size_t>(place.size));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
  // dump() refuses what is no UTF-8.
  if (inspect::decode(btf, place, bytes, {.addresses = true}).dump().empty())
    throw std::logic_error("a value of no text");
  std::size_t leaves = 0;
  inspect::for_each_leaf(btf, place, bytes, {}, [&](const inspect::Leaf&) { ++leaves; });
}

void examine_loads_of(const Btf& btf, TypeId type) {
  if (!btf.has_size(type)) return;
  const std::uint64_t size = btf.size_of(type);
  if (size > most_bytes) return;
  const bool is_struct = btf_is_composite(&btf.type(btf.strip(type)));
  std::uint64_t end = 0;
  const inspect::Loads plan = inspect::plan_loads(btf, type, 0, size);
  for (const inspect::Load& load : plan.loads) {
    if (load.offset < end) throw std::logic_error("a load of what has been loaded");
    end = std::uint64_t{load.offset} + load.size;
    if (end > size) throw std::logic_error("a load beyond the end");
    if (is_struct && !inspect::may_load(btf, type, load.offset, load.size))
      throw std::logic_error("a load that may not be");
  }
  if (plan.unreachable > size) throw std::logic_error("more bytes than there are");
}

}  // namespace

void examine_loads(const Btf& btf) {
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id)
    attempt([&] { examine_loads_of(btf, id); });
}

std::size_t examine_btf(std::span<const std::byte> bytes, const Btf* base) {
  const Btf btf = Btf::parse(bytes, base);
  attempt([&] {
    for (const inspect::Variable& variable : inspect::variables_of(btf, "sample"))
      examine_value(btf, variable.type);
  });
  for (TypeId id = 0; id <= btf.end_id(); ++id) {
    std::string spelling;
    attempt([&] { spelling = btf.spell(id); });
    attempt([&] { (void)btf.size_of(id); });
    attempt([&] { examine_value(btf, id); });
    attempt([&] { (void)btf.find(spelling); });
    attempt([&] { (void)inspect::resolve(btf, id, inspect::parse_request("x.pair[1].word")); });
  }
  return btf.end_id();
}

}  // namespace percpu_scope
