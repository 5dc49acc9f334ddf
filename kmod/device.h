/* SPDX-License-Identifier: GPL-2.0-only */
/* The character device. */
#ifndef PSCOPE_DEVICE_H
#define PSCOPE_DEVICE_H

int pscope_device_init(void);
void pscope_device_exit(void);

#endif /* PSCOPE_DEVICE_H */
