// SPDX-License-Identifier: GPL-2.0-only
//
// Modules that come and go, in a folder that looks like sysfs.
#include "inspect/kernel/loaded_modules.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "inspect/catalogue/catalogue.hpp"

namespace percpu_scope::inspect {
namespace {

class Loaded : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"kvm", "nfsd"}) std::filesystem::create_directories(root / name);
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / ("modules-" + std::to_string(::getpid()));
};

TEST_F(Loaded, UntilItIsNot) {
  LoadedModules modules(root);
  const std::size_t kvm = modules.add("kvm");
  const std::size_t nfsd = modules.add("nfsd");
  EXPECT_EQ(modules.add("kvm"), kvm);
  EXPECT_EQ(modules.name(nfsd), "nfsd");
  modules.look();
  EXPECT_TRUE(modules.is_loaded(kvm) && modules.is_loaded(nfsd));
  std::filesystem::remove(root / "kvm");
  EXPECT_TRUE(modules.is_loaded(kvm)) << "nobody has looked";
  modules.look();
  EXPECT_FALSE(modules.is_loaded(kvm));
  EXPECT_TRUE(modules.is_loaded(nfsd));
}

TEST_F(Loaded, AgainIsAnother) {
  LoadedModules modules(root);
  const std::size_t kvm = modules.add("kvm");
  // Both are there for a while, so that they cannot be the same.
  std::filesystem::create_directory(root / "new");
  std::filesystem::remove(root / "kvm");
  std::filesystem::rename(root / "new", root / "kvm");
  modules.look();
  EXPECT_FALSE(modules.is_loaded(kvm));
  modules.look();
  EXPECT_FALSE(modules.is_loaded(kvm));
}

TEST_F(Loaded, NeverWas) {
  LoadedModules modules(root);
  const std::size_t none = modules.add("none");
  EXPECT_FALSE(modules.is_loaded(none));
  std::filesystem::create_directory(root / "none");
  modules.look();
  EXPECT_FALSE(modules.is_loaded(none)) << "what was found before lies elsewhere";
}

TEST_F(Loaded, TheKernelAlwaysIs) {
  LoadedModules modules(root / "nowhere");
  const std::size_t kernel = modules.add(kernel_name);
  modules.look();
  EXPECT_TRUE(modules.is_loaded(kernel));
}

}  // namespace
}  // namespace percpu_scope::inspect
