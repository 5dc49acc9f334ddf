// SPDX-License-Identifier: GPL-2.0-only
//
// InspectBtf: the inspector's index of this kernel's types, and of every module's, held
// against libbpf's own.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "btf_cross_check.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {
namespace {

TEST(InspectBtf, IsAsLibbpfReadsIt) {
  const std::string folder = "/sys/kernel/btf";
  const std::string kernel = folder + "/vmlinux";
  if (!path_exists(kernel)) GTEST_SKIP() << "this kernel has no BTF";
  CrossCheck whole;
  try {
    whole = cross_check(kernel);
  } catch (const std::system_error& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_EQ(whole.differences, "");
  EXPECT_GT(whole.types, 10'000U);
  EXPECT_GT(whole.sizes, whole.types / 4);
  EXPECT_GT(whole.found, 10U);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path == kernel) continue;
    const CrossCheck module = cross_check(path, kernel);
    EXPECT_EQ(module.differences, "") << path;
  }
}

}  // namespace
}  // namespace percpu_scope::guest
