// SPDX-License-Identifier: GPL-2.0-only
//
// What idioms promise, as documents and as a table in Markdown. Pure functions.
#pragma once

#include <span>
#include <string>

#include "cli/render/json.hpp"
#include "percpu_scope/descriptions.hpp"

namespace percpu_scope::cli {

// What an idiom promises about interference by one context with itself and task.
enum class Promise { kept, lossy, refused };
Promise promise_of(const Idiom& idiom, Context context, const Info& info, ContextSet kept_out = {});
// idiom, call, and for each context a Promise by its word.
Json promise_rows(std::span<const Idiom> idioms, const Info& info);
// {"machine", "kernel", "rows"} as a table in Markdown.
std::string render_promises(const Json& document);

}  // namespace percpu_scope::cli
