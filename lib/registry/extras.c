/* SPDX-License-Identifier: BSD-3-Clause */
#include "extras.h"

struct extras {
	uint16_t name_len; /* 0: the name is in the record */
	uint16_t parameters_len;
	uint8_t octets[]; /* the name, the parameters */
};
static_assert(sizeof(struct extras) == RDL_EXTRAS_HEAD, "as the header says");

/*
 * A block for both, filled but for the parameters; NULL with *block RDL_STORE_NONE when there is no
 * room.
 */
static struct extras *reserve(
	struct rdl_store *store, struct rdl_span name, size_t parameters_len, uint32_t *block)
{
	*block = RDL_STORE_NONE;
	if (parameters_len > RDL_REGISTRY_PARAMETERS_MAX)
		return NULL;
	*block = rdl_store_alloc(store, sizeof(struct extras) + name.len + parameters_len);
	if (*block == RDL_STORE_NONE)
		return NULL;
	struct extras *extras = rdl_store_at(store, *block);
	extras->name_len = (uint16_t)name.len;
	extras->parameters_len = (uint16_t)parameters_len;
	if (name.len > 0)
		memcpy(extras->octets, name.data, name.len);
	return extras;
}

static struct rdl_span long_name(struct rdl_span endpoint)
{
	return endpoint.len > RDL_NAME_INLINE ? endpoint : (struct rdl_span){ NULL, 0 };
}

bool rdl_extras_create(struct rdl_store *store, struct rdl_span endpoint,
	struct rdl_span parameters, uint32_t *block)
{
	struct rdl_span name = long_name(endpoint);

	*block = RDL_STORE_NONE;
	if (name.len == 0 && parameters.len == 0)
		return true;
	struct extras *extras = reserve(store, name, parameters.len, block);
	if (extras == NULL)
		return false;
	if (parameters.len > 0)
		memcpy(extras->octets + name.len, parameters.data, parameters.len);
	return true;
}

/* Takes the first parameter off, its octet of length included. */
static struct rdl_span take_parameter(struct rdl_span *parameters)
{
	size_t len = (size_t)parameters->data[0] + 1;

	assert(len <= parameters->len);
	struct rdl_span parameter = { parameters->data, len };
	parameters->data += len;
	parameters->len -= len;
	return parameter;
}

static struct rdl_span key_of(struct rdl_span parameter)
{
	struct rdl_span text = { parameter.data + 1, parameter.len - 1 };
	const uint8_t *equals = text.len > 0 ? memchr(text.data, '=', text.len) : NULL;

	if (equals != NULL)
		text.len = (size_t)(equals - text.data);
	return text;
}

static bool has_key(struct rdl_span parameters, struct rdl_span key)
{
	while (parameters.len > 0)
		if (rdl_span_equal(key_of(take_parameter(&parameters)), key))
			return true;
	return false;
}

/*
 * The parameters of `old` that `given` does not replace: copied to `out` unless that is NULL;
 * returns their octets.
 */
static size_t keep(struct rdl_span old, struct rdl_span given, uint8_t *out)
{
	size_t len = 0;

	while (old.len > 0) {
		struct rdl_span parameter = take_parameter(&old);

		if (has_key(given, key_of(parameter)))
			continue;
		if (out != NULL)
			memcpy(out + len, parameter.data, parameter.len);
		len += parameter.len;
	}
	return len;
}

bool rdl_extras_merge(struct rdl_store *store, const struct rdl_record *record,
	struct rdl_span parameters, uint32_t *block)
{
	struct rdl_span name = long_name(rdl_extras_endpoint(store, record));
	struct rdl_span old = rdl_extras_parameters(store, record);
	size_t kept_len = keep(old, parameters, NULL);

	*block = RDL_STORE_NONE;
	if (name.len == 0 && kept_len + parameters.len == 0)
		return true;
	struct extras *extras = reserve(store, name, kept_len + parameters.len, block);
	if (extras == NULL)
		return false;
	keep(old, parameters, extras->octets + name.len);
	if (parameters.len > 0)
		memcpy(extras->octets + name.len + kept_len, parameters.data, parameters.len);
	return true;
}

void rdl_extras_free(struct rdl_store *store, uint32_t block)
{
	if (block != RDL_STORE_NONE)
		rdl_store_free(store, block);
}

struct rdl_span rdl_extras_endpoint(const struct rdl_store *store, const struct rdl_record *record)
{
	if (record->name_len <= RDL_NAME_INLINE)
		return (struct rdl_span){ record->name, record->name_len };
	const struct extras *extras = rdl_store_at(store, record->extras);
	return (struct rdl_span){ extras->octets, extras->name_len };
}

struct rdl_span rdl_extras_parameters(
	const struct rdl_store *store, const struct rdl_record *record)
{
	if (record->extras == RDL_STORE_NONE)
		return (struct rdl_span){ NULL, 0 };
	const struct extras *extras = rdl_store_at(store, record->extras);
	return (struct rdl_span){ extras->octets + extras->name_len, extras->parameters_len };
}
