// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator of NMIs on x86: a timer on another CPU sends them to the job's
 * CPU, so that they hit whatever runs there, interrupts off or not. With one
 * CPU online it sends them to itself, out of its own timer interrupt.
 *
 * Nothing here may be used from an NMI but pscope_generator_update().
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/nmi.h>

#include "compat.h"
#include "contexts.h"
#include "idiom.h"

/* Whom NMIs on this CPU belong to. They cannot wait for a lock: one at a time. */
static DEFINE_PER_CPU(struct pscope_interference *, pscope_nmi_target);

static int handle_nmi(unsigned int type, struct pt_regs *regs)
{
	struct pscope_interference *interference = this_cpu_read(pscope_nmi_target);

	if (!interference)
		return NMI_DONE;
	pscope_generator_update(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI]);
	return NMI_HANDLED;
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

/* The CPU is not taken, and the caller's hotplug lock keeps the sender. */
int pscope_nmi_start(struct pscope_interference *interference)
{
	struct pscope_interference **target =
		per_cpu_ptr(&pscope_nmi_target, interference->cpu);
	unsigned int sender;
	int ret;

	WRITE_ONCE(*target, interference);
	hrtimer_setup(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer, send_nmi,
		      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	sender = cpumask_any_but(cpu_online_mask, interference->cpu);
	if (sender >= nr_cpu_ids)
		sender = interference->cpu;
	ret = smp_call_function_single(sender, start_sender, interference, true);
	if (ret)
		WRITE_ONCE(*target, NULL);
	return ret;
}

static void nothing(void *unused)
{
}

void pscope_nmi_stop(struct pscope_interference *interference)
{
	hrtimer_cancel(&interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer);
	/*
	 * An NMI is taken before any interrupt: once the CPU has answered, the
	 * last one has been handled. It would be unknown, and noisy, otherwise.
	 */
	smp_call_function_single(interference->cpu, nothing, NULL, true);
	WRITE_ONCE(*per_cpu_ptr(&pscope_nmi_target, interference->cpu), NULL);
	/* And none still looks at the interference after this. */
	smp_call_function_single(interference->cpu, nothing, NULL, true);
}

int pscope_nmi_init(void)
{
	return register_nmi_handler(NMI_LOCAL, handle_nmi, 0, "percpu_scope");
}

void pscope_nmi_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "percpu_scope");
}
