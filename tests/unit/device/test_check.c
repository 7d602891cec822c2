/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a port's device before DPDK is given it. */
#include "support.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <rte_log.h>

#include "device.h"
#include "eal.h"
#include "heard.h"

/* What is said of it behind the place in the file and the device; "" when all is well. */
static const char *said_of_port(const char *device, enum rdl_conf_exception exception)
{
	const struct rdl_conf_port port = {
		.where = { "a.conf", 12 }, .device = device, .exception = exception
	};
	char before[128];

	snprintf(before, sizeof(before), "error start: a.conf:12: port %s: ", device);
	listen_to();
	int ret = device_check(&port, true);
	const char *said = heard();

	if (ret == 0) {
		assert_string_equal(said, "");
		return said;
	}
	assert_int_equal(ret, -1);
	assert_int_equal(lines_in(said), 1);
	assert_memory_equal(said, before, strlen(before));
	return said + strlen(before);
}

static const char *said_of(const char *device)
{
	return said_of_port(device, RDL_CONF_EXCEPTION_NONE);
}

#define NO_DEVICE \
	"neither a PCI address nor a DPDK virtual device such as net_af_packet0,iface=eth1\n"

static void devices(void **state)
{
	assert_string_equal(said_of("eth1"), NO_DEVICE);
	assert_string_equal(said_of("net_nosuch0,iface=lo"), NO_DEVICE);
	assert_string_equal(said_of("ffff:ff:1f.7"),
		"there is no PCI device ffff:ff:1f.7 (lspci -D lists them)\n");
	assert_string_equal(said_of("net_af_packet0,iface=rdl-none"),
		"there is no network interface \"rdl-none\"\n");
	assert_string_equal(said_of("net_af_packet0"), "names no iface=\n");
	assert_string_equal(said_of("net_af_xdp0,start_queue=0"), "names no iface=\n");
	/* They need not name any. */
	assert_string_equal(said_of("net_pcap0,rx_pcap=/none"), "");
	assert_string_equal(said_of("net_ring0"), "");
	assert_string_equal(said_of("net_null0"), "");
}

/* None is effective: as somebody has none. */
static void rights(void **state)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = { 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	assert_int_equal(syscall(SYS_capget, &header, kept), 0);
	memcpy(none, kept, sizeof(none));
	none[0].effective = none[1].effective = 0;
	assert_int_equal(syscall(SYS_capset, &header, none), 0);
	assert_string_equal(said_of("net_af_packet0,iface=lo"),
		"no right to open network interfaces so: lacks CAP_NET_RAW, CAP_NET_ADMIN\n");
	assert_string_equal(said_of("net_af_xdp0,iface=lo"),
		"no right to open network interfaces so: lacks CAP_NET_RAW, CAP_NET_ADMIN, "
		"CAP_BPF\n");
	assert_string_equal(said_of("net_tap0"),
		"no right to open network interfaces so: lacks CAP_NET_ADMIN\n");
	assert_string_equal(said_of("net_pcap0,iface=lo"),
		"no right to open network interfaces so: lacks CAP_NET_RAW\n");
	assert_string_equal(said_of("net_pcap0,rx_pcap=/none"), "");
	assert_string_equal(said_of("net_ring0"), "");
	assert_string_equal(said_of_port("net_ring0", RDL_CONF_EXCEPTION_TAP),
		"no right to open network interfaces so: lacks CAP_NET_ADMIN\n");
	assert_string_equal(said_of_port("net_ring0", RDL_CONF_EXCEPTION_VIRTIO_USER),
		"no right to open network interfaces so: lacks CAP_NET_ADMIN\n");
	assert_int_equal(syscall(SYS_capset, &header, kept), 0);
}

/* Where the kernel's part is not there, it is said how it comes. */
static void vhost(void **state)
{
	const char *said = said_of_port("net_ring0", RDL_CONF_EXCEPTION_VIRTIO_USER);

	assert_string_equal(
		said, access("/dev/vhost-net", R_OK | W_OK) == 0
			      ? ""
			      : "exception: there is no /dev/vhost-net: load its module (modprobe "
				"vhost_net), or set exception = \"tap\"\n");
}

static int begin(void **state)
{
	int ret = eal_start(state);

	/* Its own words come beside ours. */
	rte_log_set_global_level(RTE_LOG_EMERG);
	return ret;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(rights),
		cmocka_unit_test(vhost),
	};

	return cmocka_run_group_tests(tests, begin, eal_stop);
}
