// SPDX-License-Identifier: GPL-2.0-only
#include "readings.hpp"

#include <utility>

namespace percpu_scope::cli {

Json variable(const std::string& name, Json values, const std::string& module,
              const std::string& path, const std::string& type) {
  return Json{{"name", name}, {"module", module}, {"path", path},
              {"type", type}, {"size", 8},        {"values", std::move(values)}};
}

Json reading(std::vector<Json> variables) {
  return Json{{"method", "generic"}, {"variables", std::move(variables)}};
}

Json two_fields(std::uint64_t a, std::uint64_t b) {
  return Json{{"a", a}, {"b", Json::array({b, 0})}};
}

}  // namespace percpu_scope::cli
