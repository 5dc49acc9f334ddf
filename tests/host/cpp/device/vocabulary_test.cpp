// SPDX-License-Identifier: GPL-2.0-only
//
// What a newer module may have: words and fields that this library does not
// know, which are shown by the names that it gives; and what no module may.
#include "percpu_scope/vocabulary.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>

#include "fake_module.hpp"
#include "percpu_scope/device.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using samples::FakeModule;

TEST(Vocabulary, KindsHaveAnyNumberOfFields) {
  const FakeModule module;
  const Device device(module.answers());
  ASSERT_EQ(device.kinds().size(), 2U);
  const Kind& flows = find_kind(device.kinds(), "flows");
  EXPECT_EQ(flows.number, 7U);
  EXPECT_TRUE(flows.is_percpu());
  EXPECT_TRUE(flows.is_dynamic());
  EXPECT_FALSE(flows.is_unskewed());
  ASSERT_EQ(flows.fields.size(), 7U);
  EXPECT_EQ(flows.fields[6].name, "flow6");
  EXPECT_EQ(flows.fields[6].weight, 7U);
  EXPECT_EQ(flows.fields[6].bits, 64U);
  EXPECT_EQ(find_kind(device.kinds(), "u64").fields.size(), 1U);
  EXPECT_THROW((void)find_kind(device.kinds(), "none"), UnknownNameError);
}

TEST(Vocabulary, CountersAndIdiomsOfANewerModule) {
  FakeModule module;
  percpu_scope_counter counter = samples::abi_counter(7, "newer");
  counter.origin = 5;
  counter.variant = 9;
  counter.flags = PERCPU_SCOPE_COUNTER_TEMPORARY;
  module.list(PERCPU_SCOPE_LIST_COUNTERS, std::vector{counter});
  module.list(PERCPU_SCOPE_LIST_IDIOMS,
              std::vector{samples::abi_idiom(7, "flow_inc"), samples::abi_idiom(0, "inc")});
  const Device device(module.answers());
  const std::vector<Counter> counters = device.counters();
  ASSERT_EQ(counters.size(), 1U);
  EXPECT_EQ(to_string(counters[0].storage), "flows");
  EXPECT_EQ(to_string(counters[0].variant), "alloc_newer");
  EXPECT_EQ(to_string(counters[0].origin), "origin-5");
  EXPECT_TRUE(counters[0].is_temporary());
  ASSERT_EQ(counters[0].fields.size(), 7U);
  EXPECT_EQ(counters[0].fields[3].name, "flow3");
  const std::vector<Idiom> idioms = device.idioms();
  EXPECT_TRUE(find_idiom(idioms, "flow_inc").fits(counters[0]));
  EXPECT_TRUE(find_idiom(idioms, "flow_inc").is_percpu());
  EXPECT_FALSE(find_idiom(idioms, "inc").fits(counters[0]));
  EXPECT_EQ(to_string(idioms[0].conserved), "task,context-40");
  EXPECT_EQ(to_string(idioms[0].conserved, device.contexts()), "task,guest");
}

TEST(Vocabulary, ContextsThatNobodyNamesKeepTheirNumbers) {
  const FakeModule module;
  const Device device(module.answers());
  EXPECT_EQ(to_string(ContextSet{static_cast<Context>(41)}, device.contexts()), "context-41");
  EXPECT_EQ(to_string(ContextSet{}, device.contexts()), "-");
  EXPECT_TRUE(device.contexts()[1].supported);
}

TEST(Vocabulary, NamesEnd) {
  percpu_scope_counter counter{};
  std::memset(&counter.name[0], 'n', sizeof(counter.name));
  EXPECT_THROW((void)name_in(counter.name), MalformedError);
  counter.name[sizeof(counter.name) - 1] = '\0';
  EXPECT_EQ(name_in(counter.name), std::string(sizeof(counter.name) - 1, 'n'));
}

struct Malformation {
  const char* name;
  std::function<void(FakeModule&)> make;
};

class MalformedWords : public testing::TestWithParam<Malformation> {};

TEST_P(MalformedWords, AreRefused) {
  FakeModule module;
  EXPECT_NO_THROW(Device(module.answers()));
  GetParam().make(module);
  module.list_kinds();
  EXPECT_THROW(Device(module.answers()), MalformedError);
}

INSTANTIATE_TEST_SUITE_P(
    Vocabulary, MalformedWords,
    testing::Values(
        Malformation{"FieldOfNoKind", [](FakeModule& module) { module.fields[3].kind = 8; }},
        Malformation{"FieldOfAnotherKind", [](FakeModule& module) { module.fields[3].kind = 0; }},
        Malformation{"TooFewFields", [](FakeModule& module) { module.fields.pop_back(); }},
        Malformation{"TooManyFields", [](FakeModule& module) { ++module.kinds[1].field_count; }},
        Malformation{"NoField",
                     [](FakeModule& module) {
                       module.kinds[0].field_count = 0;
                       module.fields.erase(module.fields.begin());
                     }},
        // As a module would list it that does not tell how wide fields are.
        Malformation{"FieldOfNoBits", [](FakeModule& module) { module.fields[0].bits = 0; }},
        Malformation{"FieldOfTooManyBits", [](FakeModule& module) { module.fields[0].bits = 65; }},
        Malformation{
            "NameOfAKind",
            [](FakeModule& module) { samples::name(module.kinds[0].name, std::string(99, 'k')); }},
        Malformation{
            "NameOfAField",
            [](FakeModule& module) { samples::name(module.fields[0].name, std::string(99, 'f')); }},
        Malformation{"NameOfAVariant",
                     [](FakeModule& module) {
                       percpu_scope_variant variant{};
                       samples::name(variant.name, std::string(99, 'v'));
                       module.list(PERCPU_SCOPE_LIST_VARIANTS, std::vector{variant});
                     }},
        Malformation{"NameOfAContext",
                     [](FakeModule& module) {
                       percpu_scope_context_name context{};
                       samples::name(context.name, std::string(99, 'c'));
                       module.list(PERCPU_SCOPE_LIST_CONTEXTS, std::vector{context});
                     }}),
    [](const testing::TestParamInfo<Malformation>& info) { return info.param.name; });

TEST(Vocabulary, WhatRefersToNothingIsMalformed) {
  FakeModule module;
  const Device device(module.answers());
  percpu_scope_counter counter = samples::abi_counter(8, "lost");
  module.list(PERCPU_SCOPE_LIST_COUNTERS, std::vector{counter});
  EXPECT_THROW((void)device.counters(), MalformedError);
  counter = samples::abi_counter(7, "lost");
  counter.variant = 1;
  module.list(PERCPU_SCOPE_LIST_COUNTERS, std::vector{counter});
  EXPECT_THROW((void)device.counters(), MalformedError);
  module.list(PERCPU_SCOPE_LIST_IDIOMS, std::vector{samples::abi_idiom(1, "lost")});
  EXPECT_THROW((void)device.idioms(), MalformedError);
  module.list(PERCPU_SCOPE_LIST_IDIOMS, std::vector{samples::abi_idiom(0, std::string(32, 'i'))});
  EXPECT_THROW((void)device.idioms(), MalformedError);
}

}  // namespace
}  // namespace percpu_scope
