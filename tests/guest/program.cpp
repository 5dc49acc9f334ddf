// SPDX-License-Identifier: GPL-2.0-only
//
// Children and their output.
#include "program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "percpu_scope/file_descriptor.hpp"
#include "support.hpp"

namespace percpu_scope::guest {
namespace {

std::string content_of(const FileDescriptor& file) {
  return read_file("/proc/self/fd/" + std::to_string(file.number()));
}

}  // namespace

Outcome run(std::vector<std::string> words, const std::function<void()>& before) {
  words.insert(words.begin(), "pcpu");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const FileDescriptor out(::memfd_create("out", MFD_CLOEXEC));
  const FileDescriptor err(::memfd_create("err", MFD_CLOEXEC));
  const pid_t child = ::fork();
  if (child == 0) {
    if (before) before();
    ::dup2(out.number(), STDOUT_FILENO);
    ::dup2(err.number(), STDERR_FILENO);
    ::execv(program, arguments.data());
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    throw std::system_error(errno, std::generic_category(), "running pcpu");
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = content_of(out),
          .err = content_of(err)};
}

nlohmann::json parsed(const std::string& text) {
  nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << text;
  return document;
}

}  // namespace percpu_scope::guest
