// SPDX-License-Identifier: GPL-2.0-only
//
// VarSpeed: how long pcpu takes to list and to read all that there is.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class VarSpeed : public VarTest {};

// What it takes depends on the host: printed for who measures, and compared within the run. The
// quickest of several tries by turns: what the host does meanwhile is not the program's time.
TEST_F(VarSpeed, TextIsNotDearerThanJson) {
  using Duration = std::chrono::steady_clock::duration;
  const auto shorten = [](Duration& best, const std::vector<std::string>& words) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run(words).status, 0);
    best = std::min(best, std::chrono::steady_clock::now() - start);
  };
  Duration list = std::chrono::hours(1);
  Duration text = list;
  Duration json = list;
  for (int i = 0; i < 5 || (text > json * 3 / 2 && i < 20); ++i) {
    shorten(list, {"var", "list"});
    shorten(text, {"var", "read", "--all"});
    shorten(json, {"-j", "var", "read", "--all"});
  }
  const auto ms = [](Duration time) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  };
  std::printf("# var list %ld ms, var read --all %ld ms, as JSON %ld ms\n", ms(list), ms(text),
              ms(json));
  EXPECT_LE(ms(text), ms(json) * 3 / 2);
}

}  // namespace
}  // namespace percpu_scope::guest
