// SPDX-License-Identifier: GPL-2.0-only
//
// AbiCommands: numbers that are no commands, those of the first ABI among them, and what a
// descriptor's mode allows.
#include <gtest/gtest.h>
#include <linux/ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <set>

#include "abi/commands.hpp"

namespace percpu_scope::guest {
namespace {

class AbiCommands : public CommandTest {
 public:
  // Whatever it points to.
  void expect_unknown(unsigned long command) const {
    std::array<unsigned char, 16384> argument{};
    EXPECT_EQ(device.call(command, argument.data()), Errno{ENOTTY}) << std::hex << command;
  }
};

// Their sizes were in their numbers. A program of then is told, and does no harm.
TEST_F(AbiCommands, ThoseOfTheFirstAbiAreGone) {
  struct Old {
    unsigned direction;
    unsigned number;
    unsigned size;
  };
  constexpr unsigned both = _IOC_READ | _IOC_WRITE;
  for (const Old& old :
       {Old{_IOC_READ, 0x00, 128}, Old{both, 0x01, 16}, Old{both, 0x02, 16}, Old{both, 0x03, 16},
        Old{both, 0x04, 24}, Old{both, 0x05, 32}, Old{both, 0x06, 120}, Old{both, 0x10, 104},
        Old{both, 0x11, 64}, Old{_IOC_WRITE, 0x12, 8}, Old{_IOC_WRITE, 0x13, 8},
        Old{_IOC_WRITE, 0x14, 136}, Old{both, 0x15, 16}})
    expect_unknown(_IOC(old.direction, PERCPU_SCOPE_IOC_MAGIC, old.number, old.size));
}

TEST_F(AbiCommands, NumbersThatAreNone) {
  std::set<unsigned long> known;
  for (const Command& command : all_commands) known.insert(command.number);
  EXPECT_EQ(known.size(), all_commands.size());
  for (unsigned number = 0; number < 256; ++number) {
    const unsigned long plain = _IO(PERCPU_SCOPE_IOC_MAGIC, number);
    if (!known.contains(plain)) expect_unknown(plain);
    // Commands have neither direction nor size.
    for (const unsigned direction : {_IOC_READ, _IOC_WRITE, _IOC_READ | _IOC_WRITE})
      for (const unsigned size : {0U, 8U, 128U, unsigned{_IOC_SIZEMASK}})
        expect_unknown(_IOC(direction, PERCPU_SCOPE_IOC_MAGIC, number, size));
  }
  for (const Command& command : all_commands) {
    expect_unknown(_IO(PERCPU_SCOPE_IOC_MAGIC + 1, _IOC_NR(command.number)));
    expect_unknown(_IOC(_IOC_NONE, PERCPU_SCOPE_IOC_MAGIC, _IOC_NR(command.number), command.size));
  }
  expect_unknown(TCGETS);
}

TEST_F(AbiCommands, ADescriptorDoesWhatItWasOpenedFor) {
  const RawDevice reader(O_RDONLY);
  const RawDevice writer(O_WRONLY);
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    const RawDevice& wrong = command.needs_writing ? reader : writer;
    const RawDevice& right = command.needs_writing ? writer : reader;
    const Bytes request = good(command);
    Bytes told = request;
    EXPECT_EQ(wrong.call(command.number, told.data()), Errno{EBADF});
    EXPECT_EQ(told, request) << "refused, and written back";
    // Nobody counts for this descriptor.
    const bool elsewhere = command.number == PERCPU_SCOPE_STOP_CALLS;
    EXPECT_EQ(right.call(command.number, told.data()), Errno{elsewhere ? ENOENT : 0});
    undo(command, right);
    undo(command);
  }
}

// Nothing of a request is looked at that its descriptor does not allow.
TEST_F(AbiCommands, TheModeIsLookedAtFirst) {
  const RawDevice reader(O_RDONLY);
  const RawDevice writer(O_WRONLY);
  for (const Command& command : all_commands)
    EXPECT_EQ((command.needs_writing ? reader : writer).call_at(command.number, 0), Errno{EBADF})
        << command.name;
}

}  // namespace
}  // namespace percpu_scope::guest
