// SPDX-License-Identifier: GPL-2.0-only
//
// AbiSizes: what the `size` of a request means, of every command: older programs know less
// of a request than the module, newer ones more. And where a request lies in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "abi/commands.hpp"

namespace percpu_scope::guest {
namespace {

class AbiSizes : public CommandTest {
 public:
  // Refused, and not a byte of it changed.
  void expect_refused(const Command& command, const Bytes& request, Errno error,
                      const std::string& why) const {
    Bytes told = request;
    EXPECT_EQ(device.call(command.number, told.data()), error) << command.name << ": " << why;
    EXPECT_EQ(told, request) << command.name << " was refused and written back: " << why;
  }
};

// There are no shorter ones: the first version of each that says its size is what all know.
TEST_F(AbiSizes, ShorterThanTheFirstVersionIsRefused) {
  for (const Command& command : commands()) {
    const Bytes fitting = good(command);
    for (std::size_t size = 0; size < command.size; ++size) {
      Bytes request = fitting;
      set_size(request, static_cast<std::uint32_t>(size));
      expect_refused(command, request, Errno{EINVAL}, "size " + std::to_string(size));
    }
    undo(command);
  }
}

// A newer program on this module: what it does not use is zero.
TEST_F(AbiSizes, LongerWithZerosBehindIsTheSame) {
  for (const Command& command : commands()) {
    for (const std::size_t more : {1U, 4U, 8U, 64U, 1024U}) {
      Bytes request = good(command);
      request.resize(command.size + more);
      set_size(request, static_cast<std::uint32_t>(request.size()));
      // It ends where the page does: nothing behind it is looked at.
      GuardedPage page;
      auto* const at = static_cast<unsigned char*>(page.put(request.data(), request.size()));
      EXPECT_EQ(device.call(command.number, at), Errno{}) << command.name << ", " << more;
      EXPECT_TRUE(std::all_of(at + command.size, at + request.size(),
                              [](unsigned char byte) { return byte == 0; }))
          << command.name << ": it was written what this module has not";
      EXPECT_EQ(std::memcmp(at, request.data(), sizeof(std::uint32_t)), 0)
          << command.name << ": the size is the caller's";
      undo(command);
    }
  }
}

// What this module does not know it must not ignore.
TEST_F(AbiSizes, LongerWithAnythingBehindIsRefused) {
  constexpr std::size_t more = 24;
  for (const Command& command : commands()) {
    const Bytes fitting = good(command);
    for (std::size_t place = 0; place < more; ++place) {
      Bytes request = fitting;
      request.resize(command.size + more);
      set_size(request, static_cast<std::uint32_t>(request.size()));
      request[command.size + place] = 0x80;
      expect_refused(command, request, Errno{E2BIG}, "byte " + std::to_string(place));
    }
    undo(command);
  }
}

TEST_F(AbiSizes, NothingBehindWhatTheCallerSaidIsReadOrWritten) {
  for (const Command& command : commands()) {
    Bytes request = good(command);
    request.resize(command.size + 64, 0xa5);
    EXPECT_EQ(device.call(command.number, request.data()), Errno{}) << command.name;
    EXPECT_TRUE(std::all_of(request.begin() + static_cast<std::ptrdiff_t>(command.size),
                            request.end(), [](unsigned char byte) { return byte == 0xa5; }))
        << command.name;
    undo(command);
    // As far as the page goes, and no further.
    GuardedPage page;
    request = good(command);
    EXPECT_EQ(device.call(command.number,
                          static_cast<unsigned char*>(page.put(request.data(), command.size))),
              Errno{})
        << command.name << " at the end of a page";
    undo(command);
  }
}

TEST_F(AbiSizes, RequestsThatCannotBeRead) {
  for (const Command& command : commands()) {
    EXPECT_EQ(device.call_at(command.number, 0), Errno{EFAULT}) << command.name;
    Bytes request = good(command);
    const auto cut_at = [&](std::size_t size) {
      GuardedPage page;
      return device.call(command.number,
                         static_cast<unsigned char*>(page.put(request.data(), size)));
    };
    // Not even the size; the size alone; all but a byte.
    EXPECT_EQ(cut_at(2), Errno{EFAULT}) << command.name;
    EXPECT_EQ(cut_at(sizeof(std::uint32_t)), Errno{EFAULT}) << command.name;
    EXPECT_EQ(cut_at(command.size - 1), Errno{EFAULT}) << command.name;
    // A longer one whose end is not there.
    set_size(request, static_cast<std::uint32_t>(command.size + 8));
    EXPECT_EQ(cut_at(command.size), Errno{EFAULT}) << command.name;
    undo(command);
  }
}

// However much it says it is: that has an end, and memory that is not there is not read.
TEST_F(AbiSizes, NoSizeIsTakenOnTrust) {
  for (const Command& command : commands()) {
    Bytes request = good(command);
    for (const std::uint32_t size : {UINT32_MAX, std::uint32_t{0x80000000}}) {
      set_size(request, size);
      GuardedPage page;
      const Errno answer = device.call(
          command.number, static_cast<unsigned char*>(page.put(request.data(), request.size())));
      EXPECT_TRUE(answer == Errno{EFAULT} || answer == Errno{E2BIG})
          << command.name << " of " << size << ": " << answer;
    }
    undo(command);
  }
}

TEST_F(AbiSizes, AnswersThatCannotBeWritten) {
  for (const Command& command : commands()) {
    if (!command.answers) continue;
    const Bytes request = good(command);
    GuardedPage page;
    auto* const at = static_cast<unsigned char*>(page.put(request.data(), request.size()));
    page.make_read_only();
    EXPECT_EQ(device.call(command.number, at), Errno{EFAULT}) << command.name;
    undo(command);
  }
}

}  // namespace
}  // namespace percpu_scope::guest
