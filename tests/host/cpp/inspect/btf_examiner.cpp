// SPDX-License-Identifier: GPL-2.0-only
//
// Examining BTF.
#include "btf_examiner.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "inspect/btf/btf.hpp"
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
        error.problem() != inspect::Problem::bad_request)
      throw std::logic_error(error.what());
  } catch (const UnknownNameError&) {
    // Names that were damaged.
  }
}

void examine_value(const Btf& btf, TypeId type) {
  constexpr std::uint64_t most_bytes = 4096;
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

}  // namespace

std::size_t examine_btf(std::span<const std::byte> bytes) {
  const Btf btf = Btf::parse(bytes);
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
