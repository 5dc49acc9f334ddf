/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader that verifies patterns. */
#ifndef PSCOPE_VERIFY_H
#define PSCOPE_VERIFY_H

#include <linux/types.h>

#include "kinds/kind.h"

struct percpu_scope_verify;

/**
 * struct pscope_found - what was found in readings of one copy
 * @torn: readings with a field that no writer wrote
 * @skewed: readings with fields of different updates
 * @backward: readings with a field behind the last reading
 * @changed: readings that differ from the one before
 * @torn_example: the first torn reading
 */
struct pscope_found {
	u64 torn;
	u64 skewed;
	u64 backward;
	u64 changed;
	u64 torn_example[PSCOPE_FIELDS_MAX];
};

/*
 * The check itself, a function of what was read alone: so many readings of all
 * fields, one after another, and what they add to what was found.
 */
void pscope_check_readings(const struct pscope_kind *kind, const u64 *readings,
			   unsigned int count, struct pscope_found *found);

/* 0, or an error of docs/abi.md. */
int pscope_verify(struct percpu_scope_verify *request);

#endif /* PSCOPE_VERIFY_H */
