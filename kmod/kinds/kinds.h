/* SPDX-License-Identifier: GPL-2.0-only */
/* All kinds and idioms, by the numbers that users know them by. */
#ifndef PSCOPE_KINDS_H
#define PSCOPE_KINDS_H

#include "all.h"

unsigned int pscope_kind_count(void);
/* NULL if there is none. Numbers run from 0 to pscope_kind_count() - 1. */
const struct pscope_kind *pscope_kind_get(u32 number);
u32 pscope_kind_number(const struct pscope_kind *kind);
/* Does an idiom write patterns into it, which readings can be checked by? */
bool pscope_kind_is_verifiable(const struct pscope_kind *kind);
void pscope_kind_describe(u32 number, struct percpu_scope_kind *description);
/* Of all kinds, one after another. */
unsigned int pscope_field_count(void);
/* Sets the kind that the field is of. */
const struct pscope_field *pscope_field_get(u32 number, u32 *kind);

unsigned int pscope_idiom_count(void);
/* NULL if there is none. Numbers run from 0 to pscope_idiom_count() - 1. */
const struct pscope_idiom *pscope_idiom_get(u32 number);
void pscope_idiom_describe(u32 number, struct percpu_scope_idiom *description);

#endif /* PSCOPE_KINDS_H */
