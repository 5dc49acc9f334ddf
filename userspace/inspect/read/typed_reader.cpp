// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/typed_reader.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/error.hpp"
#include "inspect/kernel/addresses.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/typed_program.hpp"

namespace percpu_scope::inspect {
namespace {

// BTF objects of modules by name.
FileDescriptor open_module_btf(const std::string& module) {
  for (__u32 id = 0; bpf_btf_get_next_id(id, &id) == 0;) {
    FileDescriptor btf(bpf_btf_get_fd_by_id(id));
    if (!btf) continue;  // gone meanwhile
    std::array<char, 64> name{};
    bpf_btf_info info{};
    // NOLINTNEXTLINE: the ABI takes a pointer as a number.
    info.name = reinterpret_cast<std::uintptr_t>(name.data());
    info.name_len = name.size();
    __u32 length = sizeof(info);
    if (bpf_obj_get_info_by_fd(btf.number(), &info, &length) != 0) continue;
    if (info.kernel_btf != 0 && module == name.data()) return btf;
  }
  throw InspectError(errno == EPERM ? Problem::no_permission : Problem::no_btf,
                     errno == EPERM ? "the kernel shows BTF of modules to CAP_SYS_ADMIN alone"
                                    : "no module " + module + " with BTF is loaded",
                     errno == EPERM ? "run it as root" : "");
}

// One part of what is wanted: where in which program its bytes are.
struct Where {
  std::size_t program;
  std::size_t item;
  std::uint64_t skip;
};

class TypedReader final : public Reader {
 public:
  TypedReader(const Catalogue& catalogue, std::span<const Wanted> wanted,
              std::span<const std::uint32_t> cpus);

  [[nodiscard]] Method method() const override { return Method::typed; }
  void read() override;
  [[nodiscard]] Copy copy(std::size_t wanted, std::size_t cpu) const override;
  [[nodiscard]] std::string why_unread(std::size_t wanted) const override {
    return why_[wanted].empty() ? "the kernel did not run the program there" : why_[wanted];
  }

 private:
  // An item with its place in `wanted`.
  struct Job {
    std::size_t wanted;
    std::uint64_t skip;  // bytes of the item in front of what is wanted
    TypedItem item;
  };
  void load_module(const std::string& module, std::vector<Job> jobs);
  void load(int btf, std::span<const Job> jobs);
  void note(std::size_t wanted, const InspectError& error) {
    why_[wanted] = error.what();
    if (!trouble_) trouble_ = error;
  }

