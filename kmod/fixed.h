/* SPDX-License-Identifier: GPL-2.0-only */
/* The static counters: there while the module is, until the registry is cleared. */
#ifndef PSCOPE_FIXED_H
#define PSCOPE_FIXED_H

int pscope_fixed_init(void);

/* The lowest __percpu pointer of the static counters: what distances are shown from. */
unsigned long pscope_fixed_base(void);

#endif /* PSCOPE_FIXED_H */
