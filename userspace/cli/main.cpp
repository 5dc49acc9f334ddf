// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu: see app.cpp.
#include "cli/app.hpp"

int main(int argc, char** argv) { return percpu_scope::cli::run_app(argc, argv); }
