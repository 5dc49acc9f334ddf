// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that come from another CPU: a timer there sends IPIs and NMIs to the
 * job's CPU, so that they hit whatever runs there. A timer's own interrupt comes when
 * the timer does; these come at any time. Before the sender's CPU goes down, another
 * one takes over.
 *
 * With one CPU online there are no IPIs, and NMIs come out of its own timer interrupt.
 */
#include <linux/cpumask.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/rcupdate.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "contexts.h"
#include "idiom.h"

/* IPIs are beside the timer's own interrupts, not in place of them. */
#define IPI_PERIODS	4

/**
 * pscope_send_begin() - may the next one be sent?
 * @sending: what was sent before; taken for the next one if it may
 *
 * Not before the last one was served, nor before its CPU had as much time for all else
 * as that took: where an interrupt takes longer than the period, as NMIs do under
 * emulation, a CPU would do nothing else any more, and its task never see a signal.
 *
 * Return: true if it is to be sent.
 */
bool pscope_send_begin(struct pscope_sending *sending)
{
	u64 now;

	/* After what the last one's handler did with it. */
	if (smp_load_acquire(&sending->pending))
		return false;
	now = ktime_get_mono_fast_ns();
	/* Signed: what NMIs may read of the time is not in order to the nanosecond. */
	if ((s64)(now - sending->served) < (s64)(sending->served - sending->sent))
		return false;
	sending->sent = now;
	WRITE_ONCE(sending->pending, true);
	/* It must not arrive before it is known to be pending. */
	smp_mb();
	return true;
}

/* By its handler, as the last thing: the next may be sent, and whoever stops it may go on. */
void pscope_send_served(struct pscope_sending *sending)
{
	sending->served = ktime_get_mono_fast_ns();
	/* After all that the handler did: pairs with pscope_send_begin(). */
	smp_store_release(&sending->pending, false);
}

static void handle_ipi(void *argument)
{
	struct pscope_interference *interference = argument;

	/* The idle loop serves what was sent meanwhile by itself, outside of any interrupt. */
	if (in_hardirq())
		WRITE_ONCE(interference->ipis, true);
	pscope_generator_update(&interference->generators[PERCPU_SCOPE_CONTEXT_HARDIRQ]);
	pscope_send_served(&interference->ipi_sending);
}

static enum hrtimer_restart send_ipi(struct hrtimer *timer)
{
	struct pscope_interference *interference =
		container_of(timer, struct pscope_interference, ipi_timer);

	if (pscope_send_begin(&interference->ipi_sending) &&
	    smp_call_function_single_async(interference->cpu, &interference->ipi))
		WRITE_ONCE(interference->ipi_sending.pending, false);
	hrtimer_forward_now(timer, IPI_PERIODS * interference->period);
	return HRTIMER_RESTART;
}

static enum hrtimer_restart send_nmi(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);

	pscope_nmi_send(generator->interference);
	hrtimer_forward_now(timer, generator->interference->period);
	return HRTIMER_RESTART;
}

static struct hrtimer *nmi_timer(struct pscope_interference *interference)
{
	return &interference->generators[PERCPU_SCOPE_CONTEXT_NMI].timer;
}

/*
 * From another CPU, and not where the idiom takes a spinlock_t: an IPI is a hard
 * interrupt whatever the kernel is, and lockdep wants none in it.
 */
static bool sends_ipis(const struct pscope_interference *interference)
{
	return interference->contexts & PSCOPE_HARDIRQ &&
	       interference->sender != interference->cpu &&
	       !interference->idiom->sleeps_on_rt;
}

/* On the sender's CPU: a pinned timer goes to the one that starts it. */
static void start_timers(void *argument)
{
	struct pscope_interference *interference = argument;

	if (interference->contexts & PSCOPE_NMI)
		hrtimer_start(nmi_timer(interference), interference->period,
			      HRTIMER_MODE_REL_PINNED_HARD);
	if (sends_ipis(interference))
		hrtimer_start(&interference->ipi_timer, IPI_PERIODS * interference->period,
			      HRTIMER_MODE_REL_PINNED_HARD);
}

/* Not set apart for somebody who wants to be left alone, by isolcpus= or nohz_full=. */
static bool is_for_all(unsigned int cpu)
{
	bool for_all;

	/* Partitions of cpusets come and go. */
	rcu_read_lock();
	for_all = housekeeping_cpu(cpu, HK_TYPE_TIMER) && housekeeping_cpu(cpu, HK_TYPE_DOMAIN);
	rcu_read_unlock();
	return for_all;
}

/*
 * On any online CPU but the target and one that is going down (-1: none is); on one that
 * is set apart only if there is no other.
 */
static int start_on_another(struct pscope_interference *interference, int leaving)
{
	unsigned int cpu, sender = interference->cpu;

	for_each_online_cpu(cpu) {
		if (cpu == interference->cpu || cpu == leaving)
			continue;
		if (is_for_all(cpu)) {
			sender = cpu;
			break;
		}
		if (sender == interference->cpu)
			sender = cpu;
	}
	interference->sender = sender;
	return smp_call_function_single(sender, start_timers, interference, true);
}

static void cancel_timers(struct pscope_interference *interference)
{
	if (interference->contexts & PSCOPE_NMI)
		hrtimer_cancel(nmi_timer(interference));
	if (interference->contexts & PSCOPE_HARDIRQ)
		hrtimer_cancel(&interference->ipi_timer);
}

static bool is_sent_to(const struct pscope_interference *interference)
{
	return interference->contexts & (PSCOPE_HARDIRQ | PSCOPE_NMI);
}

/* The caller's hotplug lock keeps the sender; the target, whoever stops it. */
int pscope_senders_start(struct pscope_interference *interference)
{
	int ret;

	if (!is_sent_to(interference))
		return 0;
	interference->ipi_sending = (struct pscope_sending) {};
	interference->nmi_sending = (struct pscope_sending) {};
	INIT_CSD(&interference->ipi, handle_ipi, interference);
	hrtimer_setup(&interference->ipi_timer, send_ipi, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_setup(nmi_timer(interference), send_nmi, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	if (interference->contexts & PSCOPE_NMI)
		pscope_nmi_take(interference);
	ret = start_on_another(interference, -1);
	if (ret && interference->contexts & PSCOPE_NMI)
		pscope_nmi_release(interference);
	return ret;
}

void pscope_senders_stop(struct pscope_interference *interference)
{
	if (!is_sent_to(interference))
		return;
	cancel_timers(interference);
	/* One that is on its way arrives: its CPU is online, and takes interrupts. */
	while (smp_load_acquire(&interference->ipi_sending.pending))
		cpu_relax();
	if (interference->contexts & PSCOPE_NMI)
		pscope_nmi_release(interference);
}

void pscope_sender_leaves(struct pscope_interference *interference, unsigned int leaving)
{
	if (!is_sent_to(interference) || interference->sender != leaving)
		return;
	cancel_timers(interference);
	/* It can only fail for a CPU that is offline, and this one's is not. */
	WARN_ON_ONCE(start_on_another(interference, leaving));
}
