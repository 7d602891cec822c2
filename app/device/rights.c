/* SPDX-License-Identifier: BSD-3-Clause */
#include "rights.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static bool has(unsigned capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return true; /* cannot tell: the driver will */
	return (data[capability / 32].effective >> capability % 32 & 1) != 0;
}

/* Tries it: inside a user namespace the capability is there, and of no use. */
static bool may_load_programs(void)
{
	/* return XDP_PASS; */
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = { 0 };

	attributes.prog_type = BPF_PROG_TYPE_XDP;
	attributes.insns = (uintptr_t)program;
	attributes.insn_cnt = sizeof(program) / sizeof(program[0]);
	attributes.license = (uintptr_t) "BSD";
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (fd < 0)
		return errno != EPERM;
	close((int)fd);
	return true;
}

unsigned rights_missing(unsigned needs, char *names, size_t len)
{
	static const struct {
		unsigned right, capability;
		const char *name;
	} table[] = {
		{ RIGHT_NET_RAW, CAP_NET_RAW, "CAP_NET_RAW" },
		{ RIGHT_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ RIGHT_BPF, CAP_BPF, "CAP_BPF" },
	};
	unsigned missing = 0;
	size_t used = 0;

	names[0] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned right = table[i].right & needs;
		bool there = right == 0 || has(table[i].capability) ||
			     (right == RIGHT_BPF && has(CAP_SYS_ADMIN));

		if (there && right == RIGHT_BPF && missing == 0)
			there = may_load_programs();
		if (there || used >= len)
			continue;
		missing |= right;
		used += (size_t)snprintf(
			names + used, len - used, "%s%s", used > 0 ? ", " : "", table[i].name);
	}
	return missing;
}
