/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: kprobes that update a counter once more wherever they are hit, for injections
 * and for counting calls.
 */
#ifndef PSCOPE_PROBE_H
#define PSCOPE_PROBE_H

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/types.h>

#include "counter.h"

struct task_struct;

/**
 * struct pscope_probe - one probe
 * @kprobe: where it is
 * @counter: what it updates; of a kind with count_call()
 * @task: whose hits count. NULL: all.
 * @hits: that have counted
 */
struct pscope_probe {
#ifdef CONFIG_KPROBES
	struct kprobe kprobe;
#endif
	struct pscope_counter *counter;
	struct task_struct *task;
	atomic64_t hits;
};

/**
 * pscope_probe_plant() - plant a probe at a function's entry
 * @probe: its counter and task set
 * @function: the function's name; or NULL, for the window of the controls
 *
 * May sleep. The counter and the name stay as long as the probe does.
 *
 * Return: 0; -EOPNOTSUPP there are no kprobes, or they are switched off; -EPERM the
 * kernel is locked down against them; -EDQUOT there are as many as there may be; or what
 * register_kprobe() returns.
 */
int pscope_probe_plant(struct pscope_probe *probe, const char *function);
/* Returns the hits that were missed, while another probe was at work on the same CPU. */
u64 pscope_probe_remove(struct pscope_probe *probe);

unsigned int pscope_probe_count(void);
unsigned int pscope_probe_max(void);

#endif /* PSCOPE_PROBE_H */
