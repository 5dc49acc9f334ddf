// SPDX-License-Identifier: GPL-2.0-only
//
// Exceptions as exit codes and texts, and the remedies in them.
#include "cli/frame/exit_code.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/frame/child.hpp"
#include "cli/frame/remedies.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

TEST(Error, CarriesOperationAndErrno) {
  const Error error(Operation::create, EEXIST, "counter 'x'");
  EXPECT_EQ(error.operation(), Operation::create);
  EXPECT_EQ(error.error_number(), EEXIST);
  EXPECT_EQ(error.code(), std::errc::file_exists);
  EXPECT_STREQ(error.what(), "create counter 'x': File exists");
}

TEST(Error, TellsWhoIsInTheWay) {
  const Error busy(Operation::hammer, EBUSY, "counter 3", "u64_stats_set in task");
  EXPECT_EQ(busy.in_the_way(), "u64_stats_set in task");
  EXPECT_STREQ(busy.what(),
               "hammer counter 3: Device or resource busy (in the way: u64_stats_set in task)");
  const Failure failure = failure_from(busy);
  EXPECT_EQ(failure.message, busy.what());
  EXPECT_EQ(document_of(failure).at("error").at("in_the_way"), "u64_stats_set in task");
  const Error nobody(Operation::hammer, EBUSY, "counter 3");
  EXPECT_STREQ(nobody.what(), "hammer counter 3: Device or resource busy");
  EXPECT_FALSE(document_of(failure_from(nobody)).at("error").contains("in_the_way"));
}

TEST(Error, OfAnotherVersionSaysWhichModuleToLoad) {
  const Failure failure = failure_from(OtherVersionError("/dev/x", "it speaks ABI version 9"));
  EXPECT_EQ(failure.exit_code, ExitCode::failed);
  EXPECT_NE(failure.message.find("another version of percpu-scope's module"), std::string::npos);
  EXPECT_NE(failure.remedy.find("the module that belongs to this program"), std::string::npos);
}

TEST(Remedies, TellWhatHelps) {
  EXPECT_NE(remedy_for(Operation::open_device, ENOENT).find("insmod percpu_scope.ko"),
            std::string_view::npos);
  EXPECT_NE(remedy_for(Operation::open_device, EACCES).find("root"), std::string_view::npos);
  EXPECT_NE(remedy_for(Operation::get_cpus, EPERM).find("CAP_SYSLOG"), std::string_view::npos);
  EXPECT_NE(remedy_for(Operation::count_calls, EPERM).find("CAP_PERFMON"), std::string_view::npos);
  EXPECT_FALSE(remedy_for(Operation::hotplug, ENOENT).empty());
  EXPECT_FALSE(remedy_for(Operation::read_debugfs, ENOENT).empty());
  EXPECT_TRUE(remedy_for(Operation::snapshot, EIO).empty());
}

struct Case {
  Operation operation;
  int error_number;
  ExitCode expected;
};

class ExitCodes : public testing::TestWithParam<Case> {};

TEST_P(ExitCodes, TellClassesApart) {
  const Case& sample = GetParam();
  EXPECT_EQ(failure_from(Error(sample.operation, sample.error_number)).exit_code, sample.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Errors, ExitCodes,
    testing::Values(Case{Operation::open_device, ENOENT, ExitCode::no_device},
                    Case{Operation::open_device, ENODEV, ExitCode::no_device},
                    Case{Operation::open_device, ENXIO, ExitCode::no_device},
                    Case{Operation::open_device, EACCES, ExitCode::no_permission},
                    Case{Operation::get_cpus, EPERM, ExitCode::no_permission},
                    Case{Operation::count_calls, EPERM, ExitCode::no_permission},
                    Case{Operation::destroy, EPERM, ExitCode::failed},
                    Case{Operation::destroy, ENOENT, ExitCode::failed},
                    Case{Operation::hammer, EOPNOTSUPP, ExitCode::failed}));

TEST(Failure, OfUsageAndNames) {
  EXPECT_EQ(failure_from(UsageError("no")).exit_code, ExitCode::usage);
  EXPECT_EQ(failure_from(std::runtime_error("no")).exit_code, ExitCode::failed);
  const Failure failure =
      failure_from(UnknownNameError("idiom", "this_cpu_inx", {"atomic64_inc", "this_cpu_inc"}));
  EXPECT_EQ(failure.exit_code, ExitCode::usage);
  EXPECT_EQ(failure.names.front(), "this_cpu_inc");
}

TEST(Failure, OfInspecting) {
  using inspect::InspectError;
  using inspect::Problem;
  const auto code = [](Problem problem) {
    return failure_from(InspectError(problem, "no")).exit_code;
  };
  EXPECT_EQ(code(Problem::no_btf), ExitCode::no_btf);
  EXPECT_EQ(code(Problem::hidden_symbols), ExitCode::no_permission);
  EXPECT_EQ(code(Problem::no_permission), ExitCode::no_permission);
  EXPECT_EQ(code(Problem::lockdown), ExitCode::no_permission);
  EXPECT_EQ(code(Problem::bad_request), ExitCode::usage);
  EXPECT_EQ(code(Problem::malformed_btf), ExitCode::failed);
  EXPECT_EQ(code(Problem::no_address), ExitCode::failed);
  EXPECT_EQ(code(Problem::unsupported), ExitCode::failed);
  EXPECT_EQ(failure_from(InspectError(Problem::no_btf, "no", "boot another")).remedy,
            "boot another");
}

TEST(Failure, OfTheNamesOnlyTheClosestAreShown) {
  std::vector<std::string> names;
  names.reserve(50);
  for (int i = 0; i < 50; ++i) names.push_back("n" + std::to_string(i));
  const Failure failure{.message = "no", .remedy = {}, .names = names};
  EXPECT_EQ(render_failure(failure), "pcpu: no\n  closest: n0, n1, n2\n");
  EXPECT_EQ(document_of(failure).at("error").at("names").size(), 50U);
}

TEST(Failure, AsText) {
  const Failure failure{.exit_code = ExitCode::usage,
                        .message = "no counter is called 'x'",
                        .remedy = "look",
                        .names = {"a", "b"}};
  EXPECT_EQ(render_failure(failure),
            "pcpu: no counter is called 'x'\n  remedy: look\n  closest: a, b\n");
}

TEST(Failure, OfACommandIsItsStatus) {
  EXPECT_EQ(static_cast<int>(failure_from(CannotRunError("x", ENOENT)).exit_code), 127);
  EXPECT_EQ(static_cast<int>(failure_from(CannotRunError("x", EACCES)).exit_code), 126);
}

TEST(Failure, AsJson) {
  const Json document = document_of(Failure{
      .exit_code = ExitCode::no_device, .message = "gone", .remedy = "insmod", .names = {}});
  EXPECT_EQ(document.dump(), R"({"error":{"message":"gone","exit_code":4,"remedy":"insmod"}})");
}

TEST(ExitCodeTable, ListsEveryCode) {
  const std::string text = describe_exit_codes();
  for (const char* line :
       {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ", "\n  4  ", "\n  5  ", "128 + N"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace percpu_scope::cli
