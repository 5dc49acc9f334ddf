// SPDX-License-Identifier: GPL-2.0-only
//
// KTAP: Documentation/dev-tools/ktap.rst in the kernel's sources.
#include "support/ktap_listener.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>

namespace percpu_scope::guest {
namespace {

constexpr int told_from_ms = 100;

// On a result's line everything behind '#' is a directive, and a line is a line.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '#', ' ');
  return text;
}

}  // namespace

void KtapListener::OnTestProgramStart(const ::testing::UnitTest& program) {
  std::cout << "KTAP version 1\n1.." << program.test_to_run_count() << std::endl;
}

void KtapListener::OnTestStart(const ::testing::TestInfo& /*test*/) {
  skip_reason_.clear();
  diagnostics_.clear();
}

void KtapListener::diagnose(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    diagnostics_.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void KtapListener::OnTestPartResult(const ::testing::TestPartResult& part) {
  if (part.skipped()) {
    skip_reason_ = part.message();
  } else if (part.failed()) {
    const char* const file = part.file_name();
    diagnose(std::string(file == nullptr ? "?" : file) + ":" + std::to_string(part.line_number()));
    diagnose(part.message());
  }
}

void KtapListener::OnTestEnd(const ::testing::TestInfo& test) {
  const ::testing::TestResult& result = *test.result();
  for (int i = 0; i < result.test_property_count(); ++i) {
    const ::testing::TestProperty& property = result.GetTestProperty(i);
    diagnose(std::string(property.key()) + " " + property.value());
  }
  // What takes its time is told: those who make the tests faster begin there.
  if (result.elapsed_time() >= told_from_ms)
    diagnose("took " + std::to_string(result.elapsed_time()) + " ms");
  for (const std::string& line : diagnostics_) std::cout << "# " << line << "\n";
  std::cout << (result.Failed() ? "not ok " : "ok ") << ++number_ << " " << test.test_suite_name()
            << "." << test.name();
  if (result.Skipped()) std::cout << " # SKIP " << one_line(skip_reason_);
  std::cout << std::endl;
}

}  // namespace percpu_scope::guest
