/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of the module's coming up that can fail, each of which can be made to: no
 * list of the kernel's for error injection has them all.
 */
#ifndef PSCOPE_INIT_STEP_H
#define PSCOPE_INIT_STEP_H

/* Before a step: -ENOMEM if it is the one that module parameter fail_step names. */
int pscope_init_step(void);

#endif /* PSCOPE_INIT_STEP_H */
