// SPDX-License-Identifier: GPL-2.0-only
#include "cli/frame/remedies.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace percpu_scope::cli {
namespace {

struct Remedy {
  Operation operation;
  int error_number;
  std::string_view text;
};

constexpr std::string_view insert_module = "load the module: insmod percpu_scope.ko";
constexpr std::string_view be_root =
    "run as root, or widen the mode of the device with a udev rule";
constexpr std::string_view need_syslog =
    "raw addresses need CAP_SYSLOG; leave them out or run as root";
constexpr std::string_view more_probes =
    "stop counting other calls, or load the module with a greater max_probes=";
constexpr std::string_view open_writable = "open the device for reading and writing";

constexpr std::array remedies{
    Remedy{Operation::open_device, ENOENT, insert_module},
    Remedy{Operation::open_device, ENODEV, insert_module},
    Remedy{Operation::open_device, ENXIO, insert_module},
    Remedy{Operation::open_device, EACCES, be_root},
    Remedy{Operation::open_device, EPERM, be_root},
    Remedy{Operation::get_cpus, EPERM, need_syslog},
    Remedy{Operation::list_counters, EPERM, need_syslog},
    Remedy{Operation::get_copies, EPERM, need_syslog},
    Remedy{Operation::hammer, EBADF, open_writable},
    Remedy{Operation::create, EBADF, open_writable},
    Remedy{Operation::destroy, EBADF, open_writable},
    Remedy{Operation::reset, EBADF, open_writable},
    Remedy{Operation::hammer, EOPNOTSUPP,
           "the idiom loses updates in these contexts, or the kernel cannot generate them; "
           "a finding may still be run where it does not hang the CPU"},
    Remedy{Operation::hammer, EINVAL,
           "the idiom may not fit the counter's storage, or the period is too short"},
    Remedy{Operation::hammer, EPERM, "this kernel is locked down: nothing can be injected"},
    Remedy{Operation::verify, ENODATA, "reset the counter, and update it with pattern idioms only"},
    Remedy{Operation::reset, EOPNOTSUPP,
           "no idiom writes patterns into this storage: leave it out"},
    Remedy{Operation::create, EINVAL,
           "a name has letters, digits, '_', '-' and '.'; only __alloc_percpu takes a size and an "
           "alignment (a power of two, up to a page)"},
    Remedy{Operation::create, EEXIST, "choose another name, or destroy that counter first"},
    Remedy{Operation::create, ENAMETOOLONG, "choose a name of at most 31 characters"},
    Remedy{Operation::create, EDQUOT,
           "destroy a counter, or load the module with a greater max_dynamic= or "
           "max_dynamic_bytes="},
    Remedy{Operation::create, EOPNOTSUPP,
           "dynamic counters need a per-CPU storage and one of the alloc_percpu calls"},
    Remedy{Operation::destroy, EPERM, "static counters live as long as the module"},
    Remedy{Operation::reset, EBUSY,
           "wait until no job runs on the counter, and no calls are counted into it"},
    Remedy{Operation::hammer, EUCLEAN,
           "something that promises nothing has run on the counter: reset it (pcpu counter reset)"},
    Remedy{Operation::hammer, EBUSY,
           "wait for the other job: what is at work on a counter is to keep its promise; NMIs on "
           "one CPU are one job's at a time, and so is injection, "
           "and there is a most of interrupts for a CPU; or until no calls are counted into the "
           "counter"},
    Remedy{Operation::count_calls, ENOENT,
           "look for the function in /proc/kallsyms; what is inlined has no entry to count"},
    Remedy{Operation::count_calls, EINVAL,
           "the kernel keeps probes out of this function (see kprobes/blacklist in debugfs)"},
    Remedy{Operation::count_calls, EDQUOT, more_probes},
    Remedy{Operation::hammer, EDQUOT, more_probes},
    Remedy{Operation::count_calls, EBUSY,
           "wait until no job runs on the counter, or count into one of its own"},
    Remedy{Operation::count_calls, EBADF, open_writable},
    Remedy{Operation::count_calls, EPERM,
           "it plants a probe in the running kernel: run as root or with CAP_PERFMON, on a kernel "
           "that is not locked down"},
    Remedy{
        Operation::count_calls, EOPNOTSUPP,
        "this kernel has no kprobes, or they are switched off (kprobes/enabled in debugfs); or the "
        "counter's storage counts no calls: a per-CPU u64 does"},
    Remedy{Operation::hotplug, ENOENT, "this CPU cannot be taken offline: choose another one"},
    Remedy{Operation::hotplug, EACCES, "run as root"},
    Remedy{Operation::hotplug, EBUSY, "something keeps this CPU: try again"},
    Remedy{Operation::pin_thread, EINVAL,
           "choose CPUs that are online and in this process's cpuset"},
    Remedy{Operation::read_debugfs, ENOENT,
           "mount debugfs (mount -t debugfs none /sys/kernel/debug) and load the module"},
    Remedy{Operation::read_debugfs, EACCES, "run as root"},
};

}  // namespace

std::string_view remedy_for(Operation operation, int error_number) {
  const auto* const found =
      std::find_if(remedies.begin(), remedies.end(), [&](const Remedy& remedy) {
        return remedy.operation == operation && remedy.error_number == error_number;
      });
  return found == remedies.end() ? std::string_view{} : found->text;
}

}  // namespace percpu_scope::cli
