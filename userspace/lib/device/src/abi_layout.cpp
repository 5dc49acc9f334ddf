// SPDX-License-Identifier: GPL-2.0-only
//
// The ABI's layout, pinned at compile time, by the numbers that the module is held to as
// well. This file is part of every build, so a 32-bit program that would disagree with a
// 64-bit kernel cannot be made.
#include <percpu_scope.h>

#include <cstddef>

#include "../../../../kmod/abi_layout.h"
