/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CoAP messages recorded from real clients and from the servers that answered them, in hex for
 * unhex(). In captures[] each comes with its meaning in words, for tests that go through them all.
 */
#ifndef RDL_TEST_CAPTURES_H
#define RDL_TEST_CAPTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Wakaama client, LwM2M 1.1: Register. */
static const char capture_wakaama_11_register[] =
	"440278a5a57817e9b272641128396c776d326d3d312e310c65703d776b2d746573742d3103623d55"
	"066c743d333030ff3c2f3e3b72743d226f6d612e6c776d326d223b63743d3131302c3c2f313e3b76"
	"65723d312e312c3c2f312f303e2c3c2f322f303e2c3c2f332f303e2c3c2f342f303e2c3c2f352f30"
	"3e2c3c2f362f303e2c3c2f372f303e2c3c2f33313032343e3b7665723d312e302c3c2f3331303234"
	"2f31303e2c3c2f33313032342f31313e2c3c2f33313032342f31323e";

/* Answer: 2.01 Created. */
static const char capture_wakaama_11_registered[] = "644178a5a57817e98272640130";

/* Wakaama client, LwM2M 1.1: Update. */
static const char capture_wakaama_11_update[] = "440278a6a67819e9b272640130";

/* Answer: 2.04 Changed. */
static const char capture_wakaama_11_updated[] = "644478a6a67819e9";

/* Wakaama client, LwM2M 1.1: De-register. */
static const char capture_wakaama_11_deregister[] = "440478a7a7781be9b272640130";

/* Answer: 2.02 Deleted. */
static const char capture_wakaama_11_deregistered[] = "644278a7a7781be9";

/* Wakaama client, LwM2M 1.0: Register. */
static const char capture_wakaama_10_register[] =
	"44022c52522c3beab272641128396c776d326d3d312e300765703d776b313003623d55066c743d33"
	"3030ff3c2f3e3b72743d226f6d612e6c776d326d223b63743d31313534332c3c2f312f303e2c3c2f"
	"322f303e2c3c2f332f303e2c3c2f342f303e2c3c2f352f303e2c3c2f362f303e2c3c2f372f303e2c"
	"3c2f33313032343e3b7665723d312e302c3c2f33313032342f31303e2c3c2f33313032342f31313e"
	"2c3c2f33313032342f31323e";

/* Answer: 2.01 Created. */
static const char capture_wakaama_10_registered[] = "64412c52522c3bea8272640130";

/* Wakaama client, LwM2M 1.0: De-register. */
static const char capture_wakaama_10_deregister[] = "44042c53532c3eeab272640130";

/* Answer: 2.02 Deleted. */
static const char capture_wakaama_10_deregistered[] = "64422c53532c3eea";

/* Wakaama client, Register in blocks of 64, one token for all: first. */
static const char capture_wakaama_blocks_0[] =
	"4402dbbbbbdb1ee9b272641128396c776d326d3d312e310965703d776b2d626c6b03623d55066c74"
	"3d333030c10aff3c2f3e3b72743d226f6d612e6c776d326d223b63743d3131302c3c2f313e3b7665"
	"723d312e312c3c2f312f303e2c3c2f322f303e2c3c2f332f303e2c3c2f342f";

/* Answer: 2.31 Continue. */
static const char capture_wakaama_blocks_0_continue[] = "645fdbbbbbdb1ee9d10e0a";

/* Wakaama client, Register in blocks of 64: second. */
static const char capture_wakaama_blocks_1[] =
	"4402dbbcbbdb1ee9b272641128396c776d326d3d312e310965703d776b2d626c6b03623d55066c74"
	"3d333030c11aff303e2c3c2f352f303e2c3c2f362f303e2c3c2f372f303e2c3c2f33313032343e3b"
	"7665723d312e302c3c2f33313032342f31303e2c3c2f33313032342f31313e";

/* Answer: 2.31 Continue. */
static const char capture_wakaama_blocks_1_continue[] = "645fdbbcbbdb1ee9d10e1a";

/* Wakaama client, Register in blocks of 64: last. */
static const char capture_wakaama_blocks_2[] =
	"4402dbbdbbdb1ee9b272641128396c776d326d3d312e310965703d776b2d626c6b03623d55066c74"
	"3d333030c122ff2c3c2f33313032342f31323e";

