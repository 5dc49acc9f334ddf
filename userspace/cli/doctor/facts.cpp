// SPDX-License-Identifier: GPL-2.0-only
//
// Finding out: each thing is tried, not guessed from versions.
#include "cli/doctor/facts.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>

#include "cli/frame/exit_code.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/loaded_modules.hpp"
#include "inspect/kernel/privileges.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/reader.hpp"
#include "percpu_scope/debugfs.hpp"
#include "percpu_scope/device.hpp"

namespace percpu_scope::cli {
namespace {

std::vector<std::string> modules_without_btf(const inspect::Catalogue& catalogue,
                                             std::span<const std::string> broken) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/module", ignored)) {
    const std::string name = entry.path().filename().string();
    if (catalogue.btf_of(name) == nullptr &&
        std::find(broken.begin(), broken.end(), name) == broken.end() &&
        inspect::is_module_loaded(name))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Without the end of the line.
std::optional<std::string> read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::uint64_t> read_number(const std::string& path) {
  const std::optional<std::string> line = read_line(path);
  if (!line) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = line->data() + line->size();
  const auto [stopped, error] = std::from_chars(line->data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

// `call` returns what to tell of success.
template <typename Call>
Attempt attempt(Call call) {
  try {
    return {.works = true, .detail = call(), .remedy = {}};
  } catch (const std::exception& error) {
    const Failure failure = failure_from(error);
    return {.works = false, .detail = failure.message, .remedy = failure.remedy};
  }
}

// One small variable that every kernel has, or the first that there is.
const inspect::Variable& sample_of(const inspect::Catalogue& catalogue) {
  const std::span<const inspect::Variable> variables = catalogue.variables();
  const auto named =
      std::find_if(variables.begin(), variables.end(), [](const inspect::Variable& variable) {
        return variable.name == "cpu_number" && variable.module == inspect::kernel_name;
      });
  if (named != variables.end()) return *named;
  const auto small =
      std::find_if(variables.begin(), variables.end(), [](const inspect::Variable& variable) {
        return variable.size > 0 && variable.size <= sizeof(std::uint64_t);
      });
  if (small == variables.end())
    throw inspect::InspectError(inspect::Problem::unsupported,
                                "the kernel's BTF lists no per-CPU variable to try");
  return *small;
}

std::string try_reading(const inspect::Catalogue& catalogue, inspect::Method method) {
  const inspect::Variable& variable = sample_of(catalogue);
  const std::array wanted{
      inspect::Wanted{.variable = &variable, .offset = 0, .size = variable.size}};
  const std::vector<std::uint32_t> cpus = inspect::possible_cpus();
  const auto reader = inspect::make_reader(catalogue, wanted, cpus, method);
  reader->read();
  for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu)
    if (!reader->copy(0, cpu).read)
      throw inspect::InspectError(
          inspect::Problem::unsupported,
          fmt::format("{} of CPU {} could not be read", variable.name, cpus[cpu]));
  return fmt::format("{} of {} CPUs", variable.name, cpus.size());
}

std::string try_symbols() {
  const std::array wanted{inspect::SymbolName{std::string(inspect::kernel_name), "__per_cpu_end"}};
  if (!inspect::Symbols::load(wanted).find(wanted[0]))
    throw inspect::InspectError(inspect::Problem::no_address, "lists no variables",
                                "a kernel with CONFIG_KALLSYMS_ALL");
  return "shows addresses of variables";
}

std::optional<bool> kprobes_enabled() {
  const std::optional<std::string> enabled = read_line("/sys/kernel/debug/kprobes/enabled");
  if (enabled) return *enabled == "1";
  // Without debugfs: perf has a source for them where they are built in.
  if (std::ifstream("/sys/bus/event_source/devices/kprobe/type")) return true;
  return std::nullopt;
}

void inspect_kernel(DoctorFacts& facts) {
  std::optional<inspect::Catalogue> catalogue;
  facts.kernel_btf = attempt([&catalogue] {
    catalogue = inspect::Catalogue::load();
    catalogue->require_variables();
    return fmt::format("{} variables", catalogue->variables().size());
  });
  facts.kallsyms = attempt(try_symbols);
  if (!catalogue) {
    const Attempt without_btf{
        .works = false, .detail = "needs the kernel's BTF", .remedy = facts.kernel_btf.remedy};
    facts.generic = without_btf;
    facts.typed = without_btf;
    return;
  }
  for (const inspect::Catalogue::Failure& failure : catalogue->failures())
    facts.broken_btf.push_back(failure.module);
  facts.no_btf = modules_without_btf(*catalogue, facts.broken_btf);
  facts.generic = attempt([&] { return try_reading(*catalogue, inspect::Method::generic); });
  facts.typed = attempt([&] { return try_reading(*catalogue, inspect::Method::typed); });
}

}  // namespace

DoctorFacts gather_doctor_facts(const std::string& device_path) {
  DoctorFacts facts;
  utsname system{};
  if (::uname(&system) == 0) facts.kernel = system.release;
  facts.device = attempt([&] {
    const Device device(Access::read_only, device_path);
    return fmt::format("{}, ABI version {}", device_path, device.info().abi_version);
  });
  facts.debugfs = attempt([] {
    const std::size_t counters = Debugfs().counters().size();
    return fmt::format("{}, {} fields of counters", default_debugfs_path, counters);
  });
  facts.kptr_restrict = read_number("/proc/sys/kernel/kptr_restrict");
  facts.unprivileged_bpf_disabled = read_number("/proc/sys/kernel/unprivileged_bpf_disabled");
  facts.capabilities = inspect::effective_capabilities();
  facts.lockdown = inspect::read_lockdown();
  facts.kprobes = kprobes_enabled();
  inspect_kernel(facts);
  return facts;
}

}  // namespace percpu_scope::cli
