// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module entry: the order in which the rooms open and close. The device lets work
 * in: it comes last of all that can fail, and goes first. Debugfs comes behind it,
 * when nothing is taken back any more: nobody waits for those who read there while
 * a module fails to come up.
 */
#include <linux/build_bug.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/stddef.h>

#include "uapi/percpu_scope.h"
#include "abi_layout.h"
#include "debugfs/debugfs.h"
#include "device.h"
#include "fixed.h"
#include "init_step.h"
#include "interference/interference.h"
#include "placement.h"
#include "registry.h"

static int __init percpu_scope_init(void)
{
	int ret;

	ret = pscope_init_step() ?: pscope_placement_init(pscope_fixed_base());
	if (ret)
		return ret;
	ret = pscope_interference_init();
	if (ret)
		return ret;
	ret = pscope_fixed_init();
	if (ret)
		goto exit_interference;
	ret = pscope_device_init();
	if (ret)
		goto clear;
	pscope_debugfs_init();
	return 0;

clear:
	pscope_registry_clear();
exit_interference:
	pscope_interference_exit();
	return ret;
}

static void __exit percpu_scope_exit(void)
{
	pscope_device_exit();
	pscope_debugfs_exit();
	pscope_registry_clear();
	pscope_interference_exit();
}

module_init(percpu_scope_init);
module_exit(percpu_scope_exit);

MODULE_DESCRIPTION("See, hammer and prove per-CPU data in a running kernel");
MODULE_AUTHOR("The percpu-scope authors");
MODULE_LICENSE("GPL");