/* Answer: 2.01 Created. */
static const char capture_wakaama_blocks_2_registered[] = "6441dbbdbbdb1ee98272640130d10622";

/* Anjay, LwM2M 1.0: Register with a quoted ver and without b. */
static const char capture_anjay_10_register[] =
	"48029bd5e221059700e38df1b272641128396c776d326d3d312e300d0465703d616e6a61792d7465"
	"73742d312e30066c743d333030ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c"
	"3c2f352f303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d22312e31222c3c2f31"
	"302f303e2c3c2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e"
	"2c3c2f333331332f303e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e"
	"2c3c2f33333630372f303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Answer: 2.01 Created. */
static const char capture_anjay_10_registered[] = "68419bd5e221059700e38df18272640130";

/* Anjay, LwM2M 1.0: Update. */
static const char capture_anjay_10_update[] = "48029bd62ac2f4078db032ebb272640130";

/* Answer: 2.04 Changed. */
static const char capture_anjay_10_updated[] = "68449bd62ac2f4078db032eb";

/* Anjay, LwM2M 1.1: Register with a bare ver. */
static const char capture_anjay_11_register[] =
	"4802be1e58f09d7d155125cbb272641128396c776d326d3d312e310d0465703d616e6a61792d7465"
	"73742d312e31066c743d333030ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c"
	"3c2f352f303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31302f"
	"303e2c3c2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c3c"
	"2f333331332f303e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c3c"
	"2f33333630372f303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Answer: 2.01 Created. */
static const char capture_anjay_11_registered[] = "6841be1e58f09d7d155125cb8272640130";

/* Anjay, LwM2M 1.2: Register, to be refused. */
static const char capture_anjay_12_register[] =
	"4802bad68028f66d34983110b272641128396c776d326d3d312e320b65703d616e6a61792d666206"
	"6c743d333030ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c2f352f303e2c"
	"3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31302f303e2c3c2f3131"
	"3e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c3c2f333331332f30"
	"3e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c3c2f33333630372f"
	"303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Answer: 4.12 Precondition Failed. */
static const char capture_anjay_12_refused[] = "688cbad68028f66d34983110";

/* Anjay, Register with LwM2M 1.1 after the refusal of 1.2. */
static const char capture_anjay_12_fallback_register[] =
	"4802bad7d455cd941e3884d9b272641128396c776d326d3d312e310b65703d616e6a61792d666206"
	"6c743d333030ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c2f352f303e2c"
	"3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31302f303e2c3c2f3131"
	"3e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c3c2f333331332f30"
	"3e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c3c2f33333630372f"
	"303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Answer: 2.01 Created. */
static const char capture_anjay_12_fallback_registered[] = "6841bad7d455cd941e3884d98272640130";

/* Anjay, LwM2M 1.0: Register in queue mode, b=UQ. */
static const char capture_anjay_10_queue_register[] =
	"4802a238e50e55aa65ec3177b272641128396c776d326d3d312e300c65703d616e6a61792d713130"
	"066c743d33303004623d5551ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c"
	"2f352f303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d22312e31222c3c2f3130"
	"2f303e2c3c2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c"
	"3c2f333331332f303e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c"
	"3c2f33333630372f303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Anjay, LwM2M 1.1: Register in queue mode, a Q without value. */
static const char capture_anjay_11_queue_register[] =
	"4802a95c74ae7e88478893a0b272641128396c776d326d3d312e310c65703d616e6a61792d713131"
	"066c743d3330300151ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c2f352f"
	"303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31302f303e2c3c"
	"2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c3c2f333331"
	"332f303e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c3c2f333336"
	"30372f303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Anjay, Register in blocks of 64, a token for each: first. */
static const char capture_anjay_blocks_0[] =
	"4802b0a564f5926168ba48c8b272641128396c776d326d3d312e310c65703d616e6a61792d626c6b"
	"066c743d333030c10aff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c2f352f"
	"303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31";

/* Answer: 2.31 Continue. */
static const char capture_anjay_blocks_0_continue[] = "685fb0a564f5926168ba48c8d10e0a";

