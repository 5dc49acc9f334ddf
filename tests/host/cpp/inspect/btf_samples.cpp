// SPDX-License-Identifier: GPL-2.0-only
//
// Writing the samples.
#include "btf_samples.hpp"

#include <bpf/btf.h>

#include <cstring>
#include <stdexcept>

namespace percpu_scope {
namespace {

int added(int id) {
  if (id < 0) throw std::runtime_error("libbpf would not add that to BTF");
  return id;
}

std::uint32_t bit_offset_of(std::size_t bytes) { return static_cast<std::uint32_t>(bytes * 8); }

}  // namespace

Bytes repeated(std::size_t size, int value) {
  Bytes bytes(size, static_cast<std::byte>(value));
  return bytes;
}

void BtfWriter::Free::operator()(::btf* btf) const { btf__free(btf); }

BtfWriter::BtfWriter(const BtfWriter* base)
    : btf_(base != nullptr ? btf__new_empty_split(base->btf_.get()) : btf__new_empty()) {
  if (!btf_) throw std::bad_alloc();
}

int BtfWriter::integer(const char* name, std::size_t size, int encoding) {
  return added(btf__add_int(btf_.get(), name, size, encoding));
}

int BtfWriter::narrow_integer(const char* name, std::size_t size, int encoding, unsigned first,
                              unsigned bits) {
  const int id = integer(name, size, encoding);
  word(id, 0) = static_cast<std::uint32_t>(encoding) << 24 | first << 16 | bits;
  return id;
}

int BtfWriter::floating(const char* name, std::size_t size) {
  return added(btf__add_float(btf_.get(), name, size));
}

int BtfWriter::pointer(int to) { return added(btf__add_ptr(btf_.get(), to)); }

int BtfWriter::array(int element, std::uint32_t length) {
  // The type of an index is of no use to anybody.
  return added(btf__add_array(btf_.get(), 1, element, length));
}

int BtfWriter::struct_of(const char* name, std::uint32_t size,
                         std::initializer_list<Field> fields) {
  const int id = added(btf__add_struct(btf_.get(), name, size));
  for (const Field& field : fields)
    added(btf__add_field(btf_.get(), field.name, field.type, field.bit_offset, field.bit_size));
  return id;
}

int BtfWriter::union_of(const char* name, std::uint32_t size, std::initializer_list<Field> fields) {
  const int id = added(btf__add_union(btf_.get(), name, size));
  for (const Field& field : fields)
    added(btf__add_field(btf_.get(), field.name, field.type, field.bit_offset, field.bit_size));
  return id;
}

int BtfWriter::enumeration(const char* name, std::uint32_t size,
                           std::initializer_list<Enumerator> values) {
  const int id = added(btf__add_enum(btf_.get(), name, size));
  for (const Enumerator& value : values)
    added(btf__add_enum_value(btf_.get(), value.name, value.value));
  return id;
}

int BtfWriter::enumeration64(const char* name, bool is_signed,
                             std::initializer_list<Enumerator> values) {
  const int id = added(btf__add_enum64(btf_.get(), name, 8, is_signed));
  for (const Enumerator& value : values)
    added(btf__add_enum64_value(btf_.get(), value.name, static_cast<std::uint64_t>(value.value)));
  return id;
}

int BtfWriter::forward(const char* name) {
  return added(btf__add_fwd(btf_.get(), name, BTF_FWD_STRUCT));
}

int BtfWriter::alias(const char* name, int of) {
  return added(btf__add_typedef(btf_.get(), name, of));
}

int BtfWriter::constant(int of) { return added(btf__add_const(btf_.get(), of)); }
int BtfWriter::unsteady(int of) { return added(btf__add_volatile(btf_.get(), of)); }
int BtfWriter::restricted(int of) { return added(btf__add_restrict(btf_.get(), of)); }

int BtfWriter::tagged(const char* tag, int of) {
  return added(btf__add_type_tag(btf_.get(), tag, of));
}

int BtfWriter::prototype(int result, std::initializer_list<int> parameters) {
  const int id = added(btf__add_func_proto(btf_.get(), result));
  for (const int parameter : parameters) added(btf__add_func_param(btf_.get(), "", parameter));
  return id;
}

int BtfWriter::function(const char* name, int prototype) {
  return added(btf__add_func(btf_.get(), name, BTF_FUNC_GLOBAL, prototype));
}

void BtfWriter::declaration_tag(const char* tag, int of) {
  added(btf__add_decl_tag(btf_.get(), tag, of, -1));
}

int BtfWriter::variable(const char* name, int type) {
  return added(btf__add_var(btf_.get(), name, BTF_VAR_GLOBAL_ALLOCATED, type));
}

int BtfWriter::section(const char* name, const std::vector<Entry>& entries) {
  const int id = added(btf__add_datasec(btf_.get(), name, 0));
  for (const Entry& entry : entries)
    added(btf__add_datasec_var_info(btf_.get(), entry.variable, entry.offset, entry.size));
  return id;
}

int BtfWriter::find(const char* name) const { return added(btf__find_by_name(btf_.get(), name)); }

std::uint32_t& BtfWriter::word(int type, std::size_t index) {
  // libbpf shows its types read-only, but they are the writer's own.
  auto* const head =
      const_cast<::btf_type*>(btf__type_by_id(btf_.get(), static_cast<std::uint32_t>(type)));
  return reinterpret_cast<std::uint32_t*>(head + 1)[index];
}

Bytes BtfWriter::bytes() const {
  std::uint32_t size = 0;
  const auto* const data = static_cast<const std::byte*>(btf__raw_data(btf_.get(), &size));
  return {data, data + size};
}

BtfWriter kernel_sample() {
  BtfWriter writer;
  const int int_type = writer.integer("int", 4, BTF_INT_SIGNED);
  const int char_type = writer.integer("char", 1, BTF_INT_SIGNED);
  const int tiny = writer.integer("signed char", 1, BTF_INT_SIGNED);
  const int bool_type = writer.integer("_Bool", 1, BTF_INT_BOOL);
  const int u16 = writer.integer("short unsigned int", 2);
  const int uint = writer.integer("unsigned int", 4);
  const int ulong = writer.integer("long unsigned int", 8);
  const int slong = writer.integer("long int", 8, BTF_INT_SIGNED);
  const int u64 = writer.alias("u64", ulong);
  const int colour = writer.enumeration("colour", 4, {{"red", 1}, {"green", 7}});
  const int distance = writer.enumeration64("distance", true, {{"near", -1}, {"far", 1LL << 40}});
  const int pair = writer.struct_of("pair", 8, {{"first", uint, 0}, {"second", uint, 32}});
  const int halves = writer.struct_of(nullptr, 4, {{"half", writer.array(u16, 2), 0}});
  const int either = writer.union_of(nullptr, 4, {{"word", uint, 0}, {nullptr, halves, 0}});
  const int matrix = writer.array(writer.array(int_type, 3), 2);
  const int call = writer.pointer(writer.prototype(0, {int_type}));
  const int real = writer.floating("float", 4);
  const int precise = writer.floating("double", 8);
  // Where GCC puts the bit-fields: behind `distance`, and `wide` in a word of its own.
  const std::uint32_t bits = bit_offset_of(offsetof(Everything, distance) + 8);
  using F = Everything;
  const int everything = writer.struct_of(
      "everything", sizeof(F),
      {{"tiny", tiny, bit_offset_of(offsetof(F, tiny))},
       {"flag", bool_type, bit_offset_of(offsetof(F, flag))},
       {"letter", char_type, bit_offset_of(offsetof(F, letter))},
       {"big", writer.constant(u64), bit_offset_of(offsetof(F, big))},
       {"negative", writer.unsteady(slong), bit_offset_of(offsetof(F, negative))},
       {"name", writer.array(char_type, 8), bit_offset_of(offsetof(F, name))},
       {"raw", writer.array(char_type, 3), bit_offset_of(offsetof(F, raw))},
       {"blob", writer.array(char_type, 80), bit_offset_of(offsetof(F, blob))},
       {"colour", colour, bit_offset_of(offsetof(F, colour))},
       {"distance", distance, bit_offset_of(offsetof(F, distance))},
       {"low", uint, bits, 3},
       {"middle", int_type, bits + 3, 7},
       {"shade", colour, bits + 10, 4},
       {"wide", u64, bits + 64, 60},
       {"pair", pair, bit_offset_of(offsetof(F, pair))},
       {nullptr, either, bit_offset_of(offsetof(F, either))},
       {"matrix", matrix, bit_offset_of(offsetof(F, matrix))},
       {"pointer", writer.restricted(writer.pointer(0)), bit_offset_of(offsetof(F, pointer))},
       {"call", call, bit_offset_of(offsetof(F, call))},
       {"real", real, bit_offset_of(offsetof(F, real))},
       {"precise", precise, bit_offset_of(offsetof(F, precise))},
       {"tail", writer.array(uint, 0), bit_offset_of(sizeof(F))}});
  // A pointer to what comes next.
  const int node = writer.struct_of("node", 16, {{"next", everything + 4, 0}, {"value", u64, 64}});
  const int tagged_node = writer.tagged("percpu", node);
  const int unknown = writer.forward("unknown");
  if (writer.pointer(tagged_node) != everything + 4) throw std::logic_error("the ids have moved");
  writer.pointer(unknown);
  const int function = writer.function("work", writer.prototype(int_type, {u64, uint}));
  writer.declaration_tag("tag", function);
  const int variable = writer.variable("everything", everything);
  const int count = writer.variable("count", u64);
  const int list = writer.variable("list", node);
  const int text = writer.variable("text", writer.array(char_type, 16));
  writer.section(".data", {{count, 0, 8}});
  // Not in order, as nothing promises that.
  constexpr std::uint32_t start = 64;
  writer.section(".data..percpu", {{variable, start, sizeof(F)},
                                   {text, start + 560, 16},
                                   {count, start + 512, 8},
                                   {list, start + 528, 16}});
  return writer;
}

BtfWriter module_sample(const BtfWriter& kernel) {
  BtfWriter writer(&kernel);
  const int count = writer.variable("count", writer.find("unsigned int"));
  const int own = writer.variable("own", writer.pointer(writer.find("everything")));
  writer.section(".data..percpu", {{own, 0, 8}, {count, 8, 4}});
  return writer;
}

Bytes small_sample() {
  BtfWriter writer;
  const int uint = writer.integer("unsigned int", 4);
  const int inner = writer.union_of(nullptr, 4, {{"word", uint, 0}, {"bits", uint, 0, 5}});
  const int kind = writer.enumeration("kind", 4, {{"none", 0}, {"some", 1}});
  const int outer = writer.struct_of("outer", 24,
                                     {{nullptr, writer.constant(inner), 0},
                                      {"kind", kind, 32},
                                      {"next", writer.pointer(inner), 64},
                                      {"pair", writer.array(writer.alias("u32", uint), 2), 128}});
  const int variable = writer.variable("outer", outer);
  writer.section(".data..percpu", {{variable, 8, 24}});
  return writer.bytes();
}

}  // namespace percpu_scope
