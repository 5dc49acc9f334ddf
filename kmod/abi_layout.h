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

PIN_SIZE(info, 160);
PIN(info, abi_version, 4);
PIN(info, features, 8);
PIN(info, dynamic_bytes, 48);
PIN(info, min_generator_period_ns, 80);
PIN(info, release, 88);
PIN_SIZE(list, 32);
PIN(list, of, 8);
PIN(list, element_size, 12);
PIN(list, count, 16);
PIN(list, reserved, 20);
PIN(list, elements, 24);
PIN_SIZE(cpu, 24);
PIN(cpu, offset, 16);
PIN_SIZE(context_name, 40);
PIN(context_name, name, 8);
PIN_SIZE(variant, 40);
PIN(variant, name, 8);
PIN_SIZE(kind, 64);
PIN(kind, field_count, 8);
PIN(kind, size, 16);
PIN(kind, name, 32);
PIN_SIZE(field, 40);
PIN(field, bits, 4);
PIN(field, weight, 8);
PIN(field, name, 16);
PIN_SIZE(idiom, 128);
PIN(idiom, kind, 4);
PIN(idiom, flags, 8);
PIN(idiom, conserved, 16);
PIN(idiom, runnable, 24);
PIN(idiom, name, 32);
PIN(idiom, call, 64);
PIN_SIZE(counter, 80);
PIN(counter, kind, 4);
PIN(counter, flags, 16);
PIN(counter, bytes, 24);
PIN(counter, percpu_pointer, 40);
PIN(counter, name, 48);
PIN_SIZE(copy, 16);
PIN(copy, address, 8);
PIN_SIZE(record, 16);
PIN(record, starved, 12);
PIN_SIZE(snapshot, 32);
PIN(snapshot, count, 4);
PIN(snapshot, ids, 8);
PIN(snapshot, records, 16);
PIN(snapshot, records_size, 24);
PIN_SIZE(job, 344);
PIN(job, counter, 4);
PIN(job, flags, 12);
PIN(job, updates, 16);
PIN(job, interruptions, 32);
PIN(job, contexts, 40);
PIN(job, tally, 48);
PIN(job, ipis, 176);
PIN(job, irq_works, 184);
PIN(job, injected, 192);
PIN(job, open_sections, 200);
PIN(job, elapsed_ns, 208);
PIN(job, migrations, 216);
PIN(job, cpu, 232);
PIN(job, outcome, 236);
PIN(job, in_the_way, 240);
PIN(job, nested, 336);
PIN_SIZE(verify, 104);
PIN(verify, cpu, 8);
PIN(verify, reads, 16);
PIN(verify, torn_example, 24);
PIN(verify, torn_fields, 32);
PIN(verify, outcome, 36);
PIN(verify, done, 40);
PIN(verify, elapsed_ns, 96);
PIN_SIZE(create, 72);
PIN(create, kind, 4);
PIN(create, bytes, 16);
PIN(create, name, 32);
PIN(create, counter, 64);
PIN(create, reserved, 68);
PIN_SIZE(destroy, 8);
PIN(destroy, counter, 4);
PIN_SIZE(reset, 120);
PIN(reset, flags, 8);
PIN(reset, reserved, 12);
PIN(reset, start, 16);
PIN(reset, in_the_way, 24);
PIN_SIZE(count_calls, 232);
PIN(count_calls, function, 8);
PIN(count_calls, in_the_way, 136);
PIN_SIZE(stop_calls, 16);
PIN(stop_calls, missed, 8);

#undef PIN
#undef PIN_SIZE

/* What _IO() makes of the two is another number on powerpc, mips, sparc and alpha. */
#define PIN_COMMAND(command, number)					\
	static_assert(_IOC_TYPE(PERCPU_SCOPE_##command) == 0xd7 &&	\
		      _IOC_DIR(PERCPU_SCOPE_##command) == _IOC_NONE &&	\
		      _IOC_NR(PERCPU_SCOPE_##command) == (number) &&	\
		      _IOC_SIZE(PERCPU_SCOPE_##command) == 0)

PIN_COMMAND(GET_INFO, 0x20);
PIN_COMMAND(LIST_CPUS, 0x21);
PIN_COMMAND(LIST_CONTEXTS, 0x22);
PIN_COMMAND(LIST_VARIANTS, 0x23);
PIN_COMMAND(LIST_KINDS, 0x24);
PIN_COMMAND(LIST_FIELDS, 0x25);
PIN_COMMAND(LIST_IDIOMS, 0x26);
PIN_COMMAND(LIST_COUNTERS, 0x27);
PIN_COMMAND(LIST_COPIES, 0x28);
PIN_COMMAND(SNAPSHOT, 0x29);
PIN_COMMAND(VERIFY, 0x2a);
PIN_COMMAND(HAMMER, 0x30);
PIN_COMMAND(CREATE, 0x31);
PIN_COMMAND(DESTROY, 0x32);
PIN_COMMAND(RESET, 0x33);
PIN_COMMAND(COUNT_CALLS, 0x34);
PIN_COMMAND(STOP_CALLS, 0x35);

#undef PIN_COMMAND

#endif /* PSCOPE_ABI_LAYOUT_H */
