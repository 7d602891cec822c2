/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration turned into rules. */
#include "daemon.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)RDL_LOG_ERROR == RDL_CONF_LOG_ERROR && (int)RDL_LOG_WARN == RDL_CONF_LOG_WARN &&
		      (int)RDL_LOG_INFO == RDL_CONF_LOG_INFO &&
		      (int)RDL_LOG_DEBUG == RDL_CONF_LOG_DEBUG,
	"the configuration's levels are the log's");

/* The objects that are supported; NULL without memory. */
static struct rdl_policy_object *objects_of(const struct rdl_conf *conf)
{
	struct rdl_policy_object *objects = calloc(conf->lwm2m.object_count + 1, sizeof(*objects));

	if (objects == NULL)
		return NULL;
	for (unsigned i = 0; i < conf->lwm2m.object_count; i++) {
		const struct rdl_conf_object *from = &conf->lwm2m.objects[i];

		_Static_assert(sizeof(struct rdl_conf_version) == sizeof(struct rdl_policy_version),
			"the same pair");
		objects[i] = (struct rdl_policy_object){
			.id = from->id,
			.multiple = from->multiple,
			.any_version = from->any_version,
			.version_count = from->version_count,
			.versions = (const struct rdl_policy_version *)from->versions,
		};
	}
	return objects;
}

struct rdl_rules *daemon_rules(const struct daemon *daemon, const struct rdl_conf *conf)
{
	struct rdl_policy_object *objects = objects_of(conf);
	struct rdl_rules *rules = NULL;

	if (objects == NULL)
		return NULL;
	const struct rdl_policy_config policy = {
		.version = { conf->lwm2m.version.major, conf->lwm2m.version.minor },
		.lifetime_min_s = conf->lwm2m.lifetime_min_s,
		.lifetime_max_s = conf->lwm2m.lifetime_max_s,
		.security_object_refuse = conf->lwm2m.security_object_refuse,
		.mandatory_objects_refuse = conf->lwm2m.mandatory_objects_refuse,
		.sms_msisdn = conf->lwm2m.sms_msisdn,
		.text_plain = conf->lwm2m.text_plain,
		.diagnostics = conf->coap.diagnostics,
		.keep_attributes = conf->lwm2m.keep_attributes,
		.max_links = conf->lwm2m.max_links,
		.all_objects = conf->lwm2m.all_objects,
		.object_count = conf->lwm2m.object_count,
		.objects = objects,
		.extra_count = conf->lwm2m.extra_parameters.count,
		.extra = conf->lwm2m.extra_parameters.items,
		.known_only = conf->endpoints.known_only,
		.unknown_forbidden = conf->endpoints.unknown_forbidden,
		.known_count = conf->endpoints.known.count,
		.known = conf->endpoints.known.items,
		.deny_count = conf->endpoints.deny.count,
		.deny = conf->endpoints.deny.items,
		.identities = daemon->dtls.identities,
		.endpoint_from_identity = daemon->conf->dtls.endpoint_from_identity,
		.secured = daemon->dtls.secured,
		.secured_pattern_count = conf->endpoints.secured.count,
		.secured_patterns = conf->endpoints.secured.items,
		.endpoint_key = daemon->keys.endpoint,
	};
	const struct rdl_admission_limits limits = {
		.registers_per_s = conf->admission.registers_per_s,
		.burst = conf->admission.burst,
		.per_prefix = conf->admission.per_prefix,
		.shards = daemon->conf->shards,
		.updates = conf->admission.updates,
	};
	rules = rdl_rules_create(&policy, &limits, (enum rdl_log_level)conf->log_level);
	free(objects);
	return rules;
}
