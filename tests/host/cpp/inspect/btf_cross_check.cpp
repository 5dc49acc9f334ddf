// SPDX-License-Identifier: GPL-2.0-only
#include "btf_cross_check.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

#include "inspect/btf/btf.hpp"
#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

struct FreeBtf {
  void operator()(::btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<::btf, FreeBtf>;

constexpr std::size_t most_differences = 10;
// Looking for a name is a walk through all types.
constexpr inspect::TypeId named_step = 397;

Types checked(::btf* types, const std::string& path) {
  if (types == nullptr) throw std::system_error(errno, std::generic_category(), "libbpf: " + path);
  return Types(types);
}

class Comparison {
 public:
  Comparison(const inspect::Btf& ours, const ::btf* theirs) : ours_(ours), theirs_(theirs) {}

  CrossCheck run() {
    expect(ours_.end_id() == btf__type_cnt(theirs_), ours_.end_id(), "number of types");
    expect(ours_.pointer_size() == btf__pointer_size(theirs_), 0, "size of a pointer");
    const inspect::TypeId end = std::min<inspect::TypeId>(ours_.end_id(), btf__type_cnt(theirs_));
    for (inspect::TypeId id = ours_.first_id(); id < end; ++id) compare(id);
    // libbpf looks into a module's base first.
    if (ours_.first_id() == 1)
      for (inspect::TypeId id = 1; id < end; id += named_step) find(id);
    return std::move(result_);
  }

 private:
  void expect(bool holds, inspect::TypeId id, const char* what) {
    if (holds || ++differences_ > most_differences) return;
    result_.differences += "type " + std::to_string(id) + ": " + what + '\n';
  }

  void compare(inspect::TypeId id) {
    ++result_.types;
    const ::btf_type& our = ours_.type(id);
    const ::btf_type& their = *btf__type_by_id(theirs_, id);
    expect(our.info == their.info && our.size == their.size, id, "its head");
    expect(inspect::kind_of(our) == btf_kind(&their), id, "its kind");
    const char* const name = btf__name_by_offset(theirs_, their.name_off);
    expect(name != nullptr && ours_.name(our) == name, id, "its name");
    const bool is_section =
        std::binary_search(ours_.sections().begin(), ours_.sections().end(), id);
    expect(is_section == btf_is_datasec(&their), id, "is it a section?");
    if (!ours_.has_size(id)) return;
    const auto size = btf__resolve_size(theirs_, id);
    expect(size >= 0 && ours_.size_of(id) == static_cast<std::uint64_t>(size), id, "its size");
    ++result_.sizes;
  }

  void find(inspect::TypeId id) {
    const ::btf_type& type = *btf__type_by_id(theirs_, id);
    if (!btf_is_struct(&type) || type.name_off == 0) return;
    const std::string name = btf__name_by_offset(theirs_, type.name_off);
    const auto theirs = btf__find_by_name_kind(theirs_, name.c_str(), BTF_KIND_STRUCT);
    try {
      expect(static_cast<int>(ours_.find("struct " + name)) == theirs, id, "what has its name");
      ++result_.found;
    } catch (const inspect::InspectError&) {
      // Several, which differ: libbpf takes the first.
    }
  }

  const inspect::Btf& ours_;
  const ::btf* theirs_;
  CrossCheck result_;
  std::size_t differences_ = 0;
};

}  // namespace

CrossCheck cross_check(const std::string& path, const std::string& base) {
  Types their_base;
  std::optional<inspect::Btf> our_base;
  if (!base.empty()) {
    their_base = checked(btf__parse(base.c_str(), nullptr), base);
    our_base = inspect::Btf::load(base);
  }
  const Types theirs = checked(btf__parse_split(path.c_str(), their_base.get()), path);
  const inspect::Btf ours = inspect::Btf::load(path, our_base ? &*our_base : nullptr);
  return Comparison(ours, theirs.get()).run();
}

}  // namespace percpu_scope