/* Anjay, Register in blocks of 64: second. */
static const char capture_anjay_blocks_1[] =
	"4802b0a62bc6b651af640141b272641128396c776d326d3d312e310c65703d616e6a61792d626c6b"
	"066c743d333030c11aff302f303e2c3c2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e"
	"2c3c2f333330332f303e2c3c2f333331332f303e2c3c2f333334372f303e2c3c2f33";

/* Answer: 2.31 Continue. */
static const char capture_anjay_blocks_1_continue[] = "685fb0a62bc6b651af640141d10e1a";

/* Anjay, Register in blocks of 64: last. */
static const char capture_anjay_blocks_2[] =
	"4802b0a70d1bd1358537e82bb272641128396c776d326d3d312e310c65703d616e6a61792d626c6b"
	"066c743d333030c122ff333630353e2c3c2f33333630362f303e2c3c2f33333630372f303e2c3c2f"
	"33333630383e2c3c2f33333630392f303e";

/* Answer: 2.01 Created. */
static const char capture_anjay_blocks_2_registered[] = "6841b0a70d1bd1358537e82b8272640130d10622";

/* Anjay, server URI with a path and a query: Register to /foo/bar/rd. */
static const char capture_anjay_uri_register[] =
	"4802d35ee65b8a5a9f8407feb3666f6f03626172027264112833783d31096c776d326d3d312e310c"
	"65703d616e6a61792d757269056c743d3630ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f"
	"342f303e2c3c2f352f303e2c3c2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c"
	"3c2f31302f303e2c3c2f31313e2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f33333033"
	"2f303e2c3c2f333331332f303e2c3c2f333334372f303e2c3c2f33333630353e2c3c2f3333363036"
	"2f303e2c3c2f33333630372f303e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Answer: 4.00 Bad Request. */
static const char capture_anjay_uri_refused[] = "6880d35ee65b8a5a9f8407fe";

/* Anjay, Register with lt=0. */
static const char capture_anjay_lifetime_0_register[] =
	"4802a588b294b24672ce3b1bb272641128396c776d326d3d312e310c65703d616e6a61792d6c7430"
	"046c743d30ff3c2f312f313e2c3c2f323e2c3c2f332f303e2c3c2f342f303e2c3c2f352f303e2c3c"
	"2f362f303e2c3c2f372f303e2c3c2f31303e3b7665723d312e312c3c2f31302f303e2c3c2f31313e"
	"2c3c2f31363e2c3c2f31393e2c3c2f32302f303e2c3c2f333330332f303e2c3c2f333331332f303e"
	"2c3c2f333334372f303e2c3c2f33333630353e2c3c2f33333630362f303e2c3c2f33333630372f30"
	"3e2c3c2f33333630383e2c3c2f33333630392f303e";

/* Leshan client: Register with a quoted list of ct. */
static const char capture_leshan_register[] =
	"480200f28ccd55be985a512db27264112833623d55096c776d326d3d312e31066c743d3330300c65"
	"703d6d782d6c657368616eff3c2f3e3b72743d226f6d612e6c776d326d223b63743d223630203131"
	"3020313132203131353432203131353433222c3c2f312f303e2c3c2f333e3b7665723d312e322c3c"
	"2f332f303e";

/* Answer: 2.01 Created. */
static const char capture_leshan_registered[] =
	"684100f28ccd55be985a512d8272640a746b7a4b6a3072674179";

/* Leshan client: Update. */
static const char capture_leshan_update[] = "480200f3401d109d033199f9b272640a746b7a4b6a3072674179";

/* Answer: 2.04 Changed. */
static const char capture_leshan_updated[] = "684400f3401d109d033199f9";

/* Leshan client: De-register. */
static const char capture_leshan_deregister[] =
	"480400f4a0c57a3337d247a7b272640a746b7a4b6a3072674179";

/* Answer: 2.02 Deleted. */
static const char capture_leshan_deregistered[] = "684200f4a0c57a3337d247a7";

/* Leshan client: Register in queue mode, Q first. */
static const char capture_leshan_queue_register[] =
	"4802a4458857b3f516796763b272641128315103623d55096c776d326d3d312e31066c743d333030"
	"0d0065703d6d782d6c657368616e71ff3c2f3e3b72743d226f6d612e6c776d326d223b63743d2236"
	"302031313020313132203131353432203131353433222c3c2f312f303e2c3c2f333e3b7665723d31"
	"2e322c3c2f332f303e";

