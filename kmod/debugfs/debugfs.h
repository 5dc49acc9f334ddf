/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs: text to read, nothing to write. It observes the registry, which knows it not. */
#ifndef PSCOPE_DEBUGFS_H
#define PSCOPE_DEBUGFS_H

/*
 * Only once nothing of the module's coming up can fail any more: if it did, it would take
 * its counters away, and nothing would wait for those who have files of them open.
 */
void pscope_debugfs_init(void);
/* No descriptor of the device is open, and counters still are. */
void pscope_debugfs_exit(void);

#endif /* PSCOPE_DEBUGFS_H */
