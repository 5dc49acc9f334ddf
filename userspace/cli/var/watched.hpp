// SPDX-License-Identifier: GPL-2.0-only
//
// What was chosen to be watched, as tracks of numbers, and looks at them. How bytes
// come here is the reader's, what is made of the numbers rates.hpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cli/var/rates.hpp"
#include "cli/var/var_selection.hpp"
#include "inspect/kernel/loaded_modules.hpp"
#include "inspect/read/reader.hpp"

namespace percpu_scope::cli {

class Watched {
 public:
  // `reader` is for all that was chosen, in its order, on `cpus`: those of all of it.
  // `modules` has known theirs since before it was made. Decodes all leaves once, so that
  // a look is a copy of their bytes. UsageError if none of them is a number.
  Watched(std::vector<Chosen> chosen, std::vector<std::uint32_t> cpus,
          std::unique_ptr<inspect::Reader> reader, inspect::LoadedModules modules);

  [[nodiscard]] std::span<const Track> tracks() const { return tracks_; }
  [[nodiscard]] std::span<const std::uint32_t> cpus() const { return cpus_; }

  // Reads. `online`: CPUs by number, now.
  void look(Look& look, std::span<const std::uint32_t> online);
  // Reads; InspectError unsupported if there is not one number that can be.
  void expect_something();
  // Could some number not be read, in any look?
  [[nodiscard]] bool has_missed() const { return missed_; }

 private:
  // Where a track's number lies among the bytes of its part.
  struct Number {
    std::size_t offset;
    std::uint32_t bit_offset;
  };
  // What a word chose: the tracks [first, end).
  struct Part {
    std::size_t first;
    std::size_t end;
    std::size_t module;  // in modules_
  };

  Part make_part(const Chosen& chosen);
  void look_at(std::size_t part, Look& look);

  std::vector<Chosen> chosen_;
  std::vector<std::uint32_t> cpus_;
  std::unique_ptr<inspect::Reader> reader_;
  inspect::LoadedModules modules_;
  std::vector<Part> parts_;  // as chosen_
  std::vector<Track> tracks_;
  std::vector<Number> numbers_;  // as tracks_
  bool missed_ = false;
};

}  // namespace percpu_scope::cli
