// SPDX-License-Identifier: GPL-2.0-only
/*
 * NMIs on x86: sending them, and handling those that are ours, which hit whatever runs
 * on the job's CPU, interrupts off or not. Who sends when is senders.c's.
 *
 * Nothing here may be used from an NMI but pscope_generator_update().
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/nmi.h>

#include "compat.h"
#include "contexts.h"
#include "idiom.h"

/* From one CPU's APIC to another's: microseconds at most, for hardware. */
#define DELIVERY_US	10
#define GRACE		(HZ / 10)

/* Whom NMIs on this CPU belong to. They cannot wait for a lock: one at a time. */
static DEFINE_PER_CPU(struct pscope_interference *, pscope_nmi_target);

/* Until when (jiffies) an NMI that comes late is still ours. */
static DEFINE_PER_CPU(unsigned long, pscope_nmi_grace);

static int handle_nmi(unsigned int type, struct pt_regs *regs)
{
	struct pscope_interference *interference = this_cpu_read(pscope_nmi_target);

	if (!interference)
		return NMI_DONE;
	pscope_generator_update(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI]);
	return NMI_HANDLED;
}

/* Nobody's NMI makes the kernel complain, or panic with unknown_nmi_panic. */
static int handle_unknown_nmi(unsigned int type, struct pt_regs *regs)
{
	return time_before(jiffies, this_cpu_read(pscope_nmi_grace)) ? NMI_HANDLED : NMI_DONE;
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

void pscope_nmi_send(unsigned int cpu)
{
	pscope_send_ipi_mask(cpumask_of(cpu), NMI_VECTOR);
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
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_grace, interference->cpu), jiffies + GRACE);
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, interference->cpu), NULL);
	/* And none still looks at the interference after this. */
	smp_call_function_single(interference->cpu, nothing, NULL, true);
}

int pscope_nmi_init(void)
{
	unsigned int cpu;
	int ret;

	for_each_possible_cpu(cpu)
		per_cpu(pscope_nmi_grace, cpu) = jiffies;
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
