/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksums of datagrams that were not on the wire as they are shown. */
#include "captured.h"

#define UDP_LEN 8
#define IPV6_LEN 40
#define PROTOCOL_UDP 17
#define COAP_PORT 5683

static void mend_ipv4(uint8_t *ip, size_t len)
{
	rdl_put_be16(ip + 10, 0);
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, len, 0));
}

void rdl_captured_mend(struct rdl_captured *captured)
{
	uint8_t *ip = rdl_captured_octets(captured) + captured->l2_len;
	uint8_t *udp = ip + captured->l3_len;
	size_t before = (size_t)captured->l2_len + captured->l3_len;

	if ((!captured->opened && !captured->summed) || captured->len < before + UDP_LEN)
		return;
	if (captured->opened)
		rdl_put_be16(captured->outbound ? udp : udp + 2, COAP_PORT);
	bool ipv4 = ip[0] >> 4 == 4;
	if (ipv4)
		mend_ipv4(ip, captured->l3_len);
	/* Of what was cut there is no sum: 0 says that there is none. */
	rdl_put_be16(udp + 6, 0);
	if (captured->len < captured->whole_len)
		return;
	uint16_t udp_len = rdl_get_be16(udp + 4);
	uint16_t sum = ipv4 ? rdl_net_sum(ip + 12, 8, PROTOCOL_UDP + (uint32_t)udp_len)
			    : rdl_net_sum(ip + 8, 32, PROTOCOL_UDP + (uint32_t)udp_len);
	sum = (uint16_t)~rdl_net_sum(udp, udp_len, sum);
	rdl_put_be16(udp + 6, sum != 0 ? sum : 0xffff);
}
