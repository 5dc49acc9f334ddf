// SPDX-License-Identifier: GPL-2.0-only
/* Planting kprobes, for somebody in user space. */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/security.h>

#include "kinds/controls/window.h"
#include "probe.h"

static unsigned int max_probes = 32;
module_param(max_probes, uint, 0444);
MODULE_PARM_DESC(max_probes, "Most kprobes at a time (default 32)");

static atomic_t probes;

unsigned int pscope_probe_count(void)
{
	return atomic_read(&probes);
}

unsigned int pscope_probe_max(void)
{
	return max_probes;
}

#ifdef CONFIG_KPROBES

static DEFINE_MUTEX(trial_lock);
static bool was_hit;
static bool was_called;

/*
 * Its body is for the compiler, which would leave out a call of nothing; and a store, since
 * it begins with it: 32-bit ARM plants no kprobe on the barrier that cpu_relax() may be.
 */
static notrace noinline void hit_me(void)
{
	WRITE_ONCE(was_called, true);
}

static void note_hit(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
	WRITE_ONCE(was_hit, true);
}

NOKPROBE_SYMBOL(note_hit);

/*
 * Are probes hit at all? They can be registered as ever while debugfs' kprobes/enabled
 * says 0, and nothing but a hit tells. Neither ftrace nor a jump makes this one, which
 * both take their time to come and go: the function is not traced, and has something to
 * do behind the instruction.
 */
static int try_probes(void)
{
	static struct kprobe trial;
	int ret;

	mutex_lock(&trial_lock);
	/* Registering leaves its own marks in it: start from nothing. */
	trial = (struct kprobe) {
		.addr = (kprobe_opcode_t *)hit_me,
		.post_handler = note_hit,
	};
	WRITE_ONCE(was_hit, false);
	ret = register_kprobe(&trial);
	if (!ret) {
		hit_me();
		unregister_kprobe(&trial);
		if (!READ_ONCE(was_hit))
			ret = -EOPNOTSUPP;
	}
	mutex_unlock(&trial_lock);
	return ret;
}

static int count_hit(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct pscope_probe *probe = container_of(kprobe, struct pscope_probe, kprobe);

	if (probe->task && probe->task != current)
		return 0;
	probe->counter->kind->count_call(&probe->counter->memory);
	atomic64_inc(&probe->hits);
	return 0;
}

NOKPROBE_SYMBOL(count_hit);

int pscope_probe_plant(struct pscope_probe *probe, const char *function)
{
	/* The kernel's own way in asks as well: kernel/trace/trace_kprobe.c. */
	int ret = security_locked_down(LOCKDOWN_KPROBES) ?: try_probes();

	if (ret)
		return ret;
	if (!atomic_add_unless(&probes, 1, max_probes))
		return -EDQUOT;
	/* Registering leaves its own marks in it: start from nothing. */
	probe->kprobe = (struct kprobe) { .pre_handler = count_hit };
	if (function)
		probe->kprobe.symbol_name = function;
	else
		probe->kprobe.addr = (kprobe_opcode_t *)pscope_window;
	atomic64_set(&probe->hits, 0);
	ret = register_kprobe(&probe->kprobe);
	if (ret)
		atomic_dec(&probes);
	return ret;
}

u64 pscope_probe_remove(struct pscope_probe *probe)
{
	/* Waits for handlers that are at work. */
	unregister_kprobe(&probe->kprobe);
	atomic_dec(&probes);
	return probe->kprobe.nmissed;
}

#else

int pscope_probe_plant(struct pscope_probe *probe, const char *function)
{
	return -EOPNOTSUPP;
}

u64 pscope_probe_remove(struct pscope_probe *probe)
{
	return 0;
}

#endif
