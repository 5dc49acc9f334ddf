// SPDX-License-Identifier: GPL-2.0-only
//
// Reading, indexing and checking BTF. Names of types are spelling's and type_search's.
#include "inspect/btf/btf.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include "inspect/btf/spelling.hpp"
#include "inspect/btf/type_search.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

// Deeper than any C that a kernel is written in; what is deeper goes in circles.
constexpr int deepest_chain = 64;

// struct btf_header of 7.1, which older headers of libbpf know without its last two. All
// offsets are from the header's end.
struct Header {
  std::uint16_t magic;
  std::uint8_t version;
  std::uint8_t flags;
  std::uint32_t hdr_len;
  std::uint32_t type_off;
  std::uint32_t type_len;
  std::uint32_t str_off;
  std::uint32_t str_len;
  std::uint32_t layout_off;
  std::uint32_t layout_len;
};
constexpr std::size_t shortest_header = offsetof(Header, layout_off);

// "long unsigned int" has blanks.
bool is_printable(char character) { return character >= ' ' && character < '\x7f'; }

}  // namespace

Btf Btf::load(const std::string& path, const Btf* base) {
  try {
    LoadedFile file = load_file(path);
    Btf btf({file.bytes.get(), file.size}, base);
    btf.mapped_ = std::move(file.bytes);
    return btf;
  } catch (const std::system_error& error) {
    throw InspectError(Problem::no_btf,
                       "cannot read BTF from " + path + ": " + error.code().message(),
                       "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y and, for modules, "
                       "CONFIG_DEBUG_INFO_BTF_MODULES=y");
  }
}

// On the heap and not a byte too long, where a sanitizer sees what reads beyond.
Btf Btf::parse(std::span<const std::byte> bytes, const Btf* base) {
  auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  Btf btf({copy.get(), bytes.size()}, base);
  btf.copied_ = std::move(copy);
  return btf;
}

Btf::Btf(std::span<const std::byte> bytes, const Btf* base)
    : bytes_(bytes.data()),
      base_(base),
      first_(base != nullptr ? base->end_id() : 1),
      strings_first_(base != nullptr
                         ? base->strings_first_ + static_cast<std::uint32_t>(base->strings_.size())
                         : 0) {
  const std::size_t size = bytes.size();
  Header header{};
  if (size < shortest_header) malformed("shorter than its header");
  std::memcpy(&header, bytes_, std::min(size, sizeof(header)));
  if (header.magic == __builtin_bswap16(BTF_MAGIC)) malformed("of the other byte order");
  if (header.magic != BTF_MAGIC) malformed("it does not begin as BTF does");
  if (header.version != BTF_VERSION)
    malformed("version " + std::to_string(header.version) + ", known is 1");
  if (header.hdr_len < shortest_header || header.hdr_len > size) malformed("length of the header");

  const std::span<const std::byte> rest = bytes.subspan(header.hdr_len);
  const auto section = [&rest](std::uint32_t offset, std::uint32_t length) {
    if (std::uint64_t{offset} + length > rest.size()) malformed("a section beyond the end");
    return rest.subspan(offset, length);
  };
  const std::span<const std::byte> types = section(header.type_off, header.type_len);
  const std::span<const std::byte> strings = section(header.str_off, header.str_len);
  if ((header.hdr_len + header.type_off) % 4 != 0) malformed("types that are not aligned");
  strings_ = {reinterpret_cast<const char*>(strings.data()), strings.size()};
  if (strings_.empty() ? base == nullptr : strings_.back() != '\0')
    malformed("strings without an end");
  if (std::uint64_t{strings_first_} + header.str_len > UINT32_MAX) malformed("too many strings");

  KindLayout layout;
  if (header.hdr_len >= sizeof(header) && header.layout_len != 0)
    layout = KindLayout(section(header.layout_off, header.layout_len));
  const auto start = static_cast<std::size_t>(types.data() - bytes_);
  index_types(start, start + types.size(), layout);
  pointer_size_ = find_pointer_size();
}

// A kernel has more than 100,000 types: only what is needed to step over each.
void Btf::index_types(std::size_t start, std::size_t end, const KindLayout& layout) {
  if (end > UINT32_MAX) malformed("more than 4 GiB");
  offsets_.reserve((end - start) / 24);
  std::size_t at = start;
  while (at < end) {
    if (end - at < sizeof(::btf_type)) malformed("a type cut short");
    const auto& type = *reinterpret_cast<const ::btf_type*>(bytes_ + at);
    const std::uint32_t kind = kind_of(type);
    std::optional<RecordLength> record = known_length(kind);
    const bool is_known = record.has_value();
    if (!is_known) record = layout.length_of(kind);
    if (!record) refuse_kind(kind);
    const std::size_t length = record->fixed + std::size_t{record->each} * vlen_of(type);
    if (length > end - at) malformed("a type cut short");
    if (kind == BTF_KIND_DATASEC) sections_.push_back(end_id());
    if (!is_known) unknown_.emplace(end_id(), Unknown{{type.name_off, 0, {0}}, kind});
    offsets_.push_back(is_known ? static_cast<std::uint32_t>(at) : 0);
    at += length;
  }
}

