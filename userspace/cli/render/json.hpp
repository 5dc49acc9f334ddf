// SPDX-License-Identifier: GPL-2.0-only
//
// The JSON type of all documents: members stay in the order they were put in.
// Forward declaration only, so that headers stay cheap.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace percpu_scope::cli {

using Json = nlohmann::ordered_json;

}  // namespace percpu_scope::cli
