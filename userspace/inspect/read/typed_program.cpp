// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/typed_program.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

// The program's argument.
struct Run {
  std::uint32_t cpu;
  std::uint32_t slot;
};

// An instruction's offset is 16 bits, signed.
constexpr std::uint64_t reach = 0x7f00;

// Registers: what each holds throughout.
constexpr std::uint8_t source = BPF_REG_0;  // the variable's copy on this CPU
constexpr std::uint8_t scratch = BPF_REG_1;
constexpr std::uint8_t argument = BPF_REG_6;
constexpr std::uint8_t values = BPF_REG_7;  // the map's element for this CPU
constexpr std::uint8_t cpu = BPF_REG_8;
constexpr std::uint8_t destination = BPF_REG_9;

// With BPF_ADD and BPF_K, which are 0.
constexpr unsigned add_constant = BPF_ALU64;

class Assembler {
 public:
  void emit(unsigned code, std::uint8_t to, std::uint8_t from, std::int64_t offset,
            std::int64_t immediate) {
    bpf_insn instruction{};
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = to & 0xfU;
    instruction.src_reg = from & 0xfU;
    instruction.off = static_cast<std::int16_t>(offset);
    instruction.imm = static_cast<std::int32_t>(immediate);
    code_.push_back(instruction);
  }
  void move(std::uint8_t to, std::uint8_t from) {
    emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
  }
  void add(std::uint8_t to, std::int64_t number) { emit(add_constant, to, 0, 0, number); }
  void call(std::uint32_t helper) { emit(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void load(std::uint32_t bytes, std::uint8_t to, std::uint8_t from, std::int64_t offset) {
    emit(BPF_LDX | BPF_MEM | width(bytes), to, from, offset, 0);
  }
  void store(std::uint32_t bytes, std::uint8_t to, std::int64_t offset, std::uint8_t from) {
    emit(BPF_STX | BPF_MEM | width(bytes), to, from, offset, 0);
  }
  // An instruction of two, whose meaning is `kind`.
  void load_64(std::uint8_t to, std::uint8_t kind, std::int64_t low, std::int64_t high) {
    emit(BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, low);
    emit(0, 0, 0, 0, high);
  }
  void exit(std::int64_t result) {
    emit(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, result);
    emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  // A helper's pointer: what is not there ends the program.
  void exit_if_null() {
    emit(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0);
    exit(1);
  }
  [[nodiscard]] const std::vector<bpf_insn>& code() const { return code_; }

 private:
  static unsigned width(std::uint32_t bytes) {
    switch (bytes) {
      case 1:
        return BPF_B;
      case 2:
        return BPF_H;
      case 4:
        return BPF_W;
      default:
        return BPF_DW;
    }
  }
  std::vector<bpf_insn> code_;
};

// r0 and r9 move on along the variable where offsets would get too large.
void copy_item(Assembler& to, int btf, const TypedItem& item, std::uint64_t place) {
  to.load_64(scratch, BPF_PSEUDO_BTF_ID, item.var, btf);
  to.move(BPF_REG_2, cpu);
  to.call(BPF_FUNC_per_cpu_ptr);
  to.exit_if_null();
  to.move(destination, values);
  to.add(destination, static_cast<std::int64_t>(place));
  std::uint64_t base = 0;              // offset in the variable that r0 points at
  std::uint64_t written = item.start;  // and r9
  for (const Load& load : item.loads) {
    if (load.offset - base > reach) {
      to.add(source, static_cast<std::int64_t>(load.offset - base));
      base = load.offset;
    }
    if (load.offset - written > reach) {
      to.add(destination, static_cast<std::int64_t>(load.offset - written));
      written = load.offset;
    }
    to.load(load.size, scratch, source, static_cast<std::int64_t>(load.offset - base));
    to.store(load.size, destination, static_cast<std::int64_t>(load.offset - written), scratch);
  }
}

std::vector<bpf_insn> assemble(int map, int btf, std::span<const TypedItem> items,
                               std::span<const std::uint64_t> places) {
  Assembler to;
  to.move(argument, BPF_REG_1);
  to.load(sizeof(Run::cpu), cpu, argument, offsetof(Run, cpu));
  to.load(sizeof(Run::slot), scratch, argument, offsetof(Run, slot));
  to.store(sizeof(Run::slot), BPF_REG_10, -4, scratch);
  to.load_64(BPF_REG_1, BPF_PSEUDO_MAP_FD, map, 0);
  to.move(BPF_REG_2, BPF_REG_10);
  to.add(BPF_REG_2, -4);
  to.call(BPF_FUNC_map_lookup_elem);
  to.exit_if_null();
  to.move(values, BPF_REG_0);
  for (std::size_t i = 0; i < items.size(); ++i) copy_item(to, btf, items[i], places[i]);
  to.exit(0);
  return to.code();
}

// Of one instruction the verifier writes about a hundred bytes.
constexpr std::size_t log_sizes[]{std::size_t{1} << 16, std::size_t{1} << 20, std::size_t{1} << 24,
                                  std::size_t{1} << 26};

// Negative: the errno. `log`: what the verifier says goes there; empty: it says nothing.
int try_to_load(const std::vector<bpf_insn>& code, std::string& log) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.prog_flags = BPF_F_SLEEPABLE;
  options.log_level = log.empty() ? 0 : 1;
  options.log_buf = log.empty() ? nullptr : log.data();
  options.log_size = static_cast<__u32>(log.size());
  return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "read_typed", "GPL", code.data(), code.size(),
                       &options);
}

// `explain`: ask the verifier why not. Its log of a large program is large, and costs.
FileDescriptor load_program(const std::vector<bpf_insn>& code, bool explain) {
  std::string log;
  int program = try_to_load(code, log);
  if (program >= 0) return FileDescriptor(program);
  const int error = -program;
  // Up to 6.3 a log that does not fit is an error of its own, in place of the reason.
  if (explain && error != EPERM) {
    program = -ENOSPC;
    for (std::size_t i = 0; i < std::size(log_sizes) && program == -ENOSPC; ++i) {
      log.assign(log_sizes[i], '\0');
      program = try_to_load(code, log);
    }
  }
  if (program >= 0) return FileDescriptor(program);
  throw_refused(error, "loading the BPF program that reads variables", log.c_str());
}

}  // namespace

TypedProgram::TypedProgram(int btf, std::span<const TypedItem> items, std::size_t cpus) {
  std::uint64_t end = 0;
  for (const TypedItem& item : items) {
    places_.push_back(end);
    end += item.room;
  }
  places_.push_back(end);
  const LibbpfLog log;
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = BPF_F_MMAPABLE;
  const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "values", sizeof(std::uint32_t),
                                 static_cast<__u32>(end), static_cast<__u32>(cpus), &options);
  if (map < 0) throw_refused(-map, "making a BPF map", log.text());
  map_ = FileDescriptor(map);
  program_ = load_program(assemble(map, btf, items, places_), items.size() == 1);
  values_ = MappedMap(map, end * cpus, false);
}

bool TypedProgram::read(std::uint32_t cpu, std::uint32_t slot) {
  const Run run{cpu, slot};
  return run_program(program_.number(), std::as_bytes(std::span(&run, 1))) == 0;
}

std::span<const std::byte> TypedProgram::bytes(std::size_t item, std::size_t slot) const {
  return {values_.data() + slot * places_.back() + places_[item],
          static_cast<std::size_t>(places_[item + 1] - places_[item])};
}

}  // namespace percpu_scope::inspect
