// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry: the order in which the rooms open and close. The device comes
 * last and goes first, since it is what lets work in.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "contexts.h"
#include "counter.h"
#include "debugfs.h"
#include "device.h"
#include "placement.h"

static int __init percpu_scope_init(void)
{
	int ret;

	ret = pscope_placement_init();
	if (ret)
		return ret;
	ret = pscope_contexts_init();
	if (ret)
		return ret;
	pscope_debugfs_init();
	ret = pscope_registry_init();
	if (ret)
		goto exit_debugfs;
	ret = pscope_device_init();
	if (ret)
		goto exit_registry;
	pscope_debugfs_publish();
	return 0;

exit_registry:
	pscope_registry_exit();
exit_debugfs:
	pscope_debugfs_exit();
	pscope_contexts_exit();
	return ret;
}

static void __exit percpu_scope_exit(void)
{
	pscope_device_exit();
	pscope_registry_exit();
	pscope_debugfs_exit();
	pscope_contexts_exit();
}

module_init(percpu_scope_init);
module_exit(percpu_scope_exit);

MODULE_DESCRIPTION("See, hammer and prove per-CPU data in a running kernel");
MODULE_AUTHOR("The percpu-scope authors");
MODULE_LICENSE("GPL");
