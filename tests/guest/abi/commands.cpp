// SPDX-License-Identifier: GPL-2.0-only
//
// The table of commands, and what makes a request of each a good one.
#include "abi/commands.hpp"

#include <algorithm>

#include "support/kernel_functions.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* made_name = "abi-command";
constexpr const char* own_name = "abi-own";

constexpr Command reading(const char* name, unsigned long number, std::size_t size) {
  return {name, number, size, false, true, 0};
}

constexpr Command listing(const char* name, unsigned long number) {
  return reading(name, number, sizeof(percpu_scope_list));
}

}  // namespace

constinit const std::array<Command, 17> all_commands{
    reading("get_info", PERCPU_SCOPE_GET_INFO, sizeof(percpu_scope_info)),
    listing("list_cpus", PERCPU_SCOPE_LIST_CPUS),
    listing("list_contexts", PERCPU_SCOPE_LIST_CONTEXTS),
    listing("list_variants", PERCPU_SCOPE_LIST_VARIANTS),
    listing("list_kinds", PERCPU_SCOPE_LIST_KINDS),
    listing("list_fields", PERCPU_SCOPE_LIST_FIELDS),
    listing("list_idioms", PERCPU_SCOPE_LIST_IDIOMS),
    listing("list_counters", PERCPU_SCOPE_LIST_COUNTERS),
    listing("list_copies", PERCPU_SCOPE_LIST_COPIES),
    reading("snapshot", PERCPU_SCOPE_SNAPSHOT, sizeof(percpu_scope_snapshot)),
    reading("verify", PERCPU_SCOPE_VERIFY, sizeof(percpu_scope_verify)),
    {"hammer", PERCPU_SCOPE_HAMMER, sizeof(percpu_scope_job), true, true, 0},
    {"create", PERCPU_SCOPE_CREATE, sizeof(percpu_scope_create), true, true, 0},
    {"destroy", PERCPU_SCOPE_DESTROY, sizeof(percpu_scope_destroy), true, false, 0},
    {"reset", PERCPU_SCOPE_RESET, sizeof(percpu_scope_reset), true, false, 0},
    {"count_calls", PERCPU_SCOPE_COUNT_CALLS, sizeof(percpu_scope_count_calls), true, true,
     PERCPU_SCOPE_FEATURE_KPROBES},
    {"stop_calls", PERCPU_SCOPE_STOP_CALLS, sizeof(percpu_scope_stop_calls), true, true,
     PERCPU_SCOPE_FEATURE_KPROBES},
};

void CommandTest::TearDown() {
  for (const percpu_scope_counter& one : counters())
    if (text_in(one.name) == made_name || text_in(one.name) == own_name) {
      EXPECT_EQ(destroy(one.counter), Errno{});
    }
}

std::vector<Command> CommandTest::commands() const {
  std::vector<Command> found(all_commands.begin(), all_commands.end());
  const std::uint64_t features = info().features;
  std::erase_if(found, [features](const Command& one) { return (one.features & ~features) != 0; });
  return found;
}

Bytes CommandTest::good_list() {
  auto request = fresh<percpu_scope_list>();
  // Four bytes of each element, so that any number of them fits.
  request.element_size = sizeof(std::uint32_t);
  request.count = static_cast<std::uint32_t>(room_.size());
  request.elements = address_of(room_.data());
  return bytes_of(request);
}

Bytes CommandTest::good_snapshot() {
  auto request = fresh<percpu_scope_snapshot>();
  snapshot_id_ = counter("plain");
  request.count = 1;
  request.ids = address_of(&snapshot_id_);
  request.records = address_of(room_.data());
  request.records_size = room_.size() * sizeof(room_[0]);
  return bytes_of(request);
}

Bytes CommandTest::good(const Command& command) {
  if (own_ == 0) own_ = make(own_name);
  switch (command.number) {
    case PERCPU_SCOPE_GET_INFO:
      return bytes_of(fresh<percpu_scope_info>());
    case PERCPU_SCOPE_LIST_COPIES: {
      Bytes request = good_list();
      std::memcpy(request.data() + offsetof(percpu_scope_list, of), &own_, sizeof(own_));
      return request;
    }
    case PERCPU_SCOPE_SNAPSHOT:
      return good_snapshot();
    case PERCPU_SCOPE_VERIFY:
      return bytes_of(good_verify());
    case PERCPU_SCOPE_HAMMER:
      return bytes_of(good_job());
    case PERCPU_SCOPE_CREATE:
      return bytes_of(create_request(made_name));
    case PERCPU_SCOPE_DESTROY: {
      auto request = fresh<percpu_scope_destroy>();
      request.counter = make(made_name);
      return bytes_of(request);
    }
    case PERCPU_SCOPE_RESET: {
      auto request = fresh<percpu_scope_reset>();
      request.counter = own_;
      return bytes_of(request);
    }
    case PERCPU_SCOPE_COUNT_CALLS: {
      auto request = fresh<percpu_scope_count_calls>();
      request.counter = own_;
      const std::string function = entry_of_getsid();
      std::memcpy(&request.function[0], function.data(),
                  std::min(function.size(), sizeof(request.function) - 1));
      return bytes_of(request);
    }
    case PERCPU_SCOPE_STOP_CALLS: {
      // Something to stop, by the command before.
      Bytes start = good(all_commands[all_commands.size() - 2]);
      EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, start.data()), Errno{});
      auto request = fresh<percpu_scope_stop_calls>();
      request.counter = own_;
      return bytes_of(request);
    }
    default:
      return good_list();
  }
}

void CommandTest::undo(const Command& command, const RawDevice& by) {
  auto stop = fresh<percpu_scope_stop_calls>();
  stop.counter = own_;
  if (command.features != 0) (void)by.call(PERCPU_SCOPE_STOP_CALLS, &stop);
  for (const percpu_scope_counter& one : counters())
    if (text_in(one.name) == made_name) {
      EXPECT_EQ(destroy(one.counter), Errno{});
    }
}

}  // namespace percpu_scope::guest
