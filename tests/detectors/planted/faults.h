/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The faults of planted.ko. Each returns what loading the module is to return, if it
 * returns at all.
 */
#ifndef PLANTED_FAULTS_H
#define PLANTED_FAULTS_H

/* contexts.c: what may not be done where it is done */
int plant_softirq_leak(void);
int plant_get_without_put(void);
int plant_atomic_sleep(void);
int plant_unknown_nmi(void);

/* statistics.c: counters that are not made ready, or not there any more */
int plant_stats_without_init(void);
int plant_free_in_flight(void);

/* memory.c: memory spoilt, lost, or not to be had */
int plant_out_of_bounds(void);
int plant_percpu_leak(void);
int plant_percpu_leak_above_slack(void);
int plant_percpu_leak_below_slack(void);
int plant_list_corruption(void);
int plant_allocation_failure(void);

#endif
