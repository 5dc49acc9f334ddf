// SPDX-License-Identifier: GPL-2.0-only
//
// Leaves to tracks, copies to numbers.
#include "cli/var/watched.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/frame/exit_code.hpp"
#include "cli/var/leaves.hpp"
#include "inspect/btf/scalar.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::cli {
namespace {

// The places of these CPUs among those of the watch.
std::vector<std::size_t> places_among(std::span<const std::uint32_t> cpus,
                                      std::span<const std::uint32_t> all) {
  std::vector<std::size_t> places;
  places.reserve(cpus.size());
  for (const std::uint32_t cpu : cpus)
    places.push_back(
        static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), cpu) - all.begin()));
  return places;
}

}  // namespace

Watched::Watched(std::vector<Chosen> chosen, std::vector<std::uint32_t> cpus,
                 std::unique_ptr<inspect::Reader> reader, inspect::LoadedModules modules)
    : chosen_(std::move(chosen)),
      cpus_(std::move(cpus)),
      reader_(std::move(reader)),
      modules_(std::move(modules)) {
  for (const Chosen& one : chosen_) parts_.push_back(make_part(one));
  if (tracks_.empty()) throw UsageError("there is no number in what is to be watched");
}

Watched::Part Watched::make_part(const Chosen& chosen) {
  Part part{.first = tracks_.size(),
            .end = tracks_.size(),
            .module = modules_.add(chosen.variable->module)};
  inspect::Place whole = chosen.place;
  whole.path.clear();
  const std::string variable = expression_of(named_document(named({chosen.variable, whole, {}})));
  const std::vector<std::size_t> cpus = places_among(chosen.cpus, cpus_);
  const std::vector<std::byte> zeros(chosen.place.size);
  inspect::for_each_leaf(
      *chosen.variable->btf, chosen.place, zeros, {}, [&](const inspect::Leaf& leaf) {
        if (!leaf.is_number || leaf.width == 0) return;
        tracks_.push_back({.name = join_path(variable, leaf.path),
                           .width = leaf.width,
                           .is_signed = leaf.is_signed,
                           .cpus = cpus});
        numbers_.push_back({static_cast<std::size_t>(leaf.offset), leaf.bit_offset});
      });
  part.end = tracks_.size();
  return part;
}

void Watched::look(Look& look, std::span<const std::uint32_t> online) {
  reader_->read();
  // Afterwards: what was read of a module that is still there was its own.
  modules_.look();
  look.values.resize(tracks_.size() * cpus_.size());
  look.unread.resize(tracks_.size());
  look.online.assign(cpus_.size(), false);
  for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu)
    look.online[cpu] = std::binary_search(online.begin(), online.end(), cpus_[cpu]);
  for (std::size_t part = 0; part < parts_.size(); ++part) look_at(part, look);
}

void Watched::look_at(std::size_t part, Look& look) {
  const auto& [first, end, module] = parts_[part];
  if (first == end) return;
  const bool is_loaded = modules_.is_loaded(module);
  bool all = true;
  for (const std::size_t cpu : tracks_[first].cpus) {
    const inspect::Copy copy = is_loaded ? reader_->copy(part, cpu) : inspect::Copy{};
    all = all && copy.read;
    for (std::size_t i = first; i < end; ++i) {
      std::optional<std::uint64_t>& value = look.values[i * cpus_.size() + cpu];
      value.reset();
      if (!copy.read) continue;
      const auto& [offset, bit_offset] = numbers_[i];
      value = inspect::read_integer(copy.bytes.subspan(offset), bit_offset, tracks_[i].width,
                                    tracks_[i].is_signed);
    }
  }
  for (std::size_t i = first; i < end; ++i) look.unread[i].clear();
  if (all) return;
  missed_ = true;
  const std::string why = is_loaded ? reader_->why_unread(part)
                                    : "module " + modules_.name(module) + " has been unloaded";
  for (std::size_t i = first; i < end; ++i) look.unread[i] = why;
}

void Watched::expect_something() {
  Look first;
  look(first, {});
  if (std::any_of(first.values.begin(), first.values.end(),
                  [](const auto& value) { return value.has_value(); }))
    return;
  throw inspect::InspectError(
      inspect::Problem::unsupported,
      "nothing of what is to be watched can be read; " + tracks_.front().name + ": " +
          first.unread.front(),
      "see pcpu doctor for what works on this kernel; --method chooses another way of reading");
}

}  // namespace percpu_scope::cli
