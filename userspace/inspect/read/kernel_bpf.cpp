// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/kernel_bpf.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <system_error>

#include "inspect/error.hpp"
#include "inspect/kernel/privileges.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::string_view become_root =
    "run it as root, or with CAP_BPF, CAP_PERFMON and CAP_SYSLOG";

// Where libbpf's words go: libbpf asks a plain function.
thread_local std::string* collector = nullptr;

int collect(libbpf_print_level level, const char* format, va_list arguments) {
  if (collector == nullptr || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  const std::size_t before = collector->size();
  collector->resize(before + static_cast<std::size_t>(length) + 1);
  (void)std::vsnprintf(collector->data() + before, static_cast<std::size_t>(length) + 1, format,
                       arguments);
  collector->pop_back();
  return length;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Both of how the verifier says it: up to 6.9, and since. libbpf, which finds that there
// is no bpf_probe_read_kernel(), asks for the older bpf_probe_read() instead.
bool misses_probe_read(std::string_view log) {
  return contains(log, "unknown func bpf_probe_read") ||
         contains(log, "program of this type cannot use helper bpf_probe_read");
}

[[noreturn]] void throw_without_probe_read() {
  const std::uint64_t mine = effective_capabilities().value_or(0);
  if (!has_capability(mine, CAP_PERFMON) && !has_capability(mine, CAP_SYS_ADMIN))
    throw InspectError(Problem::no_permission,
                       "reading kernel memory by BPF needs CAP_PERFMON, which this process lacks",
                       std::string(become_root));
  const std::string mode = lockdown_state(read_lockdown().value_or("")).value_or("");
  if (mode == "none" || mode == "integrity")
    throw InspectError(Problem::unsupported,
                       "this kernel gives BPF programs no bpf_probe_read_kernel, and lockdown (" +
                           mode + ") is not why",
                       "use --method typed where the command has it");
  throw InspectError(
      Problem::lockdown,
      "lockdown" + (mode.empty() ? std::string() : "=" + mode) +
          " forbids BPF programs to read kernel memory",
      "use --method typed where the command has it, or boot without lockdown=confidentiality");
}

// The last line that says something: what comes before is the program's text.
std::string last_words(std::string_view log) {
  std::string found;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    const bool noise = line.empty() || line.starts_with("processed ") ||
                       contains(line, "PROG LOAD LOG") || contains(line, "failed to load") ||
                       contains(line, "BPF program load failed");
    if (!noise) found = line;
  }
  return found;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  libbpf_set_print(collect);
  collector = &text_;
}

LibbpfLog::~LibbpfLog() { collector = nullptr; }

void throw_refused(int error, std::string_view doing, std::string_view log) {
  if (misses_probe_read(log)) throw_without_probe_read();
  const std::string what(doing);
  if (error == EPERM)
    throw InspectError(Problem::no_permission, what + ": the kernel refused bpf(2) to this process",
                       std::string(become_root));
  if (error == ENOSYS)
    throw InspectError(Problem::unsupported, what + ": this kernel has no bpf(2)",
                       "a kernel with CONFIG_BPF_SYSCALL");
  const std::string words = last_words(log);
  throw InspectError(Problem::unsupported, what + ": " + std::generic_category().message(error) +
                                               (words.empty() ? "" : " (" + words + ")"));
}

MappedMap::MappedMap(int map, std::size_t size, bool writable)
    : memory_(map_file(map, size, writable ? Sharing::shared_to_write : Sharing::shared_to_read)) {
  if (!memory_) throw_refused(errno, "mapping a BPF map", {});
}

std::uint32_t run_program(int program, std::span<const std::byte> context) {
  // ctx_out would be refused by 6.1, and is not needed: ctx_in is copied back.
  std::array<std::byte, 16> copy{};
  std::copy_n(context.begin(), std::min(context.size(), copy.size()), copy.begin());
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = copy.data();
  options.ctx_size_in = static_cast<__u32>(std::min(context.size(), copy.size()));
  const int status = bpf_prog_test_run_opts(program, &options);
  if (status != 0) throw_refused(-status, "running a BPF program", {});
  return options.retval;
}

}  // namespace percpu_scope::inspect
