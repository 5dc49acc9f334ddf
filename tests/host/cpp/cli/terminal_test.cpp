// SPDX-License-Identifier: GPL-2.0-only
//
// What fits a window, and what really comes out of a terminal's other end.
#include "cli/frame/terminal.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"

namespace percpu_scope::cli {
namespace {

constexpr Window small{.columns = 20, .rows = 5};

TEST(Window, CutsALine) {
  EXPECT_EQ(fit_line("short", small), "short");
  EXPECT_EQ(fit_line("1234567890123456789", small), "1234567890123456789");
  EXPECT_EQ(fit_line("12345678901234567890", small), "1234567890123456789");
  // Not in the midst of a character.
  EXPECT_EQ(fit_line("123456789012345678\u00b5\u00b5", small), "123456789012345678\u00b5");
}

TEST(Window, ShowsTheHeadOfATextAndTellsOfTheRest) {
  EXPECT_EQ(fit_lines("1\n2\n3\n4\n", small), "1\n2\n3\n4\n");
  EXPECT_EQ(fit_lines("1\n2\n3\n4\n5\n", small), "1\n2\n3\n... 2 more lines\n");
  // A line of 41 characters takes three rows.
  const std::string wide(41, 'x');
  EXPECT_EQ(fit_lines(wide + "\n2\n", small), wide + "\n2\n");
  EXPECT_EQ(fit_lines(wide + "\n2\n3\n", small), wide + "\n... 2 more lines\n");
  EXPECT_EQ(fit_lines(wide + wide + "\n", small), "... 1 more lines\n");
}

// What `work` writes in a process of its own with a terminal of this kind and size.
std::string output_on_terminal(const char* kind, Window window, const std::function<void()>& work) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(window.columns);
  size.ws_row = static_cast<unsigned short>(window.rows);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    (void)::setenv("TERM", kind, 1);  // NOLINT(concurrency-mt-unsafe): it has one thread
    work();
    (void)std::fflush(nullptr);
    ::_exit(0);
  }
  std::string output;
  std::array<char, 4096> buffer{};
  // The end of a terminal is EIO.
  for (ssize_t got = 0; (got = ::read(terminal, buffer.data(), buffer.size())) > 0;)
    output.append(buffer.data(), static_cast<std::size_t>(got));
  (void)::close(terminal);
  (void)::waitpid(child, nullptr, 0);
  return output;
}

void show_progress() {
  const ProgressLine line("torture");
  line.show(std::string(200, 'x'));
}

TEST(Progress, IsNeverMoreThanALine) {
  const std::string output =
      output_on_terminal("xterm", {.columns = 80, .rows = 24}, show_progress);
  EXPECT_EQ(std::count(output.begin(), output.end(), 'x'), 79 - 8) << "behind \"torture \"";
  EXPECT_EQ(output.find('\n'), std::string::npos);
}

TEST(Progress, IsNoneWhereACursorDoesNotMove) {
  for (const char* const kind : {"dumb", ""})
    EXPECT_EQ(output_on_terminal(kind, {}, show_progress), "") << kind;
}

void show_long_table() {
  Session session;
  Json document = Json::object();
  for (int look = 0; look < 2; ++look)
    session.print_look(document, [](const Json& /*document*/, Numbers /*numbers*/) {
      std::string text = "head\n";
      for (int row = 1; row < 1000; ++row) text += std::to_string(row) + '\n';
      return text;
    });
}

TEST(Look, LeavesItsHeadOnTheScreen) {
  const std::string output =
      output_on_terminal("xterm", {.columns = 80, .rows = 24}, show_long_table);
  const std::string cleared = "\033[H\033[Jhead\r\n";
  EXPECT_TRUE(output.starts_with(cleared)) << output;
  EXPECT_NE(output.find(cleared, 1), std::string::npos) << "the second look clears the first";
  // Twice 23 lines: the last row is the cursor's.
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 46);
  EXPECT_TRUE(output.ends_with("... 978 more lines\r\n")) << output;
}

TEST(Look, IsWholeWhereItStays) {
  const std::string output =
      output_on_terminal("dumb", {.columns = 80, .rows = 24}, show_long_table);
  EXPECT_EQ(output.find('\033'), std::string::npos);
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 2000);
}

}  // namespace
}  // namespace percpu_scope::cli
