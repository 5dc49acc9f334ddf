// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planting kprobes. What a probe does is for those that plant it.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/processor.h>
#include <linux/security.h>

#include "probe.h"

static DEFINE_MUTEX(trial_lock);
static bool was_hit;

/* Its body is for the compiler, which would leave out a call of nothing. */
static notrace noinline void hit_me(void)
{
	cpu_relax();
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

/**
 * pscope_probe_register() - register_kprobe(), for somebody in user space
 * @probe: as for register_kprobe()
 *
 * May sleep.
 *
 * Return: 0, -EPERM if the kernel is locked down against kprobes, -EOPNOTSUPP if they
 * are switched off, or what register_kprobe() returns.
 */
int pscope_probe_register(struct kprobe *probe)
{
	int ret = security_locked_down(LOCKDOWN_KPROBES);

	if (!ret)
		ret = try_probes();
	return ret ?: register_kprobe(probe);
}
