// SPDX-License-Identifier: GPL-2.0-only
//
// The list of generated suites, and their registration with GoogleTest.
#include "support/generated.hpp"

#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace percpu_scope::guest {
namespace {

struct Entry {
  const char* name;
  GeneratedSuite::Generate generate;
};

// Filled by static objects of other files, so it cannot be one itself.
std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

class GeneratedTest : public DeviceTest {
 public:
  explicit GeneratedTest(std::function<void(DeviceTest&)> body) : body_(std::move(body)) {}
  void TestBody() override { body_(*this); }

 private:
  std::function<void(DeviceTest&)> body_;
};

class MissingDevice : public ::testing::Test {
 public:
  explicit MissingDevice(std::string why) : why_(std::move(why)) {}
  void TestBody() override { FAIL() << "no test could be generated: " << why_; }

 private:
  std::string why_;
};

}  // namespace

GeneratedSuite::GeneratedSuite(const char* name, Generate generate) {
  entries().push_back({name, generate});
}

void add_test(const std::string& suite, const std::string& name, const char* file, int line,
              std::function<void(DeviceTest&)> body) {
  ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, file, line,
                          [body = std::move(body)]() -> DeviceTest* {
                            return std::make_unique<GeneratedTest>(body).release();
                          });
}

void generate_tests() {
  std::optional<Catalogue> catalogue;
  std::string why;
  try {
    catalogue.emplace(Catalogue::read(Device(Access::read_only)));
  } catch (const std::exception& exception) {
    why = exception.what();
  }
  for (const Entry& entry : entries()) {
    if (catalogue) {
      entry.generate(*catalogue);
      continue;
    }
    ::testing::RegisterTest(
        entry.name, "DeviceAnswers", nullptr, nullptr, __FILE__, __LINE__,
        [why]() -> ::testing::Test* { return std::make_unique<MissingDevice>(why).release(); });
  }
}

}  // namespace percpu_scope::guest