/* libcoap's coap-client, Register in blocks of 64 with Uri-Port, Size1, Request-Tag: first. */
static const char capture_libcoap_blocks_0[] =
	"4102c901017264534272641128396c776d326d3d312e300b65703d6c6962636f617062056c743d36"
	"3003623d55c10ad114f9d4db3d014b4cff3c2f3e3b72743d226f6d612e6c776d326d223b63743d31"
	"31302c3c2f312f303e2c3c2f332f303e2c3c2f333330332f303e2c3c2f333330332f313e2c3c2f33"
	"33";

/* Answer: 2.31 Continue. */
static const char capture_libcoap_blocks_0_continue[] = "615fc90101d10e0a";

/* libcoap's coap-client, the same: second, with a longer token. */
static const char capture_libcoap_blocks_1[] =
	"4702c902020000000000037264534272641128396c776d326d3d312e300b65703d6c6962636f6170"
	"62056c743d363003623d55c11ad114f9d4db3d014b4cff30332f323e2c3c2f333330332f333e2c3c"
	"2f333330332f343e2c3c2f333330332f353e2c3c2f333330332f363e2c3c2f333330332f373e2c3c"
	"2f333330332f38";

/* Answer: 2.31 Continue. */
static const char capture_libcoap_blocks_1_continue[] = "675fc90202000000000003d10e1a";

/* Wakaama lightclient: Register. */
static const char capture_lightclient_register[] =
	"4402cc1111cc14f4b272641128396c776d326d3d312e310a65703d776b6c6967687403623d55066c"
	"743d333030ff3c2f3e3b72743d226f6d612e6c776d326d223b63743d3131322c3c2f312f303e2c3c"
	"2f332f303e2c3c2f33313032342f31303e2c3c2f33313032342f31313e2c3c2f33313032342f3132"
	"3e";

/* Answer: 2.01 Created. */
static const char capture_lightclient_registered[] = "6441cc1111cc14f48272640130";

struct capture {
	const char *name;
	const char *hex;
	bool is_request; /* from the client; otherwise a server's answer */
	/*
	 * "TYPE CODE MID=hex Token=hex", the options by name (numbers and opaque values as they
	 * stand, in hex) and after " | " the payload.
	 */
	const char *text;
};

