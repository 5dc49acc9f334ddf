// SPDX-License-Identifier: GPL-2.0-only
#include "cli/frame/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/frame/terminal.hpp"

namespace percpu_scope::cli {

ProgressLine::ProgressLine(std::string label)
    : label_(std::move(label)), live_(live_window(STDERR_FILENO).has_value()) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() const {
  if (live_) (void)std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(std::uint64_t done, std::uint64_t wanted) const {
  if (wanted == 0) return;
  show(fmt::format("{:3.0f} %", static_cast<double>(done) / static_cast<double>(wanted) * 100));
}

void ProgressLine::show(std::string_view what) const {
  if (!live_) return;
  // Asked anew: windows change their size.
  const Window window = live_window(STDERR_FILENO).value_or(Window{});
  const std::string line = fmt::format("{} {}", label_, what);
  (void)std::fputs(fmt::format("\r\033[K{}", fit_line(line, window)).c_str(), stderr);
}

}  // namespace percpu_scope::cli
