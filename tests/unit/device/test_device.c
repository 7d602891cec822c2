/* SPDX-License-Identifier: BSD-3-Clause */
/* What is read from device strings, interfaces of the kernel, and rights. */
#include "support.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "device.h"
#include "rights.h"

static void addresses(void **state)
{
	static const char *const pci[] = { "0000:01:00.0", "01:00.0", "f1:00.0,arg=1", "A1:00.0" };
	static const char *const other[] = { "net_af_packet0,iface=eth1", "eth1", "", "01",
		"net_tap0,remote=a:b", ":01:00.0" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(pci); i++)
		assert_true(device_is_pci(pci[i]));
	for (size_t i = 0; i < RDL_ARRAY_LEN(other); i++)
		assert_false(device_is_pci(other[i]));
}

static void interfaces(void **state)
{
	static const struct {
		const char *device, *name; /* NULL: opens none */
	} table[] = {
		{ "net_af_packet0,iface=eth1", "eth1" },
		{ "net_af_packet0,iface=eth1,qpairs=2", "eth1" },
		{ "net_af_xdp1,start_queue=0,iface=ens3f0", "ens3f0" },
		{ "net_pcap0,iface=lo", "lo" },
		{ "net_pcap0,rx_pcap=/a,tx_pcap=/b", NULL },
		{ "net_af_packet0", NULL },
		{ "net_af_packet0,xiface=eth1", NULL },
		{ "net_af_packet0,iface2=eth2,iface=eth1", "eth1" },
		{ "net_af_packet0,iface=eth1,iface=eth2", "eth1" },
		{ "net_af_packet0,iface=", "" },
		/* As the kernel has names: fifteen characters. */
		{ "net_af_packet0,iface=abcdefghijklmnopqrst", "abcdefghijklmno" },
		/* It makes its own. */
		{ "net_tap0,iface=tap0", NULL },
		{ "net_ring0,iface=eth1", NULL },
		{ "0000:01:00.0,iface=eth1", NULL },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(table); i++) {
		char name[IF_NAMESIZE] = "?";
		bool opens = device_interface(table[i].device, name);

		if (opens != (table[i].name != NULL) || (opens && strcmp(name, table[i].name) != 0))
			fail_msg("%s: %d %s", table[i].device, opens, name);
	}
}

static void set_flags(const char *interface, short flags)
{
	struct ifreq request = { .ifr_flags = flags };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, interface);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* In a network namespace of the test's own there is one interface, and it is down. */
static void links(void **state)
{
	bool there = false;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		skip();
	unsigned lo = if_nametoindex("lo");
	assert_int_not_equal(lo, 0);
	assert_false(device_kernel_link(lo, &there));
	assert_true(there);
	set_flags("lo", IFF_UP);
	there = false;
	assert_true(device_kernel_link(lo, &there));
	assert_true(there);
	set_flags("lo", 0);
	assert_false(device_kernel_link(lo, &there));
	assert_true(there);
	assert_false(device_kernel_link(lo + 1000, &there));
	assert_false(there);
}

static struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3];

static void capabilities(long call, struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	assert_int_equal(syscall(call, &header, data), 0);
}

/* Effective are those, and no more. */
static void have(uint64_t mask)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memcpy(data, kept, sizeof(data));
	data[0].effective = kept[0].permitted & (uint32_t)mask;
	data[1].effective = kept[1].permitted & (uint32_t)(mask >> 32);
	capabilities(SYS_capset, data);
}

static void expect_missing(unsigned needs, unsigned missing, const char *names)
{
	char text[64] = "?";

	assert_int_equal(rights_missing(needs, text, sizeof(text)), missing);
	assert_string_equal(text, names);
}

static void rights(void **state)
{
	const unsigned all = RIGHT_NET_RAW | RIGHT_NET_ADMIN | RIGHT_BPF;
	char text[64] = "";

	capabilities(SYS_capget, kept);
	expect_missing(0, 0, "");
	have(0);
	expect_missing(0, 0, "");
	expect_missing(RIGHT_NET_ADMIN, RIGHT_NET_ADMIN, "CAP_NET_ADMIN");
	expect_missing(
		RIGHT_NET_RAW | RIGHT_BPF, RIGHT_NET_RAW | RIGHT_BPF, "CAP_NET_RAW, CAP_BPF");
	expect_missing(all, all, "CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF");
	/* As much of it as there is room for. */
	rights_missing(all, text, 16);
	assert_string_equal(text, "CAP_NET_RAW, CA");
	for (size_t i = 16; i < sizeof(text); i++)
		assert_int_equal(text[i], 0);
	have(UINT64_C(1) << (CAP_BPF - 32));
	expect_missing(RIGHT_BPF, RIGHT_BPF, "CAP_BPF");
	if ((kept[0].permitted >> CAP_NET_RAW & 1) != 0 &&
		(kept[0].permitted >> CAP_NET_ADMIN & 1) != 0) {
		have(UINT64_C(1) << CAP_NET_RAW);
		expect_missing(RIGHT_NET_RAW, 0, "");
		expect_missing(all, RIGHT_NET_ADMIN | RIGHT_BPF, "CAP_NET_ADMIN, CAP_BPF");
		have(UINT64_C(1) << CAP_NET_ADMIN);
		expect_missing(RIGHT_NET_RAW | RIGHT_NET_ADMIN, RIGHT_NET_RAW, "CAP_NET_RAW");
	}
	if ((kept[0].permitted >> CAP_SYS_ADMIN & 1) != 0) {
		/* It once was the right to all that CAP_BPF is for now. */
		have(UINT64_C(1) << CAP_SYS_ADMIN);
		expect_missing(all, RIGHT_NET_RAW | RIGHT_NET_ADMIN, "CAP_NET_RAW, CAP_NET_ADMIN");
	}
	capabilities(SYS_capset, kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(rights),
		cmocka_unit_test(links),
	};

	return RUN_TESTS(tests);
}
