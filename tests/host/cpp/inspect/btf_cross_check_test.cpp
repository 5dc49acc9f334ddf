// SPDX-License-Identifier: GPL-2.0-only
//
// Against libbpf, on samples and on a real kernel's BTF: PERCPU_SCOPE_VMLINUX_BTF names a
// file, else it is this machine's own.
#include "btf_cross_check.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "btf_samples.hpp"

namespace percpu_scope {
namespace {

std::string write(const char* name, const Bytes& bytes) {
  std::string path = testing::TempDir() + name + '.' + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(BtfCrossCheck, OfSamples) {
  const BtfWriter kernel = kernel_sample();
  const std::string base = write("kernel", kernel.bytes());
  const std::string module = write("module", module_sample(kernel).bytes());
  const CrossCheck whole = cross_check(base);
  EXPECT_EQ(whole.differences, "");
  EXPECT_GT(whole.sizes, 20U);
  const CrossCheck split = cross_check(module, base);
  EXPECT_EQ(split.differences, "");
  EXPECT_EQ(split.types, 4U);
  std::remove(base.c_str());
  std::remove(module.c_str());
}

TEST(BtfCrossCheck, OfAKernel) {
  const char* const named = std::getenv("PERCPU_SCOPE_VMLINUX_BTF");
  const std::string path = named != nullptr ? named : "/sys/kernel/btf/vmlinux";
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << path << " cannot be read here";
  const CrossCheck check = cross_check(path);
  EXPECT_EQ(check.differences, "");
  EXPECT_GT(check.types, 10'000U);
  EXPECT_GT(check.sizes, check.types / 4);
  EXPECT_GT(check.found, 10U);
}

}  // namespace
}  // namespace percpu_scope
