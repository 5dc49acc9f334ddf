// SPDX-License-Identifier: GPL-2.0-only
/* Where the controls are wide open. */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/processor.h>

#include "window.h"

/*
 * Emulated interrupts arrive between translation blocks alone; each
 * cpu_relax() ends one. Without them the window is never hit.
 */
#define WINDOW_RELAXES	8

noinline void pscope_window(void)
{
	unsigned int i;

	for (i = 0; i < WINDOW_RELAXES; i++)
		cpu_relax();
}
