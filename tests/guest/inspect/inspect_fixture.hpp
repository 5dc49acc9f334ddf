// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture of the InspectReader suite: per-CPU variables by name, both ways. Skipped
// where this kernel tells no types or no addresses.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/read/reader.hpp"
#include "support/device_test.hpp"

namespace percpu_scope::guest {

using inspect::InspectError;
using inspect::Method;
using inspect::Problem;
using inspect::Reader;
using inspect::Variable;
using inspect::Wanted;

inline constexpr Method both[] = {Method::generic, Method::typed};

inline std::uint64_t number_in(const inspect::Copy& copy) {
  std::uint64_t number = 0;
  std::memcpy(&number, copy.bytes.data(), std::min(copy.bytes.size(), sizeof(number)));
  return number;
}

// What the call ended in; empty if it succeeded. Its sentence and remedy must not be.
template <typename Call>
std::optional<Problem> problem_of(const Call& call) {
  try {
    call();
  } catch (const InspectError& error) {
    EXPECT_STRNE(error.what(), "");
    return error.problem();
  }
  return std::nullopt;
}

class InspectReader : public DeviceTest {
 public:
  void SetUp() override {
    if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
    variables_ = inspect::Catalogue::load();
    cpus = inspect::possible_cpus();
  }

  [[nodiscard]] const inspect::Catalogue& variables() const { return *variables_; }
  [[nodiscard]] Wanted whole(const std::string& name, const std::string& module = {}) const {
    const Variable& variable = variables().find(name, module);
    return {&variable, 0, variable.size};
  }
  [[nodiscard]] std::unique_ptr<Reader> reader(std::span<const Wanted> wanted,
                                               Method method) const {
    return inspect::make_reader(variables(), wanted, cpus, method);
  }
  [[nodiscard]] std::vector<Wanted> all() const {
    std::vector<Wanted> wanted;
    for (const Variable& variable : variables().variables())
      if (variable.size != 0) wanted.push_back({&variable, 0, variable.size});
    return wanted;
  }

  std::vector<std::uint32_t> cpus;

 private:
  std::optional<inspect::Catalogue> variables_;
};

}  // namespace percpu_scope::guest
