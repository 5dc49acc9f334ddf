/* SPDX-License-Identifier: GPL-2.0-only */
/* Files with a row for each field of each counter, and the one of a single counter. */
#ifndef PSCOPE_DEBUGFS_COUNTERS_H
#define PSCOPE_DEBUGFS_COUNTERS_H

#include <linux/fs.h>

extern const struct file_operations * const pscope_counters_file;
extern const struct file_operations * const pscope_values_file;
/* Its private data is the counter. */
extern const struct file_operations * const pscope_counter_values_file;

#endif /* PSCOPE_DEBUGFS_COUNTERS_H */
