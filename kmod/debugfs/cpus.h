/* SPDX-License-Identifier: GPL-2.0-only */
/* Files with a row for each possible CPU, and the one of a single counter. */
#ifndef PSCOPE_DEBUGFS_CPUS_H
#define PSCOPE_DEBUGFS_CPUS_H

#include <linux/fs.h>

extern const struct file_operations * const pscope_offsets_file;
/* Its private data is the counter. */
extern const struct file_operations * const pscope_counter_copies_file;

#endif /* PSCOPE_DEBUGFS_CPUS_H */
