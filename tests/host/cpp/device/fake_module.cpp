// SPDX-License-Identifier: GPL-2.0-only
//
// As copy_struct_from_user() and its reverse do it.
#include "fake_module.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

namespace percpu_scope::samples {
namespace {

percpu_scope_kind abi_kind(std::uint32_t number, std::string_view title, std::uint32_t fields) {
  percpu_scope_kind kind{};
  kind.kind = number;
  kind.flags = PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_DYNAMIC;
  kind.field_count = fields;
  kind.size = std::uint64_t{8} * fields;
  kind.align = 8;
  name(kind.name, title);
  return kind;
}

percpu_scope_field abi_field(std::uint32_t kind, std::string_view title, std::uint64_t weight) {
  percpu_scope_field field{};
  field.kind = kind;
  field.weight = weight;
  field.bits = 64;
  name(field.name, title);
  return field;
}

percpu_scope_variant abi_variant(std::uint32_t number, std::string_view title,
                                 std::uint32_t flags) {
  percpu_scope_variant variant{};
  variant.variant = number;
  variant.flags = flags;
  name(variant.name, title);
  return variant;
}

percpu_scope_context_name abi_context(std::uint32_t number, std::string_view title) {
  percpu_scope_context_name context{};
  context.context = number;
  context.supported = 1;
  name(context.name, title);
  return context;
}

}  // namespace

percpu_scope_counter abi_counter(std::uint32_t kind, std::string_view title) {
  percpu_scope_counter counter{};
  counter.counter = 3;
  counter.kind = kind;
  counter.bytes = 8;
  name(counter.name, title);
  return counter;
}

percpu_scope_idiom abi_idiom(std::uint32_t kind, std::string_view title) {
  percpu_scope_idiom idiom{};
  idiom.kind = kind;
  idiom.conserved = 1 | std::uint64_t{1} << 40;
  name(idiom.name, title);
  name(idiom.call, "call()");
  return idiom;
}

FakeModule::FakeModule() {
  kinds = {abi_kind(0, "u64", 1), abi_kind(7, "flows", 7)};
  fields = {abi_field(0, "value", 1)};
  for (std::uint32_t i = 0; i < 7; ++i)
    fields.push_back(abi_field(7, "flow" + std::to_string(i), i + 1));
  list_kinds();
  list(PERCPU_SCOPE_LIST_VARIANTS,
       std::vector{abi_variant(0, "DEFINE_PER_CPU", 0),
                   abi_variant(9, "alloc_newer", PERCPU_SCOPE_VARIANT_CREATES)});
  list(PERCPU_SCOPE_LIST_CONTEXTS, std::vector{abi_context(0, "task"), abi_context(40, "guest")});
  answer<percpu_scope_info>(PERCPU_SCOPE_GET_INFO, [](percpu_scope_info& info) {
    info.abi_version = PERCPU_SCOPE_ABI_VERSION;
    info.kinds = 2;
    info.dynamic_bytes_max = std::uint64_t{1} << 40;
    return 0;
  });
}

void FakeModule::list_kinds() {
  list(PERCPU_SCOPE_LIST_KINDS, kinds);
  list(PERCPU_SCOPE_LIST_FIELDS, fields);
}

int FakeModule::fill(const List& list, percpu_scope_list& request) {
  if (request.size != sizeof(request) || request.element_size == 0 || request.reserved != 0)
    return EINVAL;
  const std::size_t length = list.bytes.size() / list.element_size;
  const std::size_t room = request.count;
  request.count = static_cast<std::uint32_t>(length);
  if (room < length) return ENOSPC;
  // Pointers travel as numbers, as to the kernel.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  auto* const to = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(request.elements));
  const std::size_t both = std::min<std::size_t>(list.element_size, request.element_size);
  for (std::size_t i = 0; i < length; ++i) {
    std::byte* const element = to + i * request.element_size;
    std::memset(element, 0, request.element_size);
    std::memcpy(element, list.bytes.data() + i * list.element_size, both);
  }
  return 0;
}

Channel::Answers FakeModule::answers() const {
  return [this](unsigned long command, void* request) {
    if (const auto found = lists_.find(command); found != lists_.end())
      return fill(found->second, *static_cast<percpu_scope_list*>(request));
    const auto found = answers_.find(command);
    return found == answers_.end() ? ENOTTY : found->second(request);
  };
}

}  // namespace percpu_scope::samples
