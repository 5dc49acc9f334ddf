// SPDX-License-Identifier: GPL-2.0-only
//
// Whether this machine keeps what its architecture promises of 64-bit accesses; an
// emulator may not. Knows of instructions only, nothing of devices or counters.
#pragma once

namespace percpu_scope {

// Two threads try, for a second at most and once for the whole process, whether a 64-bit
// store is ever seen half done. Tried on 32-bit ARM with LPAE alone, where ldrd and strd
// are whole and atomic64_read() and atomic64_set() are made of them (Source:
// arch/arm/include/asm/atomic.h; Arm ARM, A3.5.3), and which QEMU before 10.0 does in two
// halves. What counts is the processor: a kernel without CONFIG_ARM_LPAE uses ldrexd there
// and loses a promise that it could have kept. True everywhere else, and with one CPU.
bool accesses_u64_whole();

}  // namespace percpu_scope
