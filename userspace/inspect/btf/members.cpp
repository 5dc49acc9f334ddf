// SPDX-License-Identifier: GPL-2.0-only
//
// Members of structs and unions.
#include "inspect/btf/members.hpp"

#include <bpf/btf.h>

#include <string>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

[[noreturn]] void refuse_member(const Btf& btf, const ::btf_type& aggregate,
                                std::string_view member, const char* why) {
  malformed("member '" + std::string(member) + "' of '" + std::string(btf.name(aggregate)) + "' " +
            why);
}

}  // namespace

Member member_at(const Btf& btf, const ::btf_type& aggregate, std::uint32_t index) {
  const struct btf_member& raw = btf_members(&aggregate)[index];
  Member member;
  member.name = btf.name_at(raw.name_off);
  member.type = raw.type;
  member.stripped = btf.strip(raw.type);
  // Where one of an unknown kind ends, nobody knows; it begins where it says.
  member.size = btf.unknown_kind(member.stripped) ? 0 : btf.size_of(member.stripped);

  const ::btf_type& type = btf.type(member.stripped);
  const bool is_int = btf_kind(&type) == BTF_KIND_INT;
  if (btf_kflag(&aggregate)) {
    member.bit_offset = BTF_MEMBER_BIT_OFFSET(raw.offset);
    member.bit_size = BTF_MEMBER_BITFIELD_SIZE(raw.offset);
  } else {
    member.bit_offset = raw.offset;
    // The older form: an integer type of so many bits, made for this member.
    if (is_int && (btf_int_bits(&type) != member.size * 8 || btf_int_offset(&type) != 0)) {
      member.bit_offset += btf_int_offset(&type);
      member.bit_size = btf_int_bits(&type);
    }
  }

  if (member.bit_size != 0) {
    if (!is_int && !btf_is_any_enum(&type))
      refuse_member(btf, aggregate, member.name, "is a bit-field of no integer");
    if (member.bit_size > member.size * 8 || member.bit_size > 64)
      refuse_member(btf, aggregate, member.name, "has more bits than its type");
  } else if (member.bit_offset % 8 != 0) {
    refuse_member(btf, aggregate, member.name, "begins within a byte");
  }
  const std::uint64_t room = std::uint64_t{aggregate.size} * 8;
  // No multiplication that could wrap.
  if (member.bit_offset > room ||
      (member.bit_size != 0 ? member.bit_size > room - member.bit_offset
                            : member.size > (room - member.bit_offset) / 8))
    refuse_member(btf, aggregate, member.name, "lies outside of it");
  return member;
}

}  // namespace percpu_scope::inspect
