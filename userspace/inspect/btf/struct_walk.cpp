// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/btf/struct_walk.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <optional>

#include "inspect/btf/members.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

// Structs within structs; sound BTF has a dozen, and no circle.
constexpr unsigned deepest = 64;

// Members that are looked at for one byte: unions within unions would double them at each
// level.
constexpr std::uint32_t most_members = 100'000;

// What a member is made of.
struct Element {
  TypeId type;
  std::uint64_t size;   // of one
  std::uint64_t count;  // 1 if it is no array
};

Element element_of(const Btf& btf, const Member& member) {
  const Elements elements = btf.elements_of(member.stripped);
  return {elements.type, elements.count == 0 ? 0 : member.size / elements.count, elements.count};
}

// What the walk makes of one member: an answer, a struct to go on in, or nothing.
enum class Step { refused, allowed, deeper, next };

struct LoadPlan {
  const Btf& btf;
  TypeId type;
  std::uint64_t offset;
  std::uint32_t size;

  Step member(const ::btf_type& parent, std::uint32_t index);
};

Step LoadPlan::member(const ::btf_type& parent, std::uint32_t index) {
  const Member member = member_at(btf, parent, index);
  std::uint64_t start = member.bit_offset / 8;
  if (offset + size <= start) return Step::refused;
  if (member.bit_size != 0) {
    const bool whole =
        offset <= start && (member.bit_offset + member.bit_size + 7) / 8 <= offset + size;
    return whole ? Step::allowed : Step::next;
  }
  // A hole in front of the member.
  if (offset < start) return Step::refused;
  const Element element = element_of(btf, member);
  const std::uint64_t end = start + element.size * element.count;
  if (offset >= end) return Step::next;
  start += (offset - start) / element.size * element.size;
  const ::btf_type& inner = btf.type(element.type);
  if (btf_is_composite(&inner)) {
    type = element.type;
    offset -= start;
    return Step::deeper;
  }
  if (btf_is_ptr(&inner))
    return size == element.size && offset == start ? Step::allowed : Step::refused;
  return offset + size <= end ? Step::allowed : Step::refused;
}

// Does any member have this byte? Unlike the walk, it looks at all of a union.
class Cover {
 public:
  explicit Cover(const Btf& btf) : btf_(btf) {}

  bool has(TypeId type, std::uint64_t offset) {
    if (depth_ == deepest) return true;
    const ::btf_type& parent = btf_.type(type);
    for (std::uint32_t i = 0; i < vlen_of(parent); ++i) {
      if (++looked_at_ > most_members) malformed("a struct that holds itself");
      const Member member = member_at(btf_, parent, i);
      const std::uint64_t start = member.bit_offset / 8;
      if (offset < start) continue;
      if (member.bit_size != 0) {
        if (offset < (member.bit_offset + member.bit_size + 7) / 8) return true;
        continue;
      }
      const Element element = element_of(btf_, member);
      if (offset >= start + member.size) continue;
      if (!btf_is_composite(&btf_.type(element.type))) return true;
      ++depth_;
      const bool covered = has(element.type, (offset - start) % element.size);
      --depth_;
      if (covered) return true;
    }
    return false;
  }

 private:
  const Btf& btf_;
  unsigned depth_ = 0;
  std::uint32_t looked_at_ = 0;
};

std::optional<std::uint32_t> widest_load(const Btf& btf, TypeId type, std::uint64_t offset,
                                         std::uint64_t end) {
  for (const std::uint32_t size : {8U, 4U, 2U, 1U})
    if (offset % size == 0 && offset + size <= end && may_load(btf, type, offset, size))
      return size;
  // A pointer in a packed struct.
  const auto pointer = static_cast<std::uint32_t>(btf.pointer_size());
  if (offset + pointer <= end && may_load(btf, type, offset, pointer)) return pointer;
  return std::nullopt;
}

}  // namespace

bool may_load(const Btf& btf, TypeId type, std::uint64_t offset, std::uint32_t size) {
  LoadPlan walk{btf, btf.strip(type), offset, size};
  for (unsigned depth = 0; depth < deepest; ++depth) {
    const ::btf_type& parent = btf.type(walk.type);
    if (walk.offset + size > parent.size) return false;
    Step step = Step::next;
    for (std::uint32_t i = 0; i < vlen_of(parent) && step == Step::next; ++i)
      step = walk.member(parent, i);
    if (step != Step::deeper) return step == Step::allowed;
  }
  return false;
}

Loads plan_loads(const Btf& btf, TypeId type, std::uint64_t begin, std::uint64_t end) {
  Loads plan;
  const TypeId whole = btf.strip(type);
  const bool is_struct = btf_is_composite(&btf.type(whole));
  const std::uint64_t size = btf.size_of(whole);
  // From whole words on, or a load might begin in the middle of a bit-field.
  std::uint64_t offset = begin / 8 * 8;
  const std::uint64_t last = std::min((end + 7) / 8 * 8, size);
  while (offset < last) {
    std::optional<std::uint32_t> width;
    if (is_struct) {
      width = widest_load(btf, whole, offset, size);
    } else {
      // Plain memory to the verifier.
      for (const std::uint32_t bytes : {8U, 4U, 2U, 1U})
        if (!width && offset % bytes == 0 && offset + bytes <= size) width = bytes;
    }
    if (width) plan.loads.push_back({static_cast<std::uint32_t>(offset), *width});
    if (!width && offset >= begin && offset < end && Cover(btf).has(whole, offset))
      ++plan.unreachable;
    offset += width.value_or(1);
  }
  return plan;
}

}  // namespace percpu_scope::inspect
