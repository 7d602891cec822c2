/* SPDX-License-Identifier: BSD-3-Clause */
/* Names in JSON: SenML, and what LwM2M had before. */
#include "internal.h"

#include <jansson.h>

/* A member that is a string; empty: it is not there. False: it is something else. */
static bool get_text(const json_t *object, const char *key, struct rdl_span *text)
{
	const json_t *value = json_object_get(object, key);

	*text = (struct rdl_span){ (const uint8_t *)"", 0 };
	if (value == NULL)
		return true;
	if (!json_is_string(value))
		return false;
	*text = (struct rdl_span){ (const uint8_t *)json_string_value(value),
		json_string_length(value) };
	return true;
}

/* The names of records, with the base name that holds from one on. */
static enum rdl_target read_records(
	const struct rdl_target_ear *ear, const json_t *records, struct rdl_span base)
{
	enum rdl_target target = RDL_TARGET_GOOD;

	if (!json_is_array(records))
		return RDL_TARGET_MALFORMED;
	for (size_t i = 0; i < json_array_size(records) && target == RDL_TARGET_GOOD; i++) {
		const json_t *record = json_array_get(records, i);
		struct rdl_span own, name;

		if (!json_is_object(record) || !get_text(record, "bn", &own) ||
			!get_text(record, "n", &name))
			return RDL_TARGET_MALFORMED;
		if (json_object_get(record, "bn") != NULL)
			base = own;
		target = rdl_target_name(ear, base, name);
	}
	return target;
}

/* Of two members of one name, who knows which a device takes. */
static json_t *load(struct rdl_span payload)
{
	return json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
}

enum rdl_target rdl_target_json(const struct rdl_target_ear *ear, struct rdl_span payload)
{
	json_t *records = load(payload);
	enum rdl_target target = read_records(ear, records, (struct rdl_span){ NULL, 0 });

	json_decref(records);
	return target;
}

/* {"bn": "/3/0/", "e": [{"n": "0", ...}]} */
enum rdl_target rdl_target_old_json(const struct rdl_target_ear *ear, struct rdl_span payload)
{
	json_t *object = load(payload);
	enum rdl_target target = RDL_TARGET_MALFORMED;
	struct rdl_span base;

	if (json_is_object(object) && get_text(object, "bn", &base))
		target = read_records(ear, json_object_get(object, "e"), base);
	json_decref(object);
	return target;
}
