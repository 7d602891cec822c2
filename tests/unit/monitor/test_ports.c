/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports whose links come and go, and what their NICs have lost. */
#include "fixture.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WELL                                \
	{                                   \
		.there = true, .link = true \
	}

static bool own_network; /* one of the test's own, whose lo is down */

static int begin(void **state)
{
	static const struct rdl_pktio_health well = WELL;

	conf.ports[0].device = "0000:01:00.0";
	conf.ports[1].device = "net_tap0";
	driver_says[0] = driver_says[1] = well;
	listen_to();
	begin_with(2);
	assert_string_equal(heard(), "");
	return 0;
}

static void links(void **state)
{
	const struct monitor_port *seen = monitor_port(monitor, 1);

	assert_string_equal(look(), "");
	assert_int_equal(seen->there, 1);
	assert_int_equal(seen->link, 1);
	driver_says[1].link = false;
	assert_string_equal(look(), "warn port: link down port=1 device=net_tap0\n");
	assert_int_equal(seen->link, 0);
	assert_int_equal(monitor_port(monitor, 0)->link, 1);
	assert_string_equal(look(), "");
	driver_says[1].link = true;
	assert_string_equal(look(), "warn port: link up port=1 device=net_tap0\n");
	assert_int_equal(seen->link, 1);
	/* A device that is gone has no link, whatever the driver says. */
	driver_says[0].there = false;
	assert_string_equal(look(),
		"warn port: its device is gone, and needs a restart to come back port=0 "
		"device=0000:01:00.0\n");
	assert_int_equal(monitor_port(monitor, 0)->there, 0);
	assert_int_equal(monitor_port(monitor, 0)->link, 0);
	assert_string_equal(look(), "");
}

/* Ports take seconds to have a link once they are started. */
static void down_from_the_beginning(void **state)
{
	driver_says[0].link = driver_says[1].link = false;
	end(state);
	listen_to();
	begin_with(2);
	assert_string_equal(heard(), "");
	assert_int_equal(monitor_port(monitor, 0)->link, 0);
	own_clock_pass(4999);
	assert_string_equal(look(), "");
	/* The one comes up in time, and its next change is told at once. */
	driver_says[1].link = true;
	assert_string_equal(look(), "");
	driver_says[1].link = false;
	assert_string_equal(look(), "warn port: link down port=1 device=net_tap0\n");
	own_clock_pass(1);
	assert_string_equal(look(), "warn port: link down port=0 device=0000:01:00.0\n");
	assert_string_equal(look(), "");
	driver_says[0].link = true;
	assert_string_equal(look(), "warn port: link up port=0 device=0000:01:00.0\n");
}

/* A device that is gone will not come up. */
static void gone_from_the_beginning(void **state)
{
	driver_says[0].there = driver_says[0].link = false;
	end(state);
	listen_to();
	begin_with(2);
	assert_string_equal(heard(),
		"warn port: its device is gone, and needs a restart to come back port=0 "
		"device=0000:01:00.0\n");
}

static void one_that_flaps(void **state)
{
	unsigned said = 0;

	for (unsigned i = 0; i < 25; i++) {
		driver_says[0].link = !driver_says[0].link;
		said += lines_in(look());
	}
	assert_int_equal(said, 10);
	own_clock_pass(10000);
	assert_string_equal(look(), "warn port: link changes swallowed=15\n");
	assert_string_equal(look(), "");
}

static void losses(void **state)
{
	driver_says[0].rx_missed = 7;
	assert_string_equal(look(), "warn port: the NIC lost packets port=0 rx_missed=7 "
				    "rx_no_buffer=0 rx_errors=0 tx_errors=0\n");
	assert_int_equal(monitor_port(monitor, 0)->rx_missed, 7);
	/* Seen at once, said once in ten seconds. Each port has a line of its own. */
	driver_says[0].rx_missed = 9;
	driver_says[0].rx_no_buffer = 1;
	assert_string_equal(look(), "");
	assert_int_equal(monitor_port(monitor, 0)->rx_missed, 9);
	assert_int_equal(monitor_port(monitor, 0)->rx_no_buffer, 1);
	driver_says[1].tx_errors = 4;
	assert_string_equal(look(), "warn port: the NIC lost packets port=1 rx_missed=0 "
				    "rx_no_buffer=0 rx_errors=0 tx_errors=4\n");
	own_clock_pass(9999);
	driver_says[0].rx_errors = 3;
	assert_string_equal(look(), "");
	own_clock_pass(1);
	assert_string_equal(look(), "warn port: the NIC lost packets port=0 rx_missed=2 "
				    "rx_no_buffer=1 rx_errors=3 tx_errors=0\n");
	own_clock_pass(10000);
	assert_string_equal(look(), "");
	assert_int_equal(monitor_port(monitor, 1)->tx_errors, 4);
	/* Each is a loss of its own. */
	uint64_t *const counters[] = { &driver_says[0].rx_missed, &driver_says[0].rx_no_buffer,
		&driver_says[0].rx_errors, &driver_says[0].tx_errors };
	for (size_t i = 0; i < RDL_ARRAY_LEN(counters); i++) {
		own_clock_pass(10000);
		++*counters[i];
		assert_int_equal(lines_in(look()), 1);
	}
}

/* What a NIC lost before the gateway looked is not news. */
static void lost_before(void **state)
{
	driver_says[1].rx_errors = 100;
	end(state);
	begin_with(2);
	assert_int_equal(monitor_port(monitor, 1)->rx_errors, 100);
	assert_string_equal(look(), "");
	driver_says[1].rx_errors = 101;
	assert_string_equal(look(), "warn port: the NIC lost packets port=1 rx_missed=0 "
				    "rx_no_buffer=0 rx_errors=1 tx_errors=0\n");
}

/* Of an interface of the kernel's the driver's word does not count. */
static void the_kernels(void **state)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!own_network)
		skip();
	end(state);
	conf.ports[1].device = "net_af_packet0,iface=lo";
	listen_to();
	begin_with(2);
	assert_string_equal(
		heard(), "warn port: link down port=1 device=net_af_packet0,iface=lo\n");
	assert_int_equal(monitor_port(monitor, 1)->there, 1);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
	assert_string_equal(look(), "warn port: link up port=1 device=net_af_packet0,iface=lo\n");
}

static int start(void **state)
{
	own_network = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	return eal_start(state);
}

#define PORT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_TEST(links),
		PORT_TEST(down_from_the_beginning),
		PORT_TEST(gone_from_the_beginning),
		PORT_TEST(one_that_flaps),
		PORT_TEST(losses),
		PORT_TEST(lost_before),
		PORT_TEST(the_kernels),
	};

	return cmocka_run_group_tests(tests, start, eal_stop);
}
