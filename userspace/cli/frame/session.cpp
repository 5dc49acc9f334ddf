// SPDX-License-Identifier: GPL-2.0-only
//
// Output, progress and interrupts of the program.
#include "cli/frame/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace percpu_scope::cli {
namespace {

// The one thing a signal handler may touch.
volatile std::sig_atomic_t interrupt_seen = 0;  // NOLINT(*-non-const-global-variables)

extern "C" void note_interrupt(int) { interrupt_seen = 1; }

// One line per document, whatever a counter or kernel is called.
std::string dump(const Json& document, Format format) {
  return document.dump(format == Format::pretty_json ? 2 : -1, ' ', false,
                       Json::error_handler_t::replace) +
         '\n';
}

}  // namespace

Format Session::format() const {
  if (options_.pretty) return Format::pretty_json;
  return options_.json ? Format::json : Format::text;
}

Numbers Session::numbers() const { return options_.human ? Numbers::human : Numbers::exact; }

void Session::print(const Json& document, const Renderer& render) const {
  print_text(format() == Format::text ? render(document, numbers()) : dump(document, format()));
}

void Session::print_text(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw OutputError();
}

void Session::print_error(const Failure& failure) const {
  const std::string text =
      format() == Format::text ? render_failure(failure) : dump(document_of(failure), format());
  // Where stderr is gone, too, only the exit code is left to tell.
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

void Session::print_note(std::string_view text) const {
  if (format() != Format::text) return;
  const std::string line = fmt::format("note: {}\n", text);
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

ProgressLine::ProgressLine(std::string label)
    : label_(std::move(label)), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() const {
  if (terminal_) (void)std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(std::uint64_t done, std::uint64_t wanted) const {
  if (wanted == 0) return;
  show(fmt::format("{:3.0f} %", static_cast<double>(done) / static_cast<double>(wanted) * 100));
}

void ProgressLine::show(std::string_view what) const {
  if (!terminal_) return;
  const std::string line = fmt::format("\r\033[K{} {}", label_, what);
  (void)std::fputs(line.c_str(), stderr);
}

void catch_interrupts(SecondSignal second) {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  // Not SA_RESTART: a sleep must end.
  if (second == SecondSignal::kills) action.sa_flags = static_cast<int>(SA_RESETHAND);
  (void)::sigaction(SIGINT, &action, nullptr);
  (void)::sigaction(SIGTERM, &action, nullptr);
  if (second == SecondSignal::ignored) (void)::sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() { return interrupt_seen != 0; }

ExitCode print_list(const Session& session, const std::vector<std::string>& names) {
  session.print(Json(names), [](const Json& list, Numbers /*numbers*/) {
    std::string text;
    for (const Json& name : list) text += name.get<std::string>() + '\n';
    return text;
  });
  return ExitCode::ok;
}

}  // namespace percpu_scope::cli
