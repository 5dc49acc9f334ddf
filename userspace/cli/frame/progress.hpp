// SPDX-License-Identifier: GPL-2.0-only
//
// How far it has come: a line on stderr that is written over and over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace percpu_scope::cli {

// Nothing unless stderr is a terminal on which a line can be written over; then never more
// than one line of it.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void label(std::string text) { label_ = std::move(text); }
  void show(std::uint64_t done, std::uint64_t wanted) const;
  void show(std::string_view what) const;
  // Leave no trace on the terminal.
  void clear() const;
  [[nodiscard]] bool is_live() const { return live_; }

 private:
  std::string label_;
  bool live_;
};

}  // namespace percpu_scope::cli
