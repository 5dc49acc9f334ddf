// SPDX-License-Identifier: GPL-2.0-only
//
// Tables of variables cost what they show: work grows as CPUs do, and as leaves do, and text
// costs no more than JSON does, nor holds more memory.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "btf_samples.hpp"
#include "cli/var/leaves.hpp"
#include "cli/var/rates.hpp"
#include "cli/var/reading.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "work.hpp"

namespace percpu_scope::cli {
namespace {

std::vector<std::uint32_t> first_cpus(std::uint32_t count) {
  std::vector<std::uint32_t> cpus(count);
  // With gaps, as there may be.
  for (std::uint32_t i = 0; i < count; ++i) cpus[i] = i + i / 8;
  return cpus;
}

// A struct of so many numbers, read on so many CPUs: as pcpu var read makes its document.
class Sample {
 public:
  Sample(std::uint32_t leaves, std::uint32_t cpus) : cpus_(first_cpus(cpus)) {
    BtfWriter writer;
    const int word = writer.integer("unsigned int", 4);
    const int pair = writer.struct_of("pair", 8, {{"first", word, 0}, {"second", word, 32}});
    const int whole = writer.array(pair, leaves / 2);
    writer.section(".data..percpu", {{writer.variable("sample", whole), 0, 4 * leaves}});
    btf_ = std::make_unique<inspect::Btf>(inspect::Btf::parse(writer.bytes()));
    variable_ = inspect::variables_of(*btf_, "vmlinux");
    bytes_.resize(std::size_t{4} * leaves);
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<std::byte>(i * 37);
  }

  [[nodiscard]] Json document() const {
    const NamedPlace named{.name = "sample",
                           .module = "vmlinux",
                           .btf = btf_.get(),
                           .place = inspect::resolve(*btf_, variable_.front().type, {})};
    const auto copy = [&](std::uint32_t) { return inspect::Copy{.bytes = bytes_, .read = true}; };
    Json variables = Json::array();
    variables.push_back(reading_document(named, cpus_, {}, copy, [] { return std::string(); }));
    return Json{{"method", "generic"}, {"variables", std::move(variables)}};
  }

 private:
  std::vector<std::uint32_t> cpus_;
  std::unique_ptr<inspect::Btf> btf_;
  std::vector<inspect::Variable> variable_;
  Bytes bytes_;
};

constexpr std::uint32_t few = 64;
constexpr std::uint32_t factor = 8;
// Times `factor`: what is quadratic does `factor` times as much as this.
constexpr double most_growth = factor * 1.3;

using Body = std::function<void(std::uint32_t leaves, std::uint32_t cpus)>;

double growth(const Body& body, std::uint32_t leaves, std::uint32_t cpus) {
  const auto blocks = [&](std::uint32_t more_leaves, std::uint32_t more_cpus) {
    return static_cast<double>(work_of([&] { body(more_leaves, more_cpus); }).blocks);
  };
  const double least = blocks(few, few);
  EXPECT_GT(least, few * few) << "nothing is counted";
  return blocks(leaves, cpus) / least;
}

void expect_linear(const Body& body) {
  EXPECT_LT(growth(body, few, few * factor), most_growth) << "in CPUs";
  EXPECT_LT(growth(body, few * factor, few), most_growth) << "in leaves";
}

TEST(VarWork, Documents) {
  expect_linear(
      [](std::uint32_t leaves, std::uint32_t cpus) { (void)Sample(leaves, cpus).document(); });
}

TEST(VarWork, Tables) {
  expect_linear([](std::uint32_t leaves, std::uint32_t cpus) {
    (void)render_reading(Sample(leaves, cpus).document(), Numbers::exact);
  });
}

TEST(VarWork, FlatLines) {
  expect_linear([](std::uint32_t leaves, std::uint32_t cpus) {
    (void)render_flat(Sample(leaves, cpus).document());
  });
}

TEST(VarWork, Looks) {
  expect_linear([](std::uint32_t numbers, std::uint32_t cpu_count) {
    const std::vector<std::uint32_t> cpus = first_cpus(cpu_count);
    std::vector<std::size_t> places(cpu_count);
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::vector<Track> tracks;
    for (std::uint32_t i = 0; i < numbers; ++i)
      tracks.push_back({.name = "n" + std::to_string(i), .width = 64, .cpus = places});
    Look look{
        .values = std::vector<std::optional<std::uint64_t>>(std::size_t{numbers} * cpu_count, 7),
        .unread = std::vector<std::string>(numbers),
        .online = std::vector<bool>(cpu_count, true)};
    Json document;
    for (int i = 0; i < 3; ++i) {
      update_rates(document, tracks, cpus, look, look, std::chrono::seconds(1),
                   std::chrono::seconds(1));
      (void)render_rates(document, RateView::all, Numbers::exact);
    }
  });
}

TEST(VarWork, TextIsNoDearerThanJson) {
  const Json document = Sample(2000, few).document();
  const Work json = work_of([&] { (void)document.dump(); });
  const Work text = work_of([&] { (void)render_reading(document, Numbers::exact); });
  EXPECT_LT(static_cast<double>(text.blocks), 1.5 * static_cast<double>(json.blocks));
  if (!text.bytes) return;
  EXPECT_LT(static_cast<double>(*text.bytes), 1.5 * static_cast<double>(*json.bytes));
}

}  // namespace
}  // namespace percpu_scope::cli
