// SPDX-License-Identifier: GPL-2.0-only
//
// The samples.
#include "samples.hpp"

#include <cstring>

namespace percpu_scope::samples {

Counter plain() {
  return {.id = CounterId{1},
          .storage = Storage::u64,
          .origin = Origin::static_,
          .variant = Variant::define_per_cpu,
          .flags = PERCPU_SCOPE_COUNTER_PERCPU,
          .kind_flags = PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_DYNAMIC,
          .size = 8,
          .align = 8,
          .percpu_pointer = 0x20,
          .name = "plain",
          .fields = {{.name = "value", .weight = 1}}};
}

Counter stats() {
  return {.id = CounterId{7},
          .storage = Storage::u64_stats,
          .origin = Origin::static_,
          .variant = Variant::define_per_cpu,
          .flags = PERCPU_SCOPE_COUNTER_PERCPU,
          .kind_flags =
              PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_DYNAMIC | PERCPU_SCOPE_KIND_UNSKEWED,
          .size = 16,
          .align = 8,
          .percpu_pointer = 0x40,
          .name = "stats",
          .fields = {{.name = "packets", .weight = 1}, {.name = "bytes", .weight = 1500}}};
}

std::vector<Cpu> cpus() {
  return {{.number = 0, .node = 0, .online = true, .offset = 0},
          {.number = 2, .node = 1, .online = false, .offset = 0x1000}};
}

Idiom sum_idiom() {
  return {.id = IdiomId{0},
          .flags = PERCPU_SCOPE_IDIOM_UNTORN,
          .storage = Storage::u64,
          .kind_flags = PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_DYNAMIC,
          .conserved = {Context::task, Context::hardirq},
          .runnable = {Context::task, Context::softirq, Context::hardirq},
          .name = "inc",
          .call = "this_cpu_inc(*p)"};
}

Idiom pattern_idiom() {
  return {.id = IdiomId{1},
          .flags = PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_UNTORN,
          .storage = Storage::u64_stats,
          .kind_flags =
              PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_DYNAMIC | PERCPU_SCOPE_KIND_UNSKEWED,
          .conserved = {Context::task},
          .runnable = {Context::task},
          .name = "set",
          .call = "u64_stats_set()"};
}

Idiom control_idiom() {
  Idiom idiom = pattern_idiom();
  idiom.id = IdiomId{2};
  idiom.flags = PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_CONTROL;
  idiom.name = "broken";
  return idiom;
}

std::vector<std::uint64_t> record_words(CounterId counter, std::uint32_t fields,
                                        const std::vector<std::uint64_t>& shared,
                                        const std::vector<std::uint64_t>& values,
                                        const std::vector<std::uint64_t>& sum,
                                        std::uint32_t starved) {
  const percpu_scope_record header{.counter = static_cast<std::uint32_t>(counter),
                                   .field_count = fields,
                                   .cpu_count = static_cast<std::uint32_t>(values.size()) / fields,
                                   .starved = starved};
  std::vector<std::uint64_t> words(sizeof(header) / sizeof(std::uint64_t));
  std::memcpy(words.data(), &header, sizeof(header));
  words.insert(words.end(), shared.begin(), shared.end());
  words.insert(words.end(), values.begin(), values.end());
  words.insert(words.end(), sum.begin(), sum.end());
  return words;
}

}  // namespace percpu_scope::samples
