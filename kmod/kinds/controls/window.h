/* SPDX-License-Identifier: GPL-2.0-only */
/* The one window that all controls have, for interrupts and for an injection. */
#ifndef PSCOPE_WINDOW_H
#define PSCOPE_WINDOW_H

/*
 * The window of the controls, between load and store: long enough for an
 * interrupt to come under emulation, and where the kprobe of an injection sits.
 */
void pscope_window(void);

#endif /* PSCOPE_WINDOW_H */
