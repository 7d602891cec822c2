/* SPDX-License-Identifier: BSD-3-Clause */
#include "extras.h"

struct extras {
	uint16_t parameters_len;
	uint16_t account;
	uint8_t octets[]; /* what the record does not hold of the name; the parameters */
};
static_assert(sizeof(struct extras) == RDL_EXTRAS_HEAD, "as the header says");

/* Octets of a name that are not in the record. */
static size_t rest_of(size_t name_len)
{
	return name_len > RDL_NAME_INLINE ? name_len - RDL_NAME_INLINE : 0;
}

static size_t octets_of(const struct rdl_extras_want *want)
{
	return sizeof(struct extras) + rest_of(want->name.len) + want->parameters.len;
}

uint32_t rdl_extras_create(struct rdl_store *store, const struct rdl_extras_want *want,
	const struct rdl_store_claim *claim)
{
	assert(want->parameters.len <= RDL_REGISTRY_PARAMETERS_MAX);
	uint32_t block = rdl_store_alloc(store, octets_of(want), claim);
	if (block == RDL_STORE_NONE)
		return RDL_STORE_NONE;
	struct extras *extras = rdl_store_at(store, block);
	extras->account = claim->account;
	if (want->name.len > RDL_NAME_INLINE)
		memcpy(extras->octets, want->name.data + RDL_NAME_INLINE, rest_of(want->name.len));
	rdl_extras_write_over(store, block, want);
	return block;
}

bool rdl_extras_fits(
	const struct rdl_store *store, uint32_t block, const struct rdl_extras_want *want)
{
	return rdl_store_fits(store, block, octets_of(want));
}

void rdl_extras_write_over(
	struct rdl_store *store, uint32_t block, const struct rdl_extras_want *want)
{
	struct extras *extras = rdl_store_at(store, block);

	extras->parameters_len = (uint16_t)want->parameters.len;
	if (want->parameters.len > 0)
		memcpy(extras->octets + rest_of(want->name.len), want->parameters.data,
			want->parameters.len);
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

bool rdl_extras_merge(const struct rdl_store *store, const struct rdl_record *record,
	struct rdl_span given, struct rdl_cursor *merged)
{
	struct rdl_span old = rdl_extras_parameters(store, record);

	while (old.len > 0) {
		struct rdl_span parameter = take_parameter(&old);

		if (!has_key(given, key_of(parameter)))
			rdl_cursor_bytes(merged, parameter.data, parameter.len);
	}
	rdl_cursor_bytes(merged, given.data, given.len);
	return !merged->failed;
}

/* True when just this parameter is among them. */
static bool holds(struct rdl_span parameters, struct rdl_span parameter)
{
	while (parameters.len > 0)
		if (rdl_span_equal(take_parameter(&parameters), parameter))
			return true;
	return false;
}

unsigned rdl_extras_changed(
	const struct rdl_store *store, const struct rdl_record *record, struct rdl_span given)
{
	struct rdl_span old = rdl_extras_parameters(store, record);
	unsigned members = 0;

	while (given.len > 0) {
		struct rdl_span parameter = take_parameter(&given);

		if (!holds(old, parameter))
			members |= rdl_span_equal(key_of(parameter), RDL_SPAN("sms"))
					   ? 1u << RDL_MEMBER_sms
					   : 1u << RDL_MEMBER_parameters;
	}
	return members;
}

void rdl_extras_free(struct rdl_store *store, uint32_t block)
{
	if (block == RDL_STORE_NONE)
		return;
	const struct extras *extras = rdl_store_at(store, block);
	rdl_store_free(store, block, extras->account);
}

struct rdl_span rdl_extras_endpoint(const struct rdl_store *store, const struct rdl_record *record,
	uint8_t whole[RDL_ENDPOINT_MAX])
{
	if (record->name_len <= RDL_NAME_INLINE)
		return (struct rdl_span){ record->name, record->name_len };
	const struct extras *extras = rdl_store_at(store, record->extras);
	memcpy(whole, record->name, RDL_NAME_INLINE);
	memcpy(whole + RDL_NAME_INLINE, extras->octets, rest_of(record->name_len));
	return (struct rdl_span){ whole, record->name_len };
}

bool rdl_extras_is_endpoint(
	const struct rdl_store *store, const struct rdl_record *record, struct rdl_span endpoint)
{
	size_t rest = rest_of(endpoint.len);

	if (record->name_len != endpoint.len ||
		memcmp(record->name, endpoint.data, endpoint.len - rest) != 0)
		return false;
	if (rest == 0)
		return true;
	const struct extras *extras = rdl_store_at(store, record->extras);
	return memcmp(extras->octets, endpoint.data + RDL_NAME_INLINE, rest) == 0;
}

struct rdl_span rdl_extras_parameters(
	const struct rdl_store *store, const struct rdl_record *record)
{
	if (record->extras == RDL_STORE_NONE)
		return (struct rdl_span){ NULL, 0 };
	const struct extras *extras = rdl_store_at(store, record->extras);

	return (struct rdl_span){ extras->octets + rest_of(record->name_len),
		extras->parameters_len };
}

struct rdl_store_piece rdl_extras_piece(
	const struct rdl_store *store, const struct rdl_record *record)
{
	struct extras *extras = rdl_store_at(store, record->extras);

	return (struct rdl_store_piece){ extras,
		(uint32_t)(sizeof(*extras) + rest_of(record->name_len) + extras->parameters_len),
		extras->account };
}
