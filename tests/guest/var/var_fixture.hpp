// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture of the suites that look at the kernel's own per-CPU variables through
// pcpu. Skipped where it has no BTF, so that nothing is known, or no symbols of variables,
// so that nothing can be read.
#pragma once

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/device_test.hpp"
#include "support/program.hpp"

namespace percpu_scope::guest {

// libbpf's own reading of BTF, which pcpu's list is not made with.
struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, FreeBtf>;

class VarTest : public DeviceTest {
 public:
  void SetUp() override {
    if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
  }

  // What pcpu -j prints for these words; fails the test if it does not end well.
  static nlohmann::json document(std::vector<std::string> words) {
    words.insert(words.begin(), "-j");
    const Ended outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << words.at(1) << ' ' << outcome.err;
    nlohmann::json document = parsed(outcome.out);
    EXPECT_EQ(document.value("schema", 0), 1) << words.at(1);
    EXPECT_TRUE(document.contains("notes") && document.at("notes").is_array()) << words.at(1);
    return document;
  }
  // The variables that pcpu var list has with these options.
  static nlohmann::json list_variables(std::vector<std::string> options) {
    options.insert(options.begin(), {"var", "list"});
    return document(std::move(options)).at("variables");
  }
  // The one variable of a reading.
  static nlohmann::json only(std::vector<std::string> words) {
    return document(std::move(words)).at("variables").at(0);
  }
  // The first leaf of a field, or of the value itself if it is no struct with that
  // field: u64_stats_t and local64_t are structs of structs of one number.
  static std::uint64_t number_in(const nlohmann::json& value, const std::string& field = {}) {
    if (value.is_object())
      return number_in(value.contains(field) ? value.at(field) : *value.begin());
    return value.get<std::uint64_t>();
  }
};

}  // namespace percpu_scope::guest
