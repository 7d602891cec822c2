/* SPDX-License-Identifier: BSD-3-Clause */
#include "members.h"

json_t *rdl_lines_load(const char *text, size_t len, bool whole_exact, const char **wrong)
{
	size_t flags = JSON_REJECT_DUPLICATES | (whole_exact ? 0 : JSON_DECODE_INT_AS_REAL);
	json_error_t error;
	json_t *value = json_loadb(text, len, flags, &error);

	*wrong = NULL;
	if (value != NULL)
		return value;
	if (json_error_code(&error) == json_error_duplicate_key)
		*wrong = "a member that comes twice";
	else if (json_error_code(&error) == json_error_numeric_overflow)
		*wrong = "a number beyond all bounds";
	else
		*wrong = "not JSON";
	return NULL;
}

static bool read_string(
	const json_t *value, const struct rdl_lines_member *member, struct rdl_span *string)
{
	size_t len = json_string_length(value);

	if (!json_is_string(value) || (double)len < member->least || (double)len > member->most)
		return false;
	*string = (struct rdl_span){ (const uint8_t *)json_string_value(value), len };
	return true;
}

static bool read_boolean(const json_t *value, bool *boolean)
{
	*boolean = json_is_true(value);
	return json_is_boolean(value);
}

static bool read_number(const json_t *value, const struct rdl_lines_member *member, double *number)
{
	*number = json_number_value(value);
	return json_is_number(value) && *number >= member->least && *number <= member->most;
}

static bool read_whole(const json_t *value, const struct rdl_lines_member *member, uint64_t *whole)
{
	double number;

	if (!read_number(value, member, &number))
		return false;
	*whole = json_is_integer(value) ? (uint64_t)json_integer_value(value) : (uint64_t)number;
	return json_is_integer(value) || (double)*whole == number;
}

static bool read_one(json_t *value, const struct rdl_lines_member *member, void *into)
{
	switch (member->kind) {
	case RDL_LINES_STRING:
		return read_string(value, member, into);
	case RDL_LINES_BOOLEAN:
		return read_boolean(value, into);
	case RDL_LINES_WHOLE:
		return read_whole(value, member, into);
	case RDL_LINES_NUMBER:
		return read_number(value, member, into);
	case RDL_LINES_ANY:
		*(json_t **)into = value;
		return true;
	}
	return false;
}

const char *rdl_lines_read(json_t *object, const struct rdl_lines_member members[], unsigned count,
	void *into, const char *strange)
{
	size_t known = 0;

	if (!json_is_object(object))
		return strange;
	for (unsigned i = 0; i < count; i++) {
		const struct rdl_lines_member *member = &members[i];
		json_t *value = json_object_get(object, member->name);

		if (value == NULL && !member->required)
			continue;
		if (value == NULL || !read_one(value, member, (char *)into + member->at))
			return member->wrong;
		known++;
	}
	return known == json_object_size(object) ? NULL : strange;
}