void Btf::refuse_kind(std::uint32_t kind) const {
  if (kind == BTF_KIND_UNKN) malformed("type " + std::to_string(end_id()) + " is of no kind");
  throw InspectError(Problem::malformed_btf,
                     "malformed BTF, or newer than this program: type " + std::to_string(end_id()) +
                         " is of kind " + std::to_string(kind) +
                         ", which is unknown, and nothing says how long it is",
                     "use a newer pcpu, or BTF with a layout section (pahole 1.31 and newer)");
}

// As libbpf tells it: by the size of long.
std::size_t Btf::find_pointer_size() const {
  if (base_ != nullptr) return base_->pointer_size_;
  for (TypeId id = first_; id < end_id(); ++id) {
    const ::btf_type& candidate = type(id);
    if (btf_kind(&candidate) != BTF_KIND_INT || (candidate.size != 4 && candidate.size != 8))
      continue;
    const std::string_view called = name(candidate);
    if (called == "long int" || called == "long unsigned int" || called == "long" ||
        called == "unsigned long")
      return candidate.size;
  }
  return sizeof(void*);
}

const ::btf_type& Btf::type(TypeId id) const {
  static const ::btf_type void_type{};
  if (id == 0) return void_type;
  if (id < first_) return base_->type(id);
  if (id - first_ >= offsets_.size()) malformed("there is no type " + std::to_string(id));
  // Nobody above meets a kind that is unknown: only a type of which nothing is known.
  if (offsets_[id - first_] == 0) return unknown_.at(id).stand_in;
  return *reinterpret_cast<const ::btf_type*>(bytes_ + offsets_[id - first_]);
}

std::string_view Btf::name(const ::btf_type& type) const { return name_at(type.name_off); }

std::string_view Btf::name_at(std::uint32_t offset) const {
  if (offset < strings_first_) return base_->name_at(offset);
  offset -= strings_first_;
  if (offset >= strings_.size()) return {};
  // Ends in time: so do the strings.
  const std::string_view text(strings_.data() + offset);
  return std::all_of(text.begin(), text.end(), is_printable) ? text : std::string_view{};
}

TypeId Btf::strip(TypeId id) const {
  for (int depth = 0; depth < deepest_chain; ++depth) {
    const ::btf_type& layer = type(id);
    switch (btf_kind(&layer)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        id = layer.type;
        break;
      default:
        return id;
    }
  }
  malformed("type " + std::to_string(id) + " is an alias of itself");
}

Elements Btf::elements_of(TypeId id) const {
  Elements elements{strip(id), 1};
  for (int depth = 0; depth < deepest_chain; ++depth) {
    const ::btf_type& layer = type(elements.type);
    if (btf_kind(&layer) != BTF_KIND_ARRAY) return elements;
    if (__builtin_mul_overflow(elements.count, std::uint64_t{btf_array(&layer)->nelems},
                               &elements.count))
      malformed("an array larger than memory");
    elements.type = strip(btf_array(&layer)->type);
  }
  malformed("type " + std::to_string(id) + " is an array of itself");
}

std::uint64_t Btf::size_of_element(TypeId stripped) const {
  const ::btf_type& type = this->type(stripped);
  switch (btf_kind(&type)) {
    case BTF_KIND_PTR:
      return pointer_size_;
    case BTF_KIND_INT:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FLOAT:
      return type.size;
    default:
      break;
  }
  if (const auto kind = unknown_kind(stripped))
    throw InspectError(Problem::unsupported,
                       "type " + std::to_string(stripped) + " of BTF is of kind " +
                           std::to_string(*kind) + ", which this program does not know",
                       "use a newer pcpu");
  malformed("type " + std::to_string(stripped) + " has no size");
}

std::uint64_t Btf::size_of(TypeId id) const {
  const Elements elements = elements_of(id);
  std::uint64_t size = 0;
  if (__builtin_mul_overflow(elements.count, size_of_element(elements.type), &size))
    malformed("an array larger than memory");
  return size;
}

bool Btf::has_size(TypeId id) const {
  switch (btf_kind(&type(elements_of(id).type))) {
    case BTF_KIND_INT:
    case BTF_KIND_PTR:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FLOAT:
      return true;
    default:
      return false;
  }
}

std::optional<std::uint32_t> Btf::unknown_kind(TypeId id) const {
  // So it is nearly always, and this is asked of every member.
  if (unknown_.empty() && (base_ == nullptr || base_->unknown_.empty())) return std::nullopt;
  const TypeId element = elements_of(id).type;
  const auto& unknown = element < first_ && base_ != nullptr ? base_->unknown_ : unknown_;
  const auto found = unknown.find(element);
  return found == unknown.end() ? std::nullopt : std::optional(found->second.kind);
}

std::string Btf::spell(TypeId id) const { return spell_type(*this, id); }
TypeId Btf::find(std::string_view spelling) const { return find_type(*this, spelling); }

std::size_t Btf::pointer_size() const { return pointer_size_; }
TypeId Btf::first_id() const { return first_; }
TypeId Btf::end_id() const { return first_ + static_cast<TypeId>(offsets_.size()); }

}  // namespace percpu_scope::inspect
