// SPDX-License-Identifier: GPL-2.0-only
//
// Children and their output.
#include "support/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "support/support.hpp"

namespace percpu_scope::guest {
namespace {

std::string content_of(const FileDescriptor& file) {
  return read_file("/proc/self/fd/" + std::to_string(file.number()));
}

}  // namespace

Ended run(std::vector<std::string> words, const std::function<void()>& before) {
  return Running(std::move(words), before).wait();
}

Running::Running(std::vector<std::string> words, const std::function<void()>& before)
    : out_(::memfd_create("out", MFD_CLOEXEC)), err_(::memfd_create("err", MFD_CLOEXEC)) {
  words.insert(words.begin(), "pcpu");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  child_ = ::fork();
  if (child_ == 0) {
    if (before) before();
    ::dup2(out_.number(), STDOUT_FILENO);
    ::dup2(err_.number(), STDERR_FILENO);
    ::execv(program, arguments.data());
    ::_exit(127);
  }
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "running pcpu");
}

Running::~Running() {
  if (child_ <= 0) return;
  (void)::kill(child_, SIGKILL);
  (void)::waitpid(child_, nullptr, 0);
}

void Running::signal(int number) const { EXPECT_EQ(::kill(child_, number), 0); }

std::string Running::out() const { return content_of(out_); }

Ended Running::wait() {
  int status = 0;
  if (::waitpid(child_, &status, 0) != child_)
    throw std::system_error(errno, std::generic_category(), "waiting for pcpu");
  child_ = -1;
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = content_of(out_),
          .err = content_of(err_)};
}

nlohmann::json parsed(const std::string& text) {
  nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << text;
  return document;
}

}  // namespace percpu_scope::guest
