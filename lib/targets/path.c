/* SPDX-License-Identifier: BSD-3-Clause */
#include "targets.h"

#define SEGMENT_MAX 255 /* of a Uri-Path option */
#define ID_MAX 65535

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What no device should be given: it might take it for the end, another segment, or nothing. */
static bool is_spelt_well(const uint8_t *segment, size_t len)
{
	if (len == 0 || !rdl_utf8_valid(segment, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (segment[i] <= ' ' || segment[i] == 0x7f || segment[i] == '/' ||
			segment[i] == '%' || segment[i] == '\\')
			return false;
	return segment[0] != '.' || (len > 1 && (len > 2 || segment[1] != '.'));
}

/* Whether a lax reader of numbers would find one. */
static bool is_like_number(const uint8_t *segment)
{
	return is_digit(segment[0]) || segment[0] == '+' || segment[0] == '-';
}

/* A number, the first one of its path or a later one. */
static enum rdl_target read_number(struct rdl_span segment, bool first)
{
	uint64_t value;

	if (!rdl_decimal(segment, UINT64_MAX, &value))
		return RDL_TARGET_MALFORMED;
	if (first && (value & ID_MAX) == 0)
		return RDL_TARGET_SECURITY;
	if (value > ID_MAX || (segment.data[0] == '0' && segment.len > 1))
		return RDL_TARGET_MALFORMED;
	return RDL_TARGET_GOOD;
}

static bool put_segment(
	struct rdl_target_path *path, struct rdl_cursor *options, struct rdl_span segment)
{
	if (path->len + 1 + segment.len > sizeof(path->text))
		return false;
	path->text[path->len] = '/';
	memcpy(path->text + path->len + 1, segment.data, segment.len);
	path->len += 1 + segment.len;
	rdl_cursor_u8(options, (uint8_t)segment.len);
	rdl_cursor_bytes(options, segment.data, segment.len);
	return !options->failed;
}

/* The segment that `len` characters spell. */
static enum rdl_target read_segment(const char *text, size_t len, bool *numbered,
	struct rdl_target_path *path, struct rdl_cursor *options)
{
	enum rdl_target target = RDL_TARGET_GOOD;
	uint8_t octets[SEGMENT_MAX];
	size_t octet_count;

	if (len > 3 * sizeof(octets))
		return RDL_TARGET_TOO_LONG;
	if (!rdl_percent_decode(text, len, octets, sizeof(octets), &octet_count) ||
		!is_spelt_well(octets, octet_count))
		return RDL_TARGET_MALFORMED;
	struct rdl_span segment = { octets, octet_count };
	if (is_like_number(octets)) {
		target = read_number(segment, !*numbered);
		*numbered = true;
	}
	if (target != RDL_TARGET_GOOD)
		return target;
	return put_segment(path, options, segment) ? RDL_TARGET_GOOD : RDL_TARGET_TOO_LONG;
}

enum rdl_target rdl_target_read(
	struct rdl_span text, struct rdl_cursor *options, struct rdl_target_path *path)
{
	const char *pos = (const char *)text.data, *end = pos + text.len;
	bool numbered = false;

	path->len = 0;
	if (text.len == 0 || *pos != '/')
		return RDL_TARGET_MALFORMED;
	if (text.len == 1) {
		path->text[path->len++] = '/';
		return RDL_TARGET_GOOD;
	}
	while (pos < end) {
		pos++;
		const char *slash = memchr(pos, '/', (size_t)(end - pos));
		size_t len = (size_t)((slash != NULL ? slash : end) - pos);
		enum rdl_target target = read_segment(pos, len, &numbered, path, options);

		if (target != RDL_TARGET_GOOD)
			return target;
		pos += len;
	}
	return RDL_TARGET_GOOD;
}
