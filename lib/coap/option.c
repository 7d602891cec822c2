/* SPDX-License-Identifier: BSD-3-Clause */
#include "coap.h"

#include <assert.h>

uint32_t rdl_coap_uint(const struct rdl_coap_option *option)
{
	uint32_t value = 0;

	assert(option->len <= 4);
	for (size_t i = 0; i < option->len; i++)
		value = value << 8 | option->value[i];
	return value;
}

bool rdl_coap_block(const struct rdl_coap_option *option, struct rdl_coap_block *block)
{
	if (option->len > 3)
		return false;
	uint32_t value = rdl_coap_uint(option);

	*block = (struct rdl_coap_block){ value >> 4, (value & 8) != 0, value & 7 };
	return true;
}

uint32_t rdl_coap_block_value(struct rdl_coap_block block)
{
	assert(block.num < 1u << 20 && block.szx <= 7);
	return block.num << 4 | (block.more ? 8u : 0u) | block.szx;
}
