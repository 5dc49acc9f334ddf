// SPDX-License-Identifier: GPL-2.0-only
//
// The grammar of CPU lists.
#include "percpu_scope/cpu_list.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace percpu_scope {
namespace {

using Cpus = std::vector<std::uint32_t>;
const Cpus available{0, 1, 2, 3, 5, 6};

TEST(CpuList, TakesEveryForm) {
  EXPECT_EQ(parse_cpu_list("a", available), available);
  EXPECT_EQ(parse_cpu_list("all", available), available);
  EXPECT_EQ(parse_cpu_list("0", available), Cpus{0});
  EXPECT_EQ(parse_cpu_list("1,3,5-6", available), (Cpus{1, 3, 5, 6}));
  EXPECT_EQ(parse_cpu_list("2-2", available), Cpus{2});
}

TEST(CpuList, SortsAndDropsRepetitions) {
  EXPECT_EQ(parse_cpu_list("3,0-2,1,3", available), (Cpus{0, 1, 2, 3}));
}

class BadCpuList : public testing::TestWithParam<const char*> {};

TEST_P(BadCpuList, IsRefused) {
  EXPECT_THROW((void)parse_cpu_list(GetParam(), available), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(CpuList, BadCpuList,
                         testing::Values("", ",", "1,", ",1", "1,,2", "-", "1-", "-1", "3-1", "x",
                                         "1x", " 1", "1 ", "0x1", "4", "2-5", "7", "4294967296",
                                         "0-4294967295", "1--2", "a,1"));

TEST(CpuList, SaysWhatIsWrong) {
  try {
    (void)parse_cpu_list("0,4", available);
    FAIL() << "CPU 4 is not available";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "CPU list '0,4': CPU 4 is not one of 0-3,5-6");
  }
}

TEST(CpuList, OfTheKernel) {
  EXPECT_EQ(parse_cpu_list("1048575"), Cpus{(1U << 20) - 1});
  EXPECT_THROW((void)parse_cpu_list("1048576"), std::invalid_argument);
  EXPECT_EQ(parse_cpu_list("0"), Cpus{0});
  EXPECT_EQ(parse_cpu_list("0-2,6"), (Cpus{0, 1, 2, 6}));
  for (const char* const bad : {"", "all", "0-4294967295", "1-0"})
    EXPECT_THROW((void)parse_cpu_list(bad), std::invalid_argument) << bad;
}

TEST(CpuList, FormatsRanges) {
  EXPECT_EQ(format_cpu_list({}), "");
  EXPECT_EQ(format_cpu_list(Cpus{4}), "4");
  EXPECT_EQ(format_cpu_list(Cpus{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

}  // namespace
}  // namespace percpu_scope
