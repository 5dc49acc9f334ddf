// SPDX-License-Identifier: GPL-2.0-only
//
// The form of all JSON, and where a session puts documents, notes and lists.
#include "cli/frame/document.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "cli/frame/session.hpp"

namespace percpu_scope::cli {
namespace {

struct Printed {
  std::string out;
  std::string err;
};

template <typename Print>
Printed print(bool json, Print print) {
  Session session;
  session.options().json = json;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  print(session);
  return {.out = testing::internal::GetCapturedStdout(),
          .err = testing::internal::GetCapturedStderr()};
}

std::string table(const Json& document, Numbers /*numbers*/) { return document.dump() + "!\n"; }

TEST(Document, HasSchemaAndNotes) {
  Json document{{"a", 1}};
  stamp(document, {"mind the gap"});
  EXPECT_EQ(document.dump(), R"({"schema":1,"a":1,"notes":["mind the gap"]})");
  // Shown again, as by watch: what is to be noted is of now.
  stamp(document, {});
  EXPECT_EQ(document.dump(), R"({"schema":1,"a":1,"notes":[]})");
}

TEST(Document, KeepsNotesOfItsOwn) {
  Json report{{"notes", {"one CPU"}}, {"verdict", "pass"}};
  stamp(report, {"more"});
  EXPECT_EQ(report.dump(), R"({"schema":1,"notes":["one CPU","more"],"verdict":"pass"})");
}

TEST(Document, IsNoBareList) {
  for (Json bare : {Json::array({1}), Json(1), Json()})
    EXPECT_THROW(stamp(bare, {}), std::logic_error);
}

TEST(Session, PrintsDocumentsStamped) {
  const auto work = [](const Session& session) {
    session.print(Json{{"a", 1}}, table, {"not all modules"});
  };
  const Printed json = print(true, work);
  EXPECT_EQ(json.out, R"({"schema":1,"a":1,"notes":["not all modules"]})"
                      "\n");
  EXPECT_EQ(json.err, "");
  const Printed text = print(false, work);
  EXPECT_EQ(text.out, "{\"a\":1}!\n");
  EXPECT_EQ(text.err, "note: not all modules\n");
}

TEST(Session, PrintsListsByName) {
  const auto work = [](const Session& session) {
    session.print_list("things", Json::array({1, 2}), table);
  };
  EXPECT_EQ(print(true, work).out, R"({"schema":1,"things":[1,2],"notes":[]})"
                                   "\n");
  EXPECT_EQ(print(false, work).out, "[1,2]!\n");
  const auto names = [](const Session& session) {
    print_names(session, std::vector<std::string>{"a"});
  };
  EXPECT_EQ(print(true, names).out, R"({"schema":1,"names":["a"],"notes":[]})"
                                    "\n");
  EXPECT_EQ(print(false, names).out, "a\n");
}

TEST(Session, PrintsErrorsStamped) {
  const auto work = [](const Session& session) {
    session.print_error({.exit_code = ExitCode::usage, .message = "no", .remedy = {}, .names = {}});
  };
  EXPECT_EQ(print(true, work).err,
            R"({"schema":1,"error":{"message":"no","exit_code":2},"notes":[]})"
            "\n");
}

}  // namespace
}  // namespace percpu_scope::cli
