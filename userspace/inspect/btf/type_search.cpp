// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/btf/type_search.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "inspect/btf/spelling.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/closest_names.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::inspect {
namespace {

// "const struct foo *[4]", taken apart.
struct Spelling {
  std::string_view keyword;  // struct, union, enum or nothing
  std::string name;
  bool is_const = false;
  bool is_volatile = false;
  // From the inside out: nothing for '*', or the length of an array.
  std::vector<std::optional<std::uint32_t>> layers;
};

std::optional<Spelling> parse_spelling(std::string_view text) {
  Spelling spelling;
  const std::size_t end = std::min(text.find_first_of("*["), text.size());
  std::vector<std::string_view> words = words_of(text.substr(0, end));
  std::erase_if(words, [&](std::string_view word) {
    if (word == "const") spelling.is_const = true;
    if (word == "volatile") spelling.is_volatile = true;
    return word == "const" || word == "volatile";
  });
  if (words.empty()) return std::nullopt;
  if (words[0] == "struct" || words[0] == "union" || words[0] == "enum") {
    if (words.size() != 2) return std::nullopt;
    spelling.keyword = words[0];
    spelling.name = words[1];
  } else {
    spelling.name = canonical(words);
  }

  std::string_view rest = text.substr(end);
  std::vector<std::optional<std::uint32_t>> lengths;
  while (!rest.empty()) {
    if (rest.front() == ' ') {
      rest.remove_prefix(1);
    } else if (rest.front() == '*' && lengths.empty()) {
      spelling.layers.emplace_back();
      rest.remove_prefix(1);
    } else if (rest.front() == '[') {
      std::uint32_t length = 0;
      const char* const limit = rest.data() + rest.size();
      const auto [stopped, error] = std::from_chars(rest.data() + 1, limit, length);
      if (error != std::errc() || stopped == limit || *stopped != ']') return std::nullopt;
      lengths.emplace_back(length);
      rest.remove_prefix(static_cast<std::size_t>(stopped + 1 - rest.data()));
    } else {
      return std::nullopt;
    }
  }
  // The last pair of brackets is the innermost array.
  spelling.layers.insert(spelling.layers.end(), lengths.rbegin(), lengths.rend());
  return spelling;
}

bool is_called(const Btf& btf, const ::btf_type& type, const Spelling& spelling) {
  switch (btf_kind(&type)) {
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FWD:
      return keyword(type) == spelling.keyword && btf.name(type) == spelling.name;
    case BTF_KIND_INT:
      return spelling.keyword.empty() && canonical(words_of(btf.name(type))) == spelling.name;
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_FLOAT:
      return spelling.keyword.empty() && btf.name(type) == spelling.name;
    default:
      return false;
  }
}

// All types of which `is_one(type)` holds; ascending.
template <typename Predicate>
std::vector<TypeId> all_types(const Btf& btf, Predicate is_one) {
  std::vector<TypeId> ids;
  for (TypeId id = 1; id < btf.end_id(); ++id)
    if (is_one(btf.type(id))) ids.push_back(id);
  return ids;
}

bool contains(const std::vector<TypeId>& ids, TypeId id) {
  return std::binary_search(ids.begin(), ids.end(), id);
}

// Tags are not spelled, so they do not tell types apart either.
TypeId below_tags(const Btf& btf, TypeId id) {
  for (int layer = 0; layer < most_layers && btf_is_type_tag(&btf.type(id)); ++layer)
    id = btf.type(id).type;
  return id;
}

std::vector<TypeId> qualified(const Btf& btf, const std::vector<TypeId>& inner, unsigned kind) {
  return all_types(btf, [&](const ::btf_type& type) {
    return btf_kind(&type) == kind && contains(inner, below_tags(btf, type.type));
  });
}

std::vector<TypeId> find_all(const Btf& btf, const Spelling& spelling) {
  std::vector<TypeId> ids{0};
  if (spelling.name != "void" || !spelling.keyword.empty())
    ids = all_types(btf, [&](const ::btf_type& type) { return is_called(btf, type, spelling); });
  if (spelling.is_volatile) ids = qualified(btf, ids, BTF_KIND_VOLATILE);
  if (spelling.is_const) ids = qualified(btf, ids, BTF_KIND_CONST);
  for (const std::optional<std::uint32_t>& length : spelling.layers) {
    if (!length) {
      ids = qualified(btf, ids, BTF_KIND_PTR);
      continue;
    }
    ids = all_types(btf, [&](const ::btf_type& type) {
      return btf_kind(&type) == BTF_KIND_ARRAY && btf_array(&type)->nelems == *length &&
             contains(ids, below_tags(btf, btf_array(&type)->type));
    });
  }
  // Of a struct that is only announced nothing can be read.
  std::erase_if(ids, [&](TypeId id) { return btf_is_fwd(&btf.type(id)); });
  return ids;
}

// Those that may have been meant: all names of a kernel are too many to compare.
std::vector<std::string> similar(const Btf& btf, const Spelling& spelling) {
  constexpr std::size_t enough = 200;
  std::vector<std::string> names;
  for (TypeId id = 1; id < btf.end_id() && names.size() < enough; ++id) {
    const ::btf_type& type = btf.type(id);
    const auto kind = btf_kind(&type);
    if (keyword(type).empty() && kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_INT) continue;
    if (kind == BTF_KIND_FWD) continue;
    const std::string_view name = btf.name(type);
    const bool same_name = name == spelling.name;
    const bool near =
        !name.empty() && name.size() + 2 >= spelling.name.size() &&
        name.size() <= spelling.name.size() + 2 &&
        (name.front() == spelling.name.front() || name.back() == spelling.name.back());
    const bool longer =
        spelling.name.size() >= 4 && name.find(spelling.name) != std::string_view::npos;
    if (same_name || near || longer) names.push_back(btf.spell(id));
  }
  return names;
}

std::uint64_t size_or_0(const Btf& btf, TypeId id) {
  return btf.has_size(id) ? btf.size_of(id) : 0;
}

// Do both lie alike in memory, member by member? Of the same name they may not: a struct
// of two files of the kernel.
bool are_alike(const Btf& btf, TypeId left_id, TypeId right_id) {
  left_id = btf.strip(left_id);
  right_id = btf.strip(right_id);
  const ::btf_type& left = btf.type(left_id);
  const ::btf_type& right = btf.type(right_id);
  if (left_id == right_id) return true;
  if (left.info != right.info || size_or_0(btf, left_id) != size_or_0(btf, right_id)) return false;
  const auto kind = btf_kind(&left);
  const auto same = [](const auto* lefts, const auto* rights, std::uint32_t count, auto equal) {
    return std::equal(lefts, lefts + count, rights, equal);
  };
  if (btf_is_composite(&left))
    return same(btf_members(&left), btf_members(&right), vlen_of(left),
                [&](const btf_member& one, const btf_member& other) {
                  return one.offset == other.offset &&
                         btf.name_at(one.name_off) == btf.name_at(other.name_off) &&
                         size_or_0(btf, one.type) == size_or_0(btf, other.type);
                });
  if (kind == BTF_KIND_ENUM)
    return same(btf_enum(&left), btf_enum(&right), vlen_of(left),
                [&](const struct btf_enum& one, const struct btf_enum& other) {
                  return one.val == other.val &&
                         btf.name_at(one.name_off) == btf.name_at(other.name_off);
                });
  if (kind == BTF_KIND_ENUM64)
    return same(btf_enum64(&left), btf_enum64(&right), vlen_of(left),
                [&](const struct btf_enum64& one, const struct btf_enum64& other) {
                  return one.val_lo32 == other.val_lo32 && one.val_hi32 == other.val_hi32 &&
                         btf.name_at(one.name_off) == btf.name_at(other.name_off);
                });
  if (kind == BTF_KIND_ARRAY)
    return btf_array(&left)->nelems == btf_array(&right)->nelems &&
           are_alike(btf, btf_array(&left)->type, btf_array(&right)->type);
  return btf.spell(left_id) == btf.spell(right_id);
}

[[noreturn]] void refuse_ambiguous(const Btf& btf, std::string_view spelling,
                                   std::span<const TypeId> ids) {
  std::string choices;
  for (const TypeId id : ids) {
    choices += (choices.empty() ? "'#" : ", '#") + std::to_string(id) + "' (" +
               std::to_string(size_or_0(btf, id)) + " bytes)";
  }
  throw InspectError(Problem::bad_request,
                     "BTF has different types called '" + std::string(spelling) + "'",
                     "say which by its number: " + choices);
}

// "#12", as bpftool btf dump numbers them.
TypeId numbered(const Btf& btf, std::string_view text) {
  TypeId id = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 1, end, id);
  if (error != std::errc() || stopped != end || id >= btf.end_id())
    throw UnknownNameError("type", text, {});
  if (!btf.has_size(id))
    throw InspectError(Problem::bad_request, "number " + std::string(text.substr(1)) +
                                                 " of this BTF is no type with a size");
  return id;
}

}  // namespace

TypeId find_type(const Btf& btf, std::string_view spelling) {
  if (spelling.starts_with('#')) return numbered(btf, spelling);
  const std::optional<Spelling> parsed = parse_spelling(spelling);
  if (!parsed) throw UnknownNameError("type", spelling, {});
  const std::vector<TypeId> all = find_all(btf, *parsed);
  if (all.empty())
    throw UnknownNameError("type", spelling,
                           closest_names(spelling, similar(btf, *parsed), few_names));
  // A module's own before the kernel's.
  const auto own = std::lower_bound(all.begin(), all.end(), btf.first_id());
  const std::span ids(own != all.end() ? own : all.begin(), all.end());
  if (!std::all_of(ids.begin(), ids.end(),
                   [&](TypeId id) { return are_alike(btf, ids.front(), id); }))
    refuse_ambiguous(btf, spelling, ids);
  return ids.front();
}

std::optional<TypeId> find_variable(const Btf& btf, std::string_view name) {
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    const ::btf_type& type = btf.type(id);
    if (btf_is_var(&type) && btf.name(type) == name) return type.type;
  }
  return std::nullopt;
}

}  // namespace percpu_scope::inspect
