/* SPDX-License-Identifier: BSD-3-Clause */
#include "net.h"
#include "sum.h"

uint16_t rdl_net_sum(const void *data, size_t len, uint32_t sum)
{
	uint64_t numbers = rdl_net_wire((uint16_t)sum) + rdl_net_wire((uint16_t)(sum >> 16));

	return __builtin_bswap16(rdl_net_fold(rdl_net_unfolded(data, len) + numbers));
}
