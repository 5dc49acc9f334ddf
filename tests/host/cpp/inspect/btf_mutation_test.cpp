// SPDX-License-Identifier: GPL-2.0-only
//
// BTF with every word replaced, and cut at every length: an error or a result, and
// never a crash. The sanitizers watch.
#include <gtest/gtest.h>

#include <cstring>

#include "btf_examiner.hpp"
#include "btf_samples.hpp"
#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

// 1 if it was refused as a whole.
int refused(const Bytes& bytes) {
  try {
    (void)examine_btf(bytes);
    examine_loads(inspect::Btf::parse(bytes));
    return 0;
  } catch (const inspect::InspectError& error) {
    EXPECT_EQ(error.problem(), inspect::Problem::malformed_btf) << error.what();
    return 1;
  }
}

TEST(BtfMutation, SoundSamplesAreTaken) {
  EXPECT_EQ(refused(small_sample()), 0);
  EXPECT_EQ(refused(kernel_sample().bytes()), 0);
}

TEST(BtfMutation, ModulesAreTaken) {
  const BtfWriter kernel = kernel_sample();
  const inspect::Btf base = inspect::Btf::parse(kernel.bytes());
  EXPECT_GT(examine_btf(module_sample(kernel).bytes(), &base), base.end_id());
}

TEST(BtfMutation, EveryWord) {
  const Bytes sound = small_sample();
  int rejected = 0;
  int tried = 0;
  for (std::size_t at = 0; at + 4 <= sound.size(); at += 4) {
    std::uint32_t original = 0;
    std::memcpy(&original, sound.data() + at, 4);
    std::vector<std::uint32_t> values{0,
                                      1,
                                      3,
                                      5,
                                      8,
                                      0xffff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      original - 1,
                                      original + 1,
                                      original * 2};
    // Those in which BTF packs kinds, flags and lengths.
    for (const unsigned bit : {16, 23, 24, 25, 26, 27, 28, 31})
      values.push_back(original ^ (1U << bit));
    for (const std::uint32_t value : values) {
      Bytes bytes = sound;
      std::memcpy(bytes.data() + at, &value, 4);
      rejected += refused(bytes);
      ++tried;
    }
  }
  // Neither all nor nothing: else it was the test that was broken.
  EXPECT_GT(rejected, 100);
  EXPECT_LT(rejected, tried / 2);
}

TEST(BtfMutation, EveryLength) {
  const Bytes sound = small_sample();
  for (std::size_t length = 0; length < sound.size(); ++length)
    EXPECT_EQ(refused(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(length))), 1)
        << length;
}

}  // namespace
}  // namespace percpu_scope
