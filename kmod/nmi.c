// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator of NMIs on x86: a timer on another CPU sends them to the job's
 * CPU, so that they hit whatever runs there, interrupts off or not. With one
 * CPU online it sends them to itself, out of its own timer interrupt. Before the
 * sender's CPU goes down, another one takes over.
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

static enum hrtimer_restart send_nmi(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);

	pscope_send_ipi_mask(cpumask_of(generator->interference->cpu), NMI_VECTOR);
	hrtimer_forward_now(timer, generator->interference->period);
	return HRTIMER_RESTART;
}

static void start_sender(void *argument)
{
	struct pscope_interference *interference = argument;

	hrtimer_start(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer,
		      interference->period, HRTIMER_MODE_REL_PINNED_HARD);
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

/* On any online CPU but the target and one that is going down (-1: none is). */
static int send_from_another(struct pscope_interference *interference, int leaving)
{
	unsigned int cpu, sender = interference->cpu;

	for_each_online_cpu(cpu) {
		if (cpu == interference->cpu || cpu == leaving)
			continue;
		sender = cpu;
		break;
	}
	interference->nmi_sender = sender;
	return smp_call_function_single(sender, start_sender, interference, true);
}

/* The CPU is not taken, and the caller's hotplug lock keeps the sender. */
int pscope_nmi_start(struct pscope_interference *interference)
{
	struct pscope_interference **target =
		per_cpu_ptr(&pscope_nmi_target, interference->cpu);
	int ret;

	WRITE_ONCE(*target, interference);
	hrtimer_setup(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer, send_nmi,
		      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	ret = send_from_another(interference, -1);
	if (ret)
		WRITE_ONCE(*target, NULL);
	return ret;
}

/* `leaving` goes down: the timer there would be moved to who knows which CPU. */
void pscope_nmi_sender_leaves(struct pscope_interference *interference, unsigned int leaving)
{
	if (interference->nmi_sender != leaving)
		return;
	hrtimer_cancel(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer);
	/* It can only fail for a CPU that is offline, and this one's is not. */
	WARN_ON_ONCE(send_from_another(interference, leaving));
}

static void nothing(void *unused)
{
}

void pscope_nmi_stop(struct pscope_interference *interference)
{
	hrtimer_cancel(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer);
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
