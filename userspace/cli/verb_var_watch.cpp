// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var watch: rates of variables per CPU, again and again.
#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/leaves.hpp"
#include "cli/rates.hpp"
#include "cli/session.hpp"
#include "cli/ticks.hpp"
#include "cli/var_selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::vector<std::string> variables;
  std::string module;
  std::string method = "automatic";
  std::uint32_t interval_ms = 1000;
  std::uint64_t ticks = 0;
  bool sum = false;
  bool per_cpu = false;
  bool skew = false;
};

RateView view_of(const Arguments& arguments) {
  if (arguments.sum + arguments.per_cpu + arguments.skew > 1)
    throw UsageError("--sum, --per-cpu and --skew exclude each other");
  if (arguments.sum) return RateView::sum;
  if (arguments.per_cpu) return RateView::per_cpu;
  return arguments.skew ? RateView::skew : RateView::all;
}

// Where a number lies among what is read.
struct Number {
  std::size_t wanted;
  std::size_t offset;  // bytes into it
  std::size_t size;
  std::uint32_t bit_offset;
  std::uint32_t width;
  bool is_signed;

  [[nodiscard]] std::uint64_t from(std::span<const std::byte> bytes) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + offset, std::min(size, sizeof(bits)));
    bits >>= bit_offset;
    if (width >= 64) return bits;
    const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
    const bool negative = is_signed && (bits >> (width - 1) & 1) != 0;
    return negative ? bits | ~mask : bits & mask;
  }
};

class Watched {
 public:
  // Decodes all leaves once; a look then is a copy of their bytes.
  Watched(const inspect::Catalogue& catalogue, const Arguments& arguments)
      : chosen_(choose_variables(catalogue, arguments.variables, arguments.module,
                                 inspect::possible_cpus())),
        cpus_(cpus_of(chosen_)),
        reader_(read_chosen(catalogue, chosen_, cpus_, parse_method(arguments.method))) {
    for (std::size_t i = 0; i < chosen_.size(); ++i) add_numbers(i);
    if (tracks_.empty()) throw UsageError("there is no number in what is to be watched");
  }

  [[nodiscard]] std::span<const Track> tracks() const { return tracks_; }
  [[nodiscard]] std::span<const std::uint32_t> cpus() const { return cpus_; }

  void look(Look& look) const {
    reader_->read();
    look.values.clear();
    for (const Number& number : numbers_)
      for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
        const inspect::Copy copy = reader_->copy(number.wanted, cpu);
        look.values.push_back(copy.read ? number.from(copy.bytes) : 0);
      }
  }

 private:
  void add_numbers(std::size_t wanted) {
    const Chosen& one = chosen_[wanted];
    const inspect::Btf& btf = *one.variable->btf;
    const inspect::TypeId type = one.variable->type;
    inspect::Place whole = one.place;
    whole.path.clear();
    const std::string variable =
        expression_of(variable_document({one.variable, whole, {}}, Json::object()));
    const std::vector<std::byte> zeros(one.place.size);
    inspect::for_each_leaf(btf, one.place, zeros, {}, [&](const inspect::Leaf& leaf) {
      if (!leaf.is_number || leaf.width == 0) return;
      // The leaf's path begins at the variable, what is read at the place.
      inspect::Place place =
          inspect::resolve(btf, type, inspect::parse_request(join_path("variable", leaf.path)));
      place.offset -= one.place.offset;
      tracks_.push_back({.name = join_path(variable, leaf.path), .width = leaf.width});
      numbers_.push_back({.wanted = wanted,
                          .offset = static_cast<std::size_t>(place.offset),
                          .size = static_cast<std::size_t>(place.size),
                          .bit_offset = place.bit_offset,
                          .width = leaf.width,
                          .is_signed = leaf.is_signed});
    });
  }

  std::vector<Chosen> chosen_;
  std::vector<std::uint32_t> cpus_;
  std::unique_ptr<inspect::Reader> reader_;
  std::vector<Track> tracks_;
  std::vector<Number> numbers_;
};

ExitCode run(const Session& session, const Arguments& arguments) {
  check_interval(arguments.interval_ms);
  const RateView view = view_of(arguments);
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const Watched watched(catalogue, arguments);
  return run_watch<Look>(
      session, {.interval_ms = arguments.interval_ms,
                .count = arguments.ticks,
                .read = [&](Look& look) { watched.look(look); },
                .document =
                    [&](Json& document, const Look& before, const Look& after,
                        std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start) {
                      update_rates(document, watched.tracks(), watched.cpus(), before, after,
                                   interval, since_start);
                    },
                .render = [&](const Json& document,
                              Numbers numbers) { return render_rates(document, view, numbers); }});
}

}  // namespace

void add_var_watch(const Command& parent, Session& session) {
  const Command command = parent.add(
      "watch",
      "What the numbers of variables gain per second, on each CPU and in all; with -j a line of\n"
      "JSON each time. Differences are taken modulo the type's width: a number that decreases\n"
      "is no counter, or was reset.");
  const auto arguments = std::make_shared<Arguments>();
  command.words("variable", arguments->variables, "variables, their parts and CPUs",
                Presence::required);
  command.option("--module", arguments->module, "of this module; vmlinux: the kernel itself");
  command.choice("--method", arguments->method, {"automatic", "generic", "typed"},
                 "how to read; see var read");
  command.option("-I,--interval", arguments->interval_ms, "milliseconds between two looks");
  command.option("-c,--count", arguments->ticks, "looks; 0: until interrupted");
  command.flag("--sum", arguments->sum, "only the sums over the CPUs");
  command.flag("--per-cpu", arguments->per_cpu, "only the rate on each CPU");
  command.flag("--skew", arguments->skew, "only how uneven the CPUs are: greatest rate over mean");
  command.on_run(session, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace percpu_scope::cli
