// SPDX-License-Identifier: GPL-2.0-only
/*
 * NMIs on x86: sending them, and handling those that are ours, which hit whatever runs
 * on the job's CPU, interrupts off or not. With one CPU online they come out of its own
 * timer interrupt.
 *
 * The handlers may use nothing that generator.h does not say is for NMIs.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/nmi.h>

#include "../compat.h"
#include "../init_step.h"
#include "sender.h"
#include "source.h"

/* From one CPU's APIC to another's: microseconds at most, for hardware. */
#define DELIVERY_US	10
#define GRACE_US	100000

/* Whom NMIs on this CPU belong to. They cannot wait for a lock: one at a time. */
static DEFINE_PER_CPU(struct pscope_generator *, pscope_nmi_target);

/*
 * Until when an NMI that comes late is still ours: ns of a clock that does not wrap,
 * since this is looked at for as long as the module is there, and read whole.
 */
static DEFINE_PER_CPU(atomic64_t, pscope_nmi_late);

static void allow_late(unsigned int cpu, unsigned int us)
{
	atomic64_set(per_cpu_ptr(&pscope_nmi_late, cpu),
		     ktime_get_mono_fast_ns() + us * NSEC_PER_USEC);
}

static int handle_nmi(unsigned int type, struct pt_regs *regs)
{
	struct pscope_generator *generator = this_cpu_read(pscope_nmi_target);

	/* An NMI says not whose it is. It is not ours unless we have sent one. */
	if (!generator || pscope_generator_is_served(generator))
		return NMI_DONE;
	pscope_generator_update(generator);
	/* If it was another's after all, ours is about to come. */
	allow_late(generator->interference->cpu, DELIVERY_US);
	pscope_generator_served(generator);
	return NMI_HANDLED;
}

/* Nobody's NMI makes the kernel complain, or panic with unknown_nmi_panic. */
static int handle_unknown_nmi(unsigned int type, struct pt_regs *regs)
{
	u64 late = atomic64_read(this_cpu_ptr(&pscope_nmi_late));

	return ktime_get_mono_fast_ns() < late ? NMI_HANDLED : NMI_DONE;
}

/*
 * The APIC sends them. Where the kernel does without (nolapic, or none that it
 * can use) it clears the feature, and the APIC's calls do nothing or worse.
 */
static bool supported(void)
{
	return boot_cpu_has(X86_FEATURE_APIC);
}

static const struct pscope_interference *taken(unsigned int cpu)
{
	const struct pscope_generator *generator = READ_ONCE(*per_cpu_ptr(&pscope_nmi_target, cpu));

	return generator ? generator->interference : NULL;
}

static enum hrtimer_restart send(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);

	if (pscope_generator_send(generator))
		pscope_send_ipi_mask(cpumask_of(generator->interference->cpu), NMI_VECTOR);
	hrtimer_forward_now(timer, generator->interference->period);
	return HRTIMER_RESTART;
}

static void nothing(void *unused)
{
}

/* Nobody sends any more. */
static void release(struct pscope_generator *generator)
{
	unsigned int cpu = generator->interference->cpu;

	/*
	 * The last one is on its way to this CPU, or to another that takes it
	 * before any interrupt, and so before it answers.
	 */
	udelay(DELIVERY_US);
	smp_call_function_single(cpu, nothing, NULL, true);
	/* One that has not come by now still will. */
	if (!pscope_generator_is_served(generator))
		allow_late(cpu, GRACE_US);
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, cpu), NULL);
	/* And none still looks at the generator after this. */
	smp_call_function_single(cpu, nothing, NULL, true);
}

static int start(struct pscope_generator *generator)
{
	int ret;

	hrtimer_setup(&generator->timer, send, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, generator->interference->cpu), generator);
	ret = pscope_sender_start(generator);
	if (ret)
		release(generator);
	return ret;
}

static void stop(struct pscope_generator *generator)
{
	pscope_sender_stop(generator);
	release(generator);
}

static int init(void)
{
	int ret;

	ret = pscope_init_step() ?: register_nmi_handler(NMI_LOCAL, handle_nmi, 0, "percpu_scope");
	if (ret)
		return ret;
	ret = pscope_init_step() ?:
	      register_nmi_handler(NMI_UNKNOWN, handle_unknown_nmi, 0, "percpu_scope");
	if (ret)
		unregister_nmi_handler(NMI_LOCAL, "percpu_scope");
	return ret;
}

static void exit_nmi(void)
{
	unregister_nmi_handler(NMI_UNKNOWN, "percpu_scope");
	unregister_nmi_handler(NMI_LOCAL, "percpu_scope");
}

const struct pscope_source pscope_nmi = {
	.context = PERCPU_SCOPE_CONTEXT_NMI,
	.init = init,
	.exit = exit_nmi,
	.supported = supported,
	.taken = taken,
	.start = start,
	.stop = stop,
	.cpu_leaves = pscope_sender_leaves,
};
