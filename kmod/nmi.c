// SPDX-License-Identifier: GPL-2.0-only
/*
 * NMIs on x86: sending them, and handling those that are ours, which hit whatever runs
 * on the job's CPU, interrupts off or not. Who sends when is senders.c's.
 *
 * Nothing here may be used from an NMI but pscope_generator_update() and
 * pscope_send_served().
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/nmi.h>

#include "compat.h"
#include "contexts.h"
#include "idiom.h"

/* From one CPU's APIC to another's: microseconds at most, for hardware. */
#define DELIVERY_US	10
#define GRACE_US	100000

/* Whom NMIs on this CPU belong to. They cannot wait for a lock: one at a time. */
static DEFINE_PER_CPU(struct pscope_interference *, pscope_nmi_target);

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
	struct pscope_interference *interference = this_cpu_read(pscope_nmi_target);

	/* An NMI says not whose it is. It is not ours unless we have sent one. */
	if (!interference || !smp_load_acquire(&interference->nmi_sending.pending))
		return NMI_DONE;
	pscope_generator_update_here(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI]);
	/* If it was another's after all, ours is about to come. */
	allow_late(interference->cpu, DELIVERY_US);
	pscope_send_served(&interference->nmi_sending);
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
bool pscope_nmi_supported(void)
{
	return boot_cpu_has(X86_FEATURE_APIC);
}

bool pscope_nmi_taken(unsigned int cpu)
{
	return READ_ONCE(*per_cpu_ptr(&pscope_nmi_target, cpu));
}

void pscope_nmi_send(struct pscope_interference *interference)
{
	if (pscope_send_begin(&interference->nmi_sending))
		pscope_send_ipi_mask(cpumask_of(interference->cpu), NMI_VECTOR);
}

/* The CPU is not taken. */
void pscope_nmi_take(struct pscope_interference *interference)
{
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, interference->cpu), interference);
}

static void nothing(void *unused)
{
}

/* Nobody sends any more. */
void pscope_nmi_release(struct pscope_interference *interference)
{
	/*
	 * The last one is on its way to this CPU, or to another that takes it
	 * before any interrupt, and so before it answers.
	 */
	udelay(DELIVERY_US);
	smp_call_function_single(interference->cpu, nothing, NULL, true);
	/* One that has not come by now still will: pairs with pscope_send_served(). */
	if (smp_load_acquire(&interference->nmi_sending.pending))
		allow_late(interference->cpu, GRACE_US);
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, interference->cpu), NULL);
	/* And none still looks at the interference after this. */
	smp_call_function_single(interference->cpu, nothing, NULL, true);
}

int pscope_nmi_init(void)
{
	int ret;

	ret = register_nmi_handler(NMI_LOCAL, handle_nmi, 0, "percpu_scope");
	if (ret)
		return ret;
	ret = register_nmi_handler(NMI_UNKNOWN, handle_unknown_nmi, 0, "percpu_scope");
	if (ret)
		unregister_nmi_handler(NMI_LOCAL, "percpu_scope");
	return ret;
}

void pscope_nmi_exit(void)
{
	unregister_nmi_handler(NMI_UNKNOWN, "percpu_scope");
	unregister_nmi_handler(NMI_LOCAL, "percpu_scope");
}
