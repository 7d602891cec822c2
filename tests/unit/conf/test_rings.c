/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arguments of net_af_packet: what is left out is said for the operator, what cannot be is an
 * error. For pages of 4096.
 */
#include "support.h"

#include "conf_text.h"

#define ADDRESS "addresses = [ \"192.0.2.1/24\" ]; }"
#define PORTS(device) "ports = (\n{ device = \"" device "\";\n" ADDRESS " );\n"
#define ONE(device) "ports = ( { device = \"" device "\"; addresses = [ \"192.0.2.1/24\" ]; },\n"
#define OTHER(device) "{ device = \"" device "\"; addresses = [ \"198.51.100.1/24\" ]; } );"

static void assert_more(const char *text, unsigned port, const char *expected)
{
	char *printed;
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);

	assert_string_equal(printed, "");
	assert_string_equal(conf->ports[port].device_more, expected);
	rdl_conf_free(conf);
	free(printed);
}

static void said_for_the_operator(void **state)
{
	assert_more(
		PORTS("net_af_packet0,iface=rdl0"), 0, ",framesz=5120,blocksz=20480,framecnt=512");
	assert_more(PORTS("eth_af_packet0,iface=rdl0,qpairs=2"), 0,
		",framesz=5120,blocksz=20480,framecnt=512");
	assert_more(PORTS("net_af_packet0,iface=framesz,framesz=2048"), 0,
		",blocksz=4096,framecnt=512");
	assert_more(
		PORTS("net_af_packet0,framesz=4800,iface=rdl0"), 0, ",blocksz=307200,framecnt=512");
	/* The longest that fill the operator's block. */
	assert_more(
		PORTS("net_af_packet0,iface=rdl0,blocksz=4096"), 0, ",framesz=4096,framecnt=512");
	assert_more(
		PORTS("net_af_packet0,iface=rdl0,blocksz=8192"), 0, ",framesz=4096,framecnt=512");
	assert_more(
		PORTS("net_af_packet0,iface=rdl0,blocksz=12288"), 0, ",framesz=4096,framecnt=510");
	assert_more(PORTS("net_af_packet0,iface=rdl0,blocksz=4194304,framesz=2048"), 0,
		",framecnt=2048");
	assert_more(
		PORTS("net_af_packet0,iface=rdl0,framecnt=64"), 0, ",framesz=5120,blocksz=20480");
	assert_more(
		PORTS("net_af_packet0,iface=rdl0,blocksz=20480,framesz=5120,framecnt=1024"), 0, "");
}

static void not_for_others(void **state)
{
	assert_more(PORTS("net_tap0,iface=x"), 0, "");
	assert_more(PORTS("0000:01:00.0"), 0, "");
	assert_more(ONE("net_af_packet0,iface=a") OTHER("net_tap0"), 1, "");
}

/* Buffers are a page for all ports where one is of af_xdp. */
static void beside_xdp(void **state)
{
	assert_more(ONE("net_af_xdp0,iface=a") OTHER("net_af_packet0,iface=b"), 1,
		",framesz=2048,blocksz=4096,framecnt=512");
	assert_says(ONE("net_af_packet0,iface=b,framesz=4096") OTHER("net_af_xdp0,iface=a"),
		"1: ports[0].device framesz=4096 must be a multiple of 16 from 1600 to 2048, "
		"what a packet buffer holds beside a port of af_xdp\n");
}

static void errors(void **state)
{
	static const char *const rows[][2] = {
		{ "framesz=8192",
			"framesz=8192 must be a multiple of 16 from 1600 to 5120, what a packet "
			"buffer holds" },
		{ "framesz=1584",
			"framesz=1584 must be a multiple of 16 from 1600 to 5120, what a packet "
			"buffer holds" },
		{ "framesz=4097",
			"framesz=4097 must be a multiple of 16 from 1600 to 5120, what a packet "
			"buffer holds" },
		{ "framesz=0", "framesz= must be a number from 1 to 4194304" },
		{ "framesz=", "framesz= must be a number from 1 to 4194304" },
		{ "framesz=4k", "framesz= must be a number from 1 to 4194304" },
		{ "framesz=99999999999", "framesz= must be a number from 1 to 4194304" },
		{ "framesz=2048,framesz=2048", "framesz= is there twice" },
		{ "blocksz=5000", "blocksz=5000 is not a multiple of a page, 4096" },
		{ "blocksz=4096,framesz=5120", "blocksz=4096 is not a multiple of framesz=5120" },
		{ "blocksz=8192,framesz=3200", "blocksz=8192 is not a multiple of framesz=3200" },
		{ "blocksz=8388608", "blocksz= must be a number from 1 to 4194304" },
		{ "framecnt=511", "framecnt=511 is not a multiple of the 4 frames of a block" },
		{ "framecnt=2", "framecnt=2 is not a multiple of the 4 frames of a block" },
	};

	for (unsigned i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char text[256], expected[256];

		snprintf(text, sizeof(text), PORTS("net_af_packet0,iface=rdl0,%s"), rows[i][0]);
		snprintf(expected, sizeof(expected), "2: ports[0].device %s\n", rows[i][1]);
		assert_says(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(said_for_the_operator),
		cmocka_unit_test(not_for_others),
		cmocka_unit_test(beside_xdp),
		cmocka_unit_test(errors),
	};

	return RUN_TESTS(tests);
}
