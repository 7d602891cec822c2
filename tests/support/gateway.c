/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway.h"

const struct rdl_key gateway_endpoint_key = { 21, 22 }, gateway_list_key = { 31, 32 };

struct rdl_speck gateway_location_key(void)
{
	struct rdl_speck key;

	rdl_speck_expand(&key, &(struct rdl_key){ 11, 12 });
	return key;
}

struct rdl_policy_config gateway_policy(void)
{
	static const char *const deny[] = { "denied-*" };

	return (struct rdl_policy_config){
		.version = { 1, 1 },
		.lifetime_max_s = INT32_MAX,
		.mandatory_objects_refuse = true,
		.diagnostics = true,
		.max_links = 1024,
		.all_objects = true,
		.deny_count = RDL_ARRAY_LEN(deny),
		.deny = deny,
		.endpoint_key = gateway_endpoint_key,
	};
}
