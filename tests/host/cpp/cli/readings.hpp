// SPDX-License-Identifier: GPL-2.0-only
//
// Readings of variables as `pcpu var read -j` has them, for the suites that take one apart.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/render/json.hpp"

namespace percpu_scope::cli {

Json variable(const std::string& name, Json values, const std::string& module = "vmlinux",
              const std::string& path = "", const std::string& type = "struct s");
Json reading(std::vector<Json> variables);
Json two_fields(std::uint64_t a, std::uint64_t b);

}  // namespace percpu_scope::cli
