// SPDX-License-Identifier: GPL-2.0-only
//
// Answers requests in a module's place: lists as the ABI has them grow, and
// whatever a test wants for the rest. It knows two kinds, of which one is new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "percpu_scope/channel.hpp"

namespace percpu_scope::samples {

// A name into its room; nothing ends one that fills it.
template <std::size_t Size>
void name(char (&room)[Size], std::string_view text) {
  std::memset(&room[0], 0, Size);
  std::memcpy(&room[0], text.data(), text.size() < Size ? text.size() : Size);
}

class FakeModule {
 public:
  // One that is well made: kinds 0 "u64" {value} and 7 "flows" of seven fields, variants 0
  // "DEFINE_PER_CPU" and 9 "alloc_newer", contexts 0 "task" and 40 "guest".
  FakeModule();

  // Elements as this module has them: those of another size than the header's, too.
  template <typename Element>
  void list(unsigned long command, const std::vector<Element>& elements) {
    const auto bytes = std::as_bytes(std::span(elements));
    lists_[command] = {.element_size = sizeof(Element), .bytes = {bytes.begin(), bytes.end()}};
  }
  // What a request that is no list ends in.
  template <typename Request>
  void answer(unsigned long command, std::function<int(Request&)> answer) {
    answers_[command] = [answer = std::move(answer)](void* request) {
      Request& asked = *static_cast<Request*>(request);
      return asked.size == sizeof(Request) ? answer(asked) : wrong_size;
    };
  }

  // Valid as long as this module is, and as its last changes have made it.
  [[nodiscard]] Channel::Answers answers() const;

  std::vector<percpu_scope_kind> kinds;
  std::vector<percpu_scope_field> fields;
  // Puts both into the lists.
  void list_kinds();

 private:
  // No errno of the kernel's.
  static constexpr int wrong_size = 9999;

  struct List {
    std::size_t element_size = 0;
    std::vector<std::byte> bytes;
  };

  [[nodiscard]] static int fill(const List& list, percpu_scope_list& request);

  std::map<unsigned long, List> lists_;
  std::map<unsigned long, std::function<int(void*)>> answers_;
};

// A counter and an idiom of a kind.
percpu_scope_counter abi_counter(std::uint32_t kind, std::string_view title);
percpu_scope_idiom abi_idiom(std::uint32_t kind, std::string_view title);

}  // namespace percpu_scope::samples
