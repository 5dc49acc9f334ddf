/* SPDX-License-Identifier: GPL-2.0-only */
/* The hammer: runs one job. */
#ifndef PSCOPE_HAMMER_H
#define PSCOPE_HAMMER_H

struct percpu_scope_job;

int pscope_hammer(struct percpu_scope_job *job);

#endif /* PSCOPE_HAMMER_H */
