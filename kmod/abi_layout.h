/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI's layout, written down once more, so that a build fails in which it is
 * another one: in the module, and in the library, 64-bit and 32-bit. Nothing but
 * these numbers belongs here; whoever includes it brings static_assert() and
 * offsetof().
 */
#ifndef PSCOPE_ABI_LAYOUT_H
#define PSCOPE_ABI_LAYOUT_H

#define PIN_SIZE(type, size)						\
	static_assert(sizeof(struct percpu_scope_##type) == (size) &&	\
		      sizeof(struct percpu_scope_##type) % 8 == 0)
#define PIN(type, member, offset)					\
	static_assert(offsetof(struct percpu_scope_##type, member) == (offset))

PIN_SIZE(info, 128);
PIN(info, features, 8);
PIN(info, min_generator_period_ns, 48);
PIN(info, release, 56);
PIN_SIZE(cpu, 24);
PIN(cpu, offset, 16);
PIN_SIZE(cpus, 16);
PIN(cpus, cpus, 8);
PIN_SIZE(field, 24);
PIN(field, weight, 16);
PIN_SIZE(counter, 176);
PIN(counter, size, 24);
PIN(counter, percpu_pointer, 40);
PIN(counter, name, 48);
PIN(counter, fields, 80);
PIN_SIZE(counters, 16);
PIN(counters, counters, 8);
PIN_SIZE(idiom, 120);
PIN(idiom, storages, 8);
PIN(idiom, conserved, 16);
PIN(idiom, name, 24);
PIN(idiom, call, 56);
PIN_SIZE(idioms, 16);
PIN(idioms, idioms, 8);
PIN_SIZE(copy, 16);
PIN(copy, address, 8);
PIN_SIZE(copies, 24);
PIN(copies, copies, 16);
PIN_SIZE(record, 16);
PIN(record, starved, 12);
PIN_SIZE(snapshot, 32);
PIN(snapshot, size, 16);
PIN(snapshot, count, 24);
PIN(snapshot, reserved, 28);
PIN_SIZE(job, 104);
PIN(job, updates, 8);
PIN(job, interruptions, 24);
PIN(job, contexts, 32);
PIN(job, tally, 40);
PIN(job, injected, 72);
PIN(job, open_sections, 80);
PIN(job, elapsed_ns, 88);
PIN(job, cpu, 96);
PIN(job, reserved, 100);
PIN_SIZE(verify, 120);
PIN(verify, reads, 8);
PIN(verify, done, 24);
PIN(verify, torn_example, 88);
PIN_SIZE(create, 64);
PIN(create, size, 40);
PIN(create, id, 56);
PIN(create, reserved, 60);
PIN_SIZE(counter_ref, 8);
PIN(counter_ref, reserved, 4);
PIN_SIZE(count_calls, 136);
PIN(count_calls, function, 8);
PIN_SIZE(stop_calls, 16);
PIN(stop_calls, missed, 8);

#undef PIN
#undef PIN_SIZE

/*
 * Not the commands' numbers: direction and size have other places and values on
 * powerpc, mips, sparc, alpha and parisc.
 */
#define PIN_COMMAND(command, direction, number, type)			\
	static_assert(_IOC_TYPE(PERCPU_SCOPE_##command) == 0xd7 &&	\
		      _IOC_DIR(PERCPU_SCOPE_##command) == (direction) && \
		      _IOC_NR(PERCPU_SCOPE_##command) == (number) &&	\
		      _IOC_SIZE(PERCPU_SCOPE_##command) ==		\
		      sizeof(struct percpu_scope_##type))

PIN_COMMAND(GET_INFO, _IOC_READ, 0x00, info);
PIN_COMMAND(GET_CPUS, _IOC_READ | _IOC_WRITE, 0x01, cpus);
PIN_COMMAND(LIST_COUNTERS, _IOC_READ | _IOC_WRITE, 0x02, counters);
PIN_COMMAND(LIST_IDIOMS, _IOC_READ | _IOC_WRITE, 0x03, idioms);
PIN_COMMAND(GET_COPIES, _IOC_READ | _IOC_WRITE, 0x04, copies);
PIN_COMMAND(SNAPSHOT, _IOC_READ | _IOC_WRITE, 0x05, snapshot);
PIN_COMMAND(VERIFY, _IOC_READ | _IOC_WRITE, 0x06, verify);
PIN_COMMAND(HAMMER, _IOC_READ | _IOC_WRITE, 0x10, job);
PIN_COMMAND(CREATE, _IOC_READ | _IOC_WRITE, 0x11, create);
PIN_COMMAND(DESTROY, _IOC_WRITE, 0x12, counter_ref);
PIN_COMMAND(RESET, _IOC_WRITE, 0x13, counter_ref);
PIN_COMMAND(COUNT_CALLS, _IOC_WRITE, 0x14, count_calls);
PIN_COMMAND(STOP_CALLS, _IOC_READ | _IOC_WRITE, 0x15, stop_calls);

#undef PIN_COMMAND

#endif /* PSCOPE_ABI_LAYOUT_H */
