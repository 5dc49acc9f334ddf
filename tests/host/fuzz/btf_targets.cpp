// SPDX-License-Identifier: GPL-2.0-only
#include "btf_targets.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "btf_examiner.hpp"
#include "btf_samples.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/addresses.hpp"
#include "inspect/kernel/symbols.hpp"

namespace percpu_scope::fuzz {

void fuzz_btf(Input input) {
  try {
    (void)examine_btf(input);
  } catch (const inspect::InspectError& error) {
    require(error.problem() == inspect::Problem::malformed_btf);
  }
}

std::vector<Seed> btf_seeds() { return {small_sample(), kernel_sample().bytes()}; }

void fuzz_split(Input input) {
  static const inspect::Btf base = inspect::Btf::parse(kernel_sample().bytes());
  try {
    (void)examine_btf(input, &base);
  } catch (const inspect::InspectError& error) {
    require(error.problem() == inspect::Problem::malformed_btf);
  }
}

std::vector<Seed> split_seeds() { return {module_sample(kernel_sample()).bytes()}; }

void fuzz_loads(Input input) {
  try {
    examine_loads(inspect::Btf::parse(input));
  } catch (const inspect::InspectError& error) {
    require(error.problem() == inspect::Problem::malformed_btf);
  }
}

// Whatever the symbols say: an address is where BTF has the variable in its object's
// section, which begins at one place.
void fuzz_addresses(Input input) {
  static const inspect::Catalogue catalogue = [] {
    const BtfWriter kernel = kernel_sample();
    inspect::Catalogue made(inspect::Btf::parse(kernel.bytes()));
    made.add("nfsd", [&](const inspect::Btf* base) {
      return inspect::Btf::parse(module_sample(kernel).bytes(), base);
    });
    return made;
  }();
  std::vector<const inspect::Variable*> wanted;
  for (const inspect::Variable& variable : catalogue.variables()) wanted.push_back(&variable);
  try {
    const auto symbols =
        inspect::Symbols::parse(text_of(input), inspect::symbols_for(catalogue, wanted));
    const auto addresses = inspect::addresses_of(catalogue, wanted, symbols);
    require(addresses.size() == wanted.size());
    std::map<std::string, std::uint64_t> starts;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!addresses[i]) continue;
      const std::uint64_t start = *addresses[i] - wanted[i]->offset;
      require(starts.emplace(wanted[i]->module, start).first->second == start);
      const auto all = symbols.all({wanted[i]->module, wanted[i]->name});
      require(all.empty() || std::find(all.begin(), all.end(), *addresses[i]) != all.end());
    }
  } catch (const inspect::InspectError& error) {
    require(error.problem() == inspect::Problem::hidden_symbols);
  }
}

std::vector<Seed> address_seeds() {
  return seeds_of(
      {"0000000000002000 A __per_cpu_start\n0000000000002040 A everything\n"
       "0000000000002240 A count\nffffffff82000000 b count\n",
       "ffffffffc0000000 d own\t[nfsd]\nffffffffc0000008 d count\t[nfsd]\n"});
}

}  // namespace percpu_scope::fuzz
