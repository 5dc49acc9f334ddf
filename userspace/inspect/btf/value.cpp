// SPDX-License-Identifier: GPL-2.0-only
//
// The two outcomes of a walk: a JSON value, or leaves with their paths.
#include "inspect/btf/value.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "inspect/btf/value_walk.hpp"

namespace percpu_scope::inspect {
namespace {

using Json = nlohmann::ordered_json;

// ordered_json's own operator[] compares with every key that is there already.
class JsonOut {
 public:
  explicit JsonOut(Json& root) : next_(&root) {}

  void open_object(std::size_t fields) {
    *next_ = Json::object();
    next_->get_ref<Json::object_t&>().reserve(fields);
    open_.push_back(next_);
  }
  void open_array(std::size_t elements) {
    *next_ = Json::array();
    next_->get_ref<Json::array_t&>().reserve(elements);
    open_.push_back(next_);
  }
  void close() { open_.pop_back(); }
  void enter(std::string_view name) {
    auto& object = open_.back()->get_ref<Json::object_t&>();
    object.emplace_back(std::string(name), nullptr);
    next_ = &object.back().second;
  }
  void enter(std::uint32_t) {
    auto& array = open_.back()->get_ref<Json::array_t&>();
    array.emplace_back(nullptr);
    next_ = &array.back();
  }
  void leave() {}
  void scalar(Scalar&& scalar, std::uint64_t) {
    std::visit(
        [&](auto&& shown) {
          using Shown = std::decay_t<decltype(shown)>;
          if constexpr (std::is_same_v<Shown, std::string_view>)
            *next_ = std::string(shown);
          else
            *next_ = std::forward<decltype(shown)>(shown);
        },
        std::move(scalar.shown));
  }

 private:
  Json* next_;  // where the next value goes; its owner does not grow meanwhile
  std::vector<Json*> open_;
};

class LeafOut {
 public:
  LeafOut(std::string path, const std::function<void(const Leaf&)>& visit) : visit_(visit) {
    leaf_.path = std::move(path);
  }

  void open_object(std::size_t) {}
  void open_array(std::size_t) {}
  void close() {}
  void enter(std::string_view name) {
    lengths_.push_back(leaf_.path.size());
    if (!leaf_.path.empty()) leaf_.path += '.';
    leaf_.path += name;
  }
  void enter(std::uint32_t index) {
    lengths_.push_back(leaf_.path.size());
    leaf_.path += '[';
    append(index);
    leaf_.path += ']';
  }
  void leave() {
    leaf_.path.resize(lengths_.back());
    lengths_.pop_back();
  }
  void scalar(Scalar&& scalar, std::uint64_t at) {
    leaf_.offset = at;
    leaf_.bit_offset = scalar.bit_offset;
    leaf_.bits = scalar.bits;
    leaf_.width = scalar.width;
    leaf_.is_signed = scalar.is_signed;
    leaf_.is_number = scalar.is_number;
    std::visit([&](const auto& shown) { show(shown); }, scalar.shown);
    visit_(leaf_);
  }

 private:
  void show(std::string_view text) { leaf_.text = text; }
  void show(bool value) { leaf_.text = value ? "true" : "false"; }
  // As JSON writes it, so that both outputs agree.
  void show(double value) { leaf_.text = Json(value).dump(); }
  template <std::integral Number>
  void show(Number value) {
    std::array<char, 20> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    leaf_.text.assign(text.data(), end);
  }
  void append(std::uint32_t number) {
    std::array<char, 10> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    leaf_.path.append(text.data(), end);
  }

  const std::function<void(const Leaf&)>& visit_;
  Leaf leaf_;
  std::vector<std::size_t> lengths_;
};

}  // namespace

Json decode(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
            const Decoding& decoding) {
  Json value;
  JsonOut out(value);
  walk(btf, place, bytes, decoding, out);
  return value;
}

void for_each_leaf(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
                   const Decoding& decoding, const std::function<void(const Leaf&)>& visit) {
  LeafOut out(place.path, visit);
  walk(btf, place, bytes, decoding, out);
}

}  // namespace percpu_scope::inspect
