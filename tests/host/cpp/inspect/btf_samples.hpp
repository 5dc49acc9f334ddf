// SPDX-License-Identifier: GPL-2.0-only
//
// BTF as a kernel could have it, written by libbpf's own writer: what the reader of
// BTF is held against. No test of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "inspect/btf/btf.hpp"

struct btf;

namespace percpu_scope {

using Bytes = std::vector<std::byte>;
// So many bytes, all of one value.
Bytes repeated(std::size_t size, int value);

class BtfWriter {
 public:
  explicit BtfWriter(const BtfWriter* base = nullptr);

  // Ids of what was added. A size or length of the writer's choice, not C's.
  int integer(const char* name, std::size_t size, int encoding = 0);
  // With so many bits from a bit on, as BTF said bit-fields before kind_flag.
  int narrow_integer(const char* name, std::size_t size, int encoding, unsigned first,
                     unsigned bits);
  int floating(const char* name, std::size_t size);
  int pointer(int to);
  int array(int element, std::uint32_t length);
  struct Field {
    const char* name;
    int type;
    std::uint32_t bit_offset;
    std::uint32_t bit_size = 0;
  };
  int struct_of(const char* name, std::uint32_t size, std::initializer_list<Field> fields);
  int union_of(const char* name, std::uint32_t size, std::initializer_list<Field> fields);
  struct Enumerator {
    const char* name;
    std::int64_t value;
  };
  int enumeration(const char* name, std::uint32_t size, std::initializer_list<Enumerator> values);
  int enumeration64(const char* name, bool is_signed, std::initializer_list<Enumerator> values);
  int forward(const char* name);
  int alias(const char* name, int of);
  int constant(int of);
  int unsteady(int of);
  int restricted(int of);
  int tagged(const char* tag, int of);
  int prototype(int result, std::initializer_list<int> parameters);
  int function(const char* name, int prototype);
  void declaration_tag(const char* tag, int of);
  int variable(const char* name, int type);
  struct Entry {
    int variable;
    std::uint32_t offset;
    std::uint32_t size;
  };
  int section(const char* name, const std::vector<Entry>& entries);

  // The first type of this name.
  [[nodiscard]] int find(const char* name) const;
  // For what no writer would write: the 32-bit word behind a type's head.
  std::uint32_t& word(int type, std::size_t index);
  [[nodiscard]] Bytes bytes() const;

 private:
  struct Free {
    void operator()(::btf* btf) const;
  };
  std::unique_ptr<::btf, Free> btf_;
};

// What `everything` is in C; the BTF sample says the same.
enum class Colour : std::uint32_t { red = 1, green = 7 };
enum class Distance : std::int64_t { near = -1, far = 1LL << 40 };
struct Everything {
  signed char tiny;
  bool flag;
  char letter;
  std::uint64_t big;
  std::int64_t negative;
  char name[8];
  char raw[3];
  char blob[80];
  Colour colour;
  Distance distance;
  std::uint32_t low : 3;
  std::int32_t middle : 7;
  Colour shade : 4;
  std::uint64_t wide : 60;
  struct {
    std::uint32_t first;
    std::uint32_t second;
  } pair;
  union {
    std::uint32_t word;
    struct {
      std::uint16_t half[2];
    } halves;
  } either;
  int matrix[2][3];
  void* pointer;
  void (*call)(int);
  float real;
  double precise;
};

// Every kind of type. Per-CPU variables, by offset: "everything", "count" (u64), "list"
// (struct node, which points to itself), "text" (char[16]).
BtfWriter kernel_sample();
// A module's, split from that: "count" (unsigned int) and "own" (struct everything *).
BtfWriter module_sample(const BtfWriter& kernel);
// A few types and one variable: small enough to try every mutation.
Bytes small_sample();

}  // namespace percpu_scope
