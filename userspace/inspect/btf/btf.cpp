// SPDX-License-Identifier: GPL-2.0-only
//
// Reading, indexing and checking BTF. Names of types are type_name.cpp's.
#include "inspect/btf/btf.hpp"

#include <bpf/btf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "inspect/error.hpp"
#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::inspect {
namespace {

// Deeper than any C that a kernel is written in; what is deeper goes in circles.
constexpr int deepest_chain = 64;

[[noreturn]] void malformed(const std::string& why) {
  throw InspectError(Problem::malformed_btf, "malformed BTF: " + why);
}

// Bytes of a type: the struct btf_type with what always follows it, and how much
// more for each of its vlen.
struct Length {
  std::uint32_t fixed;
  std::uint32_t each;
};

constexpr std::uint32_t head = sizeof(struct btf_type);

constexpr std::array<Length, BTF_KIND_ENUM64 + 1> lengths{{
    {0, 0},
    {head + 4, 0},                            // INT
    {head, 0},                                // PTR
    {head + sizeof(struct btf_array), 0},     // ARRAY
    {head, sizeof(struct btf_member)},        // STRUCT
    {head, sizeof(struct btf_member)},        // UNION
    {head, sizeof(struct btf_enum)},          // ENUM
    {head, 0},                                // FWD
    {head, 0},                                // TYPEDEF
    {head, 0},                                // VOLATILE
    {head, 0},                                // CONST
    {head, 0},                                // RESTRICT
    {head, 0},                                // FUNC
    {head, sizeof(struct btf_param)},         // FUNC_PROTO
    {head + sizeof(struct btf_var), 0},       // VAR
    {head, sizeof(struct btf_var_secinfo)},   // DATASEC
    {head, 0},                                // FLOAT
    {head + sizeof(struct btf_decl_tag), 0},  // DECL_TAG
    {head, 0},                                // TYPE_TAG
    {head, sizeof(struct btf_enum64)},        // ENUM64
}};

struct File {
  Mapping bytes;
  std::size_t size = 0;
};

[[noreturn]] void refuse_file(const std::string& path, int error_number) {
  throw InspectError(
      Problem::no_btf,
      "cannot read BTF from " + path + ": " + std::generic_category().message(error_number),
      "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y and, for modules, "
      "CONFIG_DEBUG_INFO_BTF_MODULES=y");
}

File read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) refuse_file(path, errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) refuse_file(path, errno);
  // The kernel's own can be mapped from 6.16 on; what is read of sysfs
  // comes a page at a time.
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (Mapping mapped = size > 0 ? map_file(file.number(), size, Sharing::copied) : nullptr)
    return {std::move(mapped), size};
  // One more, so that the end shows without a second buffer.
  std::size_t room = std::max<std::size_t>(size, 4095) + 1;
  File whole{map_memory(room), 0};
  while (true) {
    const ssize_t got = ::read(file.number(), whole.bytes.get() + whole.size, room - whole.size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_file(path, errno);
    if (got == 0) return whole;
    whole.size += static_cast<std::size_t>(got);
    if (whole.size < room) continue;
    room *= 2;
    Mapping larger = map_memory(room);
    std::memcpy(larger.get(), whole.bytes.get(), whole.size);
    whole.bytes = std::move(larger);
  }
}

// "long unsigned int" has blanks.
bool is_printable(char character) { return character >= ' ' && character < '\x7f'; }

}  // namespace

std::uint32_t vlen_of(const ::btf_type& type) { return type.info & 0xffffff; }

Btf Btf::load(const std::string& path, const Btf* base) {
  File file = read_file(path);
  Btf btf({file.bytes.get(), file.size}, base);
  btf.mapped_ = std::move(file.bytes);
  return btf;
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
  ::btf_header header{};
  if (size < sizeof(header)) malformed("shorter than its header");
  std::memcpy(&header, bytes_, sizeof(header));
  if (header.magic == __builtin_bswap16(BTF_MAGIC)) malformed("of the other byte order");
  if (header.magic != BTF_MAGIC) malformed("it does not begin as BTF does");
  if (header.version != BTF_VERSION)
    malformed("version " + std::to_string(header.version) + ", known is 1");
  if (header.hdr_len < sizeof(header) || header.hdr_len > size) malformed("length of the header");

  const std::uint64_t rest = size - header.hdr_len;
  if (std::uint64_t{header.type_off} + header.type_len > rest ||
      std::uint64_t{header.str_off} + header.str_len > rest)
    malformed("a section beyond the end");
  if ((header.hdr_len + header.type_off) % 4 != 0) malformed("types that are not aligned");

  const char* const strings =
      reinterpret_cast<const char*>(bytes_) + header.hdr_len + header.str_off;
  strings_ = {strings, header.str_len};
  if (strings_.empty() ? base == nullptr : strings_.back() != '\0')
    malformed("strings without an end");
  if (std::uint64_t{strings_first_} + header.str_len > UINT32_MAX) malformed("too many strings");

  const std::size_t start = std::size_t{header.hdr_len} + header.type_off;
  index_types(start, start + header.type_len);
  pointer_size_ = find_pointer_size();
}

// A kernel has more than 100,000 types: only what is needed to step over each.
void Btf::index_types(std::size_t start, std::size_t end) {
  if (end > UINT32_MAX) malformed("more than 4 GiB");
  offsets_.reserve((end - start) / 24);
  std::size_t at = start;
  while (at < end) {
    if (end - at < head) malformed("a type cut short");
    const auto& type = *reinterpret_cast<const ::btf_type*>(bytes_ + at);
    const std::uint32_t kind = type.info >> 24 & 0x7f;  // as below, 5 bits in older ones
    if (kind == 0 || kind >= lengths.size())
      malformed("type " + std::to_string(end_id()) + " is of kind " + std::to_string(kind) +
                ", which is unknown");
    const std::size_t length =
        lengths[kind].fixed + std::size_t{lengths[kind].each} * vlen_of(type);
    if (length > end - at) malformed("a type cut short");
    if (kind == BTF_KIND_DATASEC) sections_.push_back(end_id());
    offsets_.push_back(static_cast<std::uint32_t>(at));
    at += length;
  }
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

std::uint64_t Btf::size_of(TypeId id) const {
  std::uint64_t elements = 1;
  for (int depth = 0; depth < deepest_chain; ++depth) {
    id = strip(id);
    const ::btf_type& layer = type(id);
    std::uint64_t size = 0;
    switch (btf_kind(&layer)) {
      case BTF_KIND_ARRAY:
        if (__builtin_mul_overflow(elements, std::uint64_t{btf_array(&layer)->nelems}, &elements))
          malformed("an array larger than memory");
        id = btf_array(&layer)->type;
        continue;
      case BTF_KIND_PTR:
        size = pointer_size_;
        break;
      case BTF_KIND_INT:
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
      case BTF_KIND_FLOAT:
        size = layer.size;
        break;
      default:
        malformed("type " + std::to_string(id) + " has no size");
    }
    if (__builtin_mul_overflow(elements, size, &size)) malformed("an array larger than memory");
    return size;
  }
  malformed("type " + std::to_string(id) + " is an array of itself");
}

std::size_t Btf::pointer_size() const { return pointer_size_; }
TypeId Btf::first_id() const { return first_; }
TypeId Btf::end_id() const { return first_ + static_cast<TypeId>(offsets_.size()); }

}  // namespace percpu_scope::inspect