  std::vector<std::uint32_t> cpus_;
  std::vector<std::uint64_t> sizes_;         // of what is wanted
  std::vector<std::optional<Where>> where_;  // empty: cannot be read
  std::vector<std::string> why_;             // that is so
  std::vector<TypedProgram> programs_;
  std::vector<std::vector<bool>> read_;  // program × CPU
  std::optional<InspectError> trouble_;  // the first that kept something from being read
};

bool is_named_struct(const Variable& variable) {
  const TypeId struct_type = variable.btf->strip(variable.type);
  return struct_type != variable.type && btf_is_composite(&variable.btf->type(struct_type));
}

InspectError shared_name(const Variable& variable, const std::vector<std::string>& owners) {
  std::string list;
  for (const std::string& owner : owners) list += (list.empty() ? "" : ", ") + owner;
  return {Problem::unsupported,
          "the typed way finds " + variable.name +
              " by its name alone, which several symbols have (" + list + ")",
          "use the generic way of reading"};
}

// Is the symbol of each variable's name where BTF has the variable? The kernel takes what
// is called so, whatever it is. Where addresses are hidden nobody can tell.
std::vector<bool> are_in_place(const Catalogue& catalogue, std::span<const Wanted> wanted) {
  std::vector<const Variable*> variables;
  variables.reserve(wanted.size());
  for (const Wanted& part : wanted) variables.push_back(part.variable);
  std::vector<bool> in_place(wanted.size(), true);
  try {
    const Symbols symbols = Symbols::load(symbols_for(catalogue, variables));
    const auto addresses = addresses_of(catalogue, variables, symbols);
    for (std::size_t i = 0; i < wanted.size(); ++i) in_place[i] = addresses[i].has_value();
  } catch (const InspectError& error) {
    if (error.problem() != Problem::hidden_symbols) throw;
  }
  return in_place;
}

TypedReader::TypedReader(const Catalogue& catalogue, std::span<const Wanted> wanted,
                         std::span<const std::uint32_t> cpus)
    : cpus_(cpus.begin(), cpus.end()), where_(wanted.size()), why_(wanted.size()) {
  const std::vector<bool> in_place = are_in_place(catalogue, wanted);
  std::vector<std::string_view> names;
  names.reserve(wanted.size());
  for (const Wanted& part : wanted) names.emplace_back(part.variable->name);
  const Owners owners = owners_of(names);
  // By module, and apart if the type is only a typedef of a struct: the verifier looks
  // through that since 6.4, and before refuses all that is in one program with it.
  std::map<std::pair<std::string, bool>, std::vector<Job>> jobs;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Variable& variable = *wanted[i].variable;
    sizes_.push_back(wanted[i].size);
    const auto found = owners.find(variable.name);
    if (found == owners.end() || std::find(found->second.begin(), found->second.end(),
                                           variable.module) == found->second.end()) {
      note(i, {Problem::no_address,
               "/proc/kallsyms does not list " + variable.name + " of " + variable.module,
               "see that the module is loaded; the kernel needs CONFIG_KALLSYMS_ALL"});
      continue;
    }
    if (found->second.size() != 1) {
      note(i, shared_name(variable, found->second));
      continue;
    }
    if (!in_place[i]) {
      note(i, {Problem::no_address, "what /proc/kallsyms calls " + variable.name + " of " +
                                        variable.module + " does not lie where BTF has it"});
      continue;
    }
    const std::uint64_t end = wanted[i].offset + wanted[i].size;
    Loads plan = plan_loads(*variable.btf, variable.type, wanted[i].offset, end);
    if (plan.unreachable != 0) {
      note(i, {Problem::unsupported,
               "the typed way cannot reach " + std::to_string(plan.unreachable) + " bytes of " +
                   variable.name + ": its type hides them from BPF programs",
               "use the generic way of reading, or ask for single fields"});
      continue;
    }
    const std::uint64_t start = wanted[i].offset / 8 * 8;
    // A pointer in a packed struct may go on into the next word.
    const std::uint64_t room = (end - start + 15) / 8 * 8;
    jobs[{variable.module, is_named_struct(variable)}].push_back(
        {i, wanted[i].offset - start, {variable.var, std::move(plan.loads), start, room}});
  }
  for (auto& [where, list] : jobs) load_module(where.first, std::move(list));
  read_.assign(programs_.size(), std::vector<bool>(cpus_.size(), false));
  if (programs_.empty() && trouble_) throw InspectError(*trouble_);
}

void TypedReader::load_module(const std::string& module, std::vector<Job> jobs) {
  FileDescriptor btf;
  try {
    if (module != kernel_name) btf = open_module_btf(module);
  } catch (const InspectError& error) {
    // The kernel's own variables can be read all the same.
    for (const Job& job : jobs) note(job.wanted, error);
    return;
  }
  const int number = btf ? btf.number() : 0;
  std::span<const Job> left(jobs);
  while (!left.empty()) {
    // As many as one program takes, and at least one.
    std::size_t count = 0;
    std::size_t loads = 0;
    std::uint64_t room = 0;
    do {
      loads += left[count].item.loads.size();
      room += left[count].item.room;
      ++count;
    } while (count < left.size() && loads + left[count].item.loads.size() <= typed_loads_limit &&
             room + left[count].item.room <= typed_room_limit);
    load(number, left.first(count));
    left = left.subspan(count);
  }
}

// What the verifier refuses is halved until it is known which variable it is for.
void TypedReader::load(int btf, std::span<const Job> jobs) {
  std::vector<TypedItem> items;
  for (const Job& job : jobs) items.push_back(job.item);
  try {
    programs_.emplace_back(btf, items, cpus_.size());
  } catch (const InspectError& error) {
    if (error.problem() != Problem::unsupported) throw;
    if (jobs.size() == 1) {
      note(jobs.front().wanted, error);
      return;
    }
    load(btf, jobs.first(jobs.size() / 2));
    load(btf, jobs.subspan(jobs.size() / 2));
    return;
  }
  for (std::size_t i = 0; i < jobs.size(); ++i)
    where_[jobs[i].wanted] = Where{programs_.size() - 1, i, jobs[i].skip};
}

void TypedReader::read() {
  for (std::size_t program = 0; program < programs_.size(); ++program)
    for (std::size_t slot = 0; slot < cpus_.size(); ++slot)
      read_[program][slot] = programs_[program].read(cpus_[slot], static_cast<std::uint32_t>(slot));
}

Copy TypedReader::copy(std::size_t wanted, std::size_t cpu) const {
  const std::optional<Where>& where = where_.at(wanted);
  if (!where) return {};
  return {programs_[where->program].bytes(where->item, cpu).subspan(where->skip, sizes_[wanted]),
          read_[where->program][cpu]};
}

}  // namespace

std::unique_ptr<Reader> make_typed_reader(const Catalogue& catalogue,
                                          std::span<const Wanted> wanted,
                                          std::span<const std::uint32_t> cpus) {
  return std::make_unique<TypedReader>(catalogue, wanted, cpus);
}

}  // namespace percpu_scope::inspect