static const struct capture captures[] = {
	{ "wakaama_11_register", capture_wakaama_11_register, true,
		"CON 0.02 MID=78a5 Token=a57817e9 Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.1 Uri-Query=ep=wk-test-1 Uri-Query=b=U "
		"Uri-Query=lt=300 | </>;rt=\"oma.lwm2m\";ct=110,</1>;ver=1.1,</1/0>,"
		"</2/0>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</31024>;ver=1.0,"
		"</31024/10>,</31024/11>,</31024/12>" },
	{ "wakaama_11_registered", capture_wakaama_11_registered, false,
		"ACK 2.01 MID=78a5 Token=a57817e9 Location-Path=rd Location-Path=0" },
	{ "wakaama_11_update", capture_wakaama_11_update, true,
		"CON 0.02 MID=78a6 Token=a67819e9 Uri-Path=rd Uri-Path=0" },
	{ "wakaama_11_updated", capture_wakaama_11_updated, false,
		"ACK 2.04 MID=78a6 Token=a67819e9" },
	{ "wakaama_11_deregister", capture_wakaama_11_deregister, true,
		"CON 0.04 MID=78a7 Token=a7781be9 Uri-Path=rd Uri-Path=0" },
	{ "wakaama_11_deregistered", capture_wakaama_11_deregistered, false,
		"ACK 2.02 MID=78a7 Token=a7781be9" },
	{ "wakaama_10_register", capture_wakaama_10_register, true,
		"CON 0.02 MID=2c52 Token=522c3bea Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.0 Uri-Query=ep=wk10 Uri-Query=b=U Uri-Query=lt=300 "
		"| </>;rt=\"oma.lwm2m\";ct=11543,</1/0>,</2/0>,</3/0>,</4/0>,</5/0>,"
		"</6/0>,</7/0>,</31024>;ver=1.0,</31024/10>,</31024/11>,</31024/12>" },
	{ "wakaama_10_registered", capture_wakaama_10_registered, false,
		"ACK 2.01 MID=2c52 Token=522c3bea Location-Path=rd Location-Path=0" },
	{ "wakaama_10_deregister", capture_wakaama_10_deregister, true,
		"CON 0.04 MID=2c53 Token=532c3eea Uri-Path=rd Uri-Path=0" },
	{ "wakaama_10_deregistered", capture_wakaama_10_deregistered, false,
		"ACK 2.02 MID=2c53 Token=532c3eea" },
	{ "wakaama_blocks_0", capture_wakaama_blocks_0, true,
		"CON 0.02 MID=dbbb Token=bbdb1ee9 Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.1 Uri-Query=ep=wk-blk Uri-Query=b=U "
		"Uri-Query=lt=300 Block1=0x0a | </>;rt=\"oma.lwm2m\";ct=110,"
		"</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</4/" },
	{ "wakaama_blocks_0_continue", capture_wakaama_blocks_0_continue, false,
		"ACK 2.31 MID=dbbb Token=bbdb1ee9 Block1=0x0a" },
	{ "wakaama_blocks_1", capture_wakaama_blocks_1, true,
		"CON 0.02 MID=dbbc Token=bbdb1ee9 Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.1 Uri-Query=ep=wk-blk Uri-Query=b=U "
		"Uri-Query=lt=300 Block1=0x1a | 0>,</5/0>,</6/0>,</7/0>,"
		"</31024>;ver=1.0,</31024/10>,</31024/11>" },
	{ "wakaama_blocks_1_continue", capture_wakaama_blocks_1_continue, false,
		"ACK 2.31 MID=dbbc Token=bbdb1ee9 Block1=0x1a" },
	{ "wakaama_blocks_2", capture_wakaama_blocks_2, true,
		"CON 0.02 MID=dbbd Token=bbdb1ee9 Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.1 Uri-Query=ep=wk-blk Uri-Query=b=U "
		"Uri-Query=lt=300 Block1=0x22 | ,</31024/12>" },
	{ "wakaama_blocks_2_registered", capture_wakaama_blocks_2_registered, false,
		"ACK 2.01 MID=dbbd Token=bbdb1ee9 Location-Path=rd Location-Path=0 "
		"Block1=0x22" },
	{ "anjay_10_register", capture_anjay_10_register, true,
		"CON 0.02 MID=9bd5 Token=e221059700e38df1 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.0 Uri-Query=ep=anjay-test-1.0 "
		"Uri-Query=lt=300 | </1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
		"</10>;ver=\"1.1\",</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,"
		"</3313/0>,</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>" },
	{ "anjay_10_registered", capture_anjay_10_registered, false,
		"ACK 2.01 MID=9bd5 Token=e221059700e38df1 Location-Path=rd "
		"Location-Path=0" },
	{ "anjay_10_update", capture_anjay_10_update, true,
		"CON 0.02 MID=9bd6 Token=2ac2f4078db032eb Uri-Path=rd Uri-Path=0" },
	{ "anjay_10_updated", capture_anjay_10_updated, false,
		"ACK 2.04 MID=9bd6 Token=2ac2f4078db032eb" },
	{ "anjay_11_register", capture_anjay_11_register, true,
		"CON 0.02 MID=be1e Token=58f09d7d155125cb Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-test-1.1 "
		"Uri-Query=lt=300 | </1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
		"</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,</3313/0>,"
		"</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>" },
	{ "anjay_11_registered", capture_anjay_11_registered, false,
		"ACK 2.01 MID=be1e Token=58f09d7d155125cb Location-Path=rd "
		"Location-Path=0" },
	{ "anjay_12_register", capture_anjay_12_register, true,
		"CON 0.02 MID=bad6 Token=8028f66d34983110 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.2 Uri-Query=ep=anjay-fb "
		"Uri-Query=lt=300 | </1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
		"</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,</3313/0>,"
		"</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>" },
	{ "anjay_12_refused", capture_anjay_12_refused, false,
		"ACK 4.12 MID=bad6 Token=8028f66d34983110" },
	{ "anjay_12_fallback_register", capture_anjay_12_fallback_register, true,
		"CON 0.02 MID=bad7 Token=d455cd941e3884d9 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-fb "
		"Uri-Query=lt=300 | </1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
		"</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,</3313/0>,"
		"</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>" },
	{ "anjay_12_fallback_registered", capture_anjay_12_fallback_registered, false,
		"ACK 2.01 MID=bad7 Token=d455cd941e3884d9 Location-Path=rd "
		"Location-Path=0" },
	{ "anjay_10_queue_register", capture_anjay_10_queue_register, true,
		"CON 0.02 MID=a238 Token=e50e55aa65ec3177 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.0 Uri-Query=ep=anjay-q10 "
		"Uri-Query=lt=300 Uri-Query=b=UQ | </1/1>,</2>,</3/0>,</4/0>,</5/0>,"
		"</6/0>,</7/0>,</10>;ver=\"1.1\",</10/0>,</11>,</16>,</19>,</20/0>,"
		"</3303/0>,</3313/0>,</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,"
		"</33609/0>" },
	{ "anjay_11_queue_register", capture_anjay_11_queue_register, true,
		"CON 0.02 MID=a95c Token=74ae7e88478893a0 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-q11 "
		"Uri-Query=lt=300 Uri-Query=Q | </1/1>,</2>,</3/0>,</4/0>,</5/0>,"
		"</6/0>,</7/0>,</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,"
		"</3303/0>,</3313/0>,</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,"
		"</33609/0>" },
	{ "anjay_blocks_0", capture_anjay_blocks_0, true,
		"CON 0.02 MID=b0a5 Token=64f5926168ba48c8 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-blk "
		"Uri-Query=lt=300 Block1=0x0a | </1/1>,</2>,</3/0>,</4/0>,</5/0>,"
		"</6/0>,</7/0>,</10>;ver=1.1,</1" },
	{ "anjay_blocks_0_continue", capture_anjay_blocks_0_continue, false,
		"ACK 2.31 MID=b0a5 Token=64f5926168ba48c8 Block1=0x0a" },
	{ "anjay_blocks_1", capture_anjay_blocks_1, true,
		"CON 0.02 MID=b0a6 Token=2bc6b651af640141 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-blk "
		"Uri-Query=lt=300 Block1=0x1a | 0/0>,</11>,</16>,</19>,</20/0>,"
		"</3303/0>,</3313/0>,</3347/0>,</3" },
	{ "anjay_blocks_1_continue", capture_anjay_blocks_1_continue, false,
		"ACK 2.31 MID=b0a6 Token=2bc6b651af640141 Block1=0x1a" },
	{ "anjay_blocks_2", capture_anjay_blocks_2, true,
		"CON 0.02 MID=b0a7 Token=0d1bd1358537e82b Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-blk "
		"Uri-Query=lt=300 Block1=0x22 | 3605>,</33606/0>,</33607/0>,</33608>,"
		"</33609/0>" },
	{ "anjay_blocks_2_registered", capture_anjay_blocks_2_registered, false,
		"ACK 2.01 MID=b0a7 Token=0d1bd1358537e82b Location-Path=rd "
		"Location-Path=0 Block1=0x22" },
	{ "anjay_uri_register", capture_anjay_uri_register, true,
		"CON 0.02 MID=d35e Token=e65b8a5a9f8407fe Uri-Path=foo Uri-Path=bar "
		"Uri-Path=rd Content-Format=0x28 Uri-Query=x=1 Uri-Query=lwm2m=1.1 "
		"Uri-Query=ep=anjay-uri Uri-Query=lt=60 | </1/1>,</2>,</3/0>,</4/0>,"
		"</5/0>,</6/0>,</7/0>,</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,"
		"</3303/0>,</3313/0>,</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,"
		"</33609/0>" },
	{ "anjay_uri_refused", capture_anjay_uri_refused, false,
		"ACK 4.00 MID=d35e Token=e65b8a5a9f8407fe" },
	{ "anjay_lifetime_0_register", capture_anjay_lifetime_0_register, true,
		"CON 0.02 MID=a588 Token=b294b24672ce3b1b Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.1 Uri-Query=ep=anjay-lt0 "
		"Uri-Query=lt=0 | </1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,"
		"</10>;ver=1.1,</10/0>,</11>,</16>,</19>,</20/0>,</3303/0>,</3313/0>,"
		"</3347/0>,</33605>,</33606/0>,</33607/0>,</33608>,</33609/0>" },
	{ "leshan_register", capture_leshan_register, true,
		"CON 0.02 MID=00f2 Token=8ccd55be985a512d Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=b=U Uri-Query=lwm2m=1.1 "
		"Uri-Query=lt=300 Uri-Query=ep=mx-leshan | "
		"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11543\",</1/0>,"
		"</3>;ver=1.2,</3/0>" },
	{ "leshan_registered", capture_leshan_registered, false,
		"ACK 2.01 MID=00f2 Token=8ccd55be985a512d Location-Path=rd "
		"Location-Path=tkzKj0rgAy" },
	{ "leshan_update", capture_leshan_update, true,
		"CON 0.02 MID=00f3 Token=401d109d033199f9 Uri-Path=rd "
		"Uri-Path=tkzKj0rgAy" },
	{ "leshan_updated", capture_leshan_updated, false,
		"ACK 2.04 MID=00f3 Token=401d109d033199f9" },
	{ "leshan_deregister", capture_leshan_deregister, true,
		"CON 0.04 MID=00f4 Token=a0c57a3337d247a7 Uri-Path=rd "
		"Uri-Path=tkzKj0rgAy" },
	{ "leshan_deregistered", capture_leshan_deregistered, false,
		"ACK 2.02 MID=00f4 Token=a0c57a3337d247a7" },
	{ "leshan_queue_register", capture_leshan_queue_register, true,
		"CON 0.02 MID=a445 Token=8857b3f516796763 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=Q Uri-Query=b=U Uri-Query=lwm2m=1.1 "
		"Uri-Query=lt=300 Uri-Query=ep=mx-leshanq | "
		"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 11543\",</1/0>,"
		"</3>;ver=1.2,</3/0>" },
	{ "libcoap_blocks_0", capture_libcoap_blocks_0, true,
		"CON 0.02 MID=c901 Token=01 Uri-Port=0x6453 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.0 Uri-Query=ep=libcoapb "
		"Uri-Query=lt=60 Uri-Query=b=U Block1=0x0a Size1=0xf9 "
		"Request-Tag=0x3d014b4c | </>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3/0>,"
		"</3303/0>,</3303/1>,</33" },
	{ "libcoap_blocks_0_continue", capture_libcoap_blocks_0_continue, false,
		"ACK 2.31 MID=c901 Token=01 Block1=0x0a" },
	{ "libcoap_blocks_1", capture_libcoap_blocks_1, true,
		"CON 0.02 MID=c902 Token=02000000000003 Uri-Port=0x6453 Uri-Path=rd "
		"Content-Format=0x28 Uri-Query=lwm2m=1.0 Uri-Query=ep=libcoapb "
		"Uri-Query=lt=60 Uri-Query=b=U Block1=0x1a Size1=0xf9 "
		"Request-Tag=0x3d014b4c | 03/2>,</3303/3>,</3303/4>,</3303/5>,"
		"</3303/6>,</3303/7>,</3303/8" },
	{ "libcoap_blocks_1_continue", capture_libcoap_blocks_1_continue, false,
		"ACK 2.31 MID=c902 Token=02000000000003 Block1=0x1a" },
	{ "lightclient_register", capture_lightclient_register, true,
		"CON 0.02 MID=cc11 Token=11cc14f4 Uri-Path=rd Content-Format=0x28 "
		"Uri-Query=lwm2m=1.1 Uri-Query=ep=wklight Uri-Query=b=U "
		"Uri-Query=lt=300 | </>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,"
		"</31024/10>,</31024/11>,</31024/12>" },
	{ "lightclient_registered", capture_lightclient_registered, false,
		"ACK 2.01 MID=cc11 Token=11cc14f4 Location-Path=rd Location-Path=0" },
};

/* The payload, where it has one; none of those recorded holds a NUL. */
static inline const char *capture_payload(const struct capture *capture)
{
	const char *bar = strstr(capture->text, " | ");

	return bar == NULL ? NULL : bar + 3;
}

#endif
