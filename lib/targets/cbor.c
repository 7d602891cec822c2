/* SPDX-License-Identifier: BSD-3-Clause */
/* Names in CBOR (RFC 8949): SenML, and LwM2M's own. */
#include "internal.h"

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define DEPTH_MAX 8 /* of items in items */
#define INDEFINITE 31
#define BREAK 0xff
#define PATH_MAX 4 /* Object, Instance, Resource, Resource Instance */

struct reader {
	const struct rdl_target_ear *ear;
	const uint8_t *pos, *end;
};

struct head {
	enum major major;
	bool indefinite; /* of an array or a map; of a string it is not taken */
	uint64_t value;
};

/* How an item begins; false: the octets end, or it is no CBOR. */
static bool read_head(struct reader *reader, struct head *head)
{
	if (reader->pos == reader->end)
		return false;
	uint8_t first = *reader->pos++, low = first & 31;

	*head = (struct head){ .major = first >> 5, .value = low };
	if (low < 24)
		return true;
	if (low == INDEFINITE) {
		head->indefinite = true;
		return head->major == ARRAY || head->major == MAP;
	}
	size_t len = low < 28 ? (size_t)1 << (low - 24) : SIZE_MAX;
	if (len > (size_t)(reader->end - reader->pos))
		return false;
	head->value = 0;
	for (size_t i = 0; i < len; i++)
		head->value = head->value << 8 | *reader->pos++;
	return true;
}

/* Whether an array or a map has one more item, of those that its head counts. */
static bool has_more(struct reader *reader, const struct head *head, uint64_t done)
{
	if (!head->indefinite)
		return done < head->value;
	if (reader->pos == reader->end || *reader->pos != BREAK)
		return true;
	reader->pos++;
	return false;
}

static bool skip_octets(struct reader *reader, uint64_t len)
{
	if (len > (uint64_t)(reader->end - reader->pos))
		return false;
	reader->pos += len;
	return true;
}

static bool skip(struct reader *reader, unsigned depth);

/* What is left of an item whose head has been read. */
static bool skip_rest(struct reader *reader, const struct head *head, unsigned depth)
{
	unsigned each = head->major == MAP ? 2 : 1;

	switch (head->major) {
	case UNSIGNED:
	case NEGATIVE:
	case SIMPLE:
		return true;
	case BYTES:
	case TEXT:
		return skip_octets(reader, head->value);
	case TAG:
		return depth > 0 && skip(reader, depth - 1);
	case ARRAY:
	case MAP:
		break;
	}
	if (depth == 0)
		return false;
	for (uint64_t i = 0; has_more(reader, head, i); i++)
		for (unsigned k = 0; k < each; k++)
			if (!skip(reader, depth - 1))
				return false;
	return true;
}

static bool skip(struct reader *reader, unsigned depth)
{
	struct head head;

	return read_head(reader, &head) && skip_rest(reader, &head, depth);
}

static bool read_text(struct reader *reader, struct rdl_span *text)
{
	struct head head;

	if (!read_head(reader, &head) || head.major != TEXT)
		return false;
	*text = (struct rdl_span){ reader->pos, head.value };
	return skip_octets(reader, head.value);
}

/* ---- SenML ---- */

/* Labels of a record; in CBOR they are numbers, and a lax reader knows their names as well. */
enum label { LABEL_OTHER, LABEL_NAME, LABEL_BASE_NAME };

static bool read_label(struct reader *reader, enum label *label)
{
	struct head head;

	*label = LABEL_OTHER;
	if (!read_head(reader, &head))
		return false;
	if (head.major == UNSIGNED && head.value == 0)
		*label = LABEL_NAME;
	if (head.major == NEGATIVE && head.value == 1)
		*label = LABEL_BASE_NAME;
	if (head.major != TEXT)
		return head.major == UNSIGNED || head.major == NEGATIVE;
	struct rdl_span text = { reader->pos, head.value };
	if (!skip_octets(reader, head.value))
		return false;
	if (rdl_span_equal(text, RDL_SPAN("n")))
		*label = LABEL_NAME;
	if (rdl_span_equal(text, RDL_SPAN("bn")))
		*label = LABEL_BASE_NAME;
	return true;
}

/*
 * A record: its name, and the base name from it on. False: it is none, or says one of them twice.
 */
static bool read_record(struct reader *reader, struct rdl_span *base, struct rdl_span *name)
{
	bool seen[3] = { false };
	struct head map;

	*name = (struct rdl_span){ reader->pos, 0 };
	if (!read_head(reader, &map) || map.major != MAP)
		return false;
	for (uint64_t i = 0; has_more(reader, &map, i); i++) {
		enum label label;

		if (!read_label(reader, &label))
			return false;
		if (label == LABEL_OTHER
				? !skip(reader, DEPTH_MAX)
				: seen[label] ||
					  !read_text(reader, label == LABEL_NAME ? name : base))
			return false;
		seen[label] = true;
	}
	return true;
}

enum rdl_target rdl_target_cbor(const struct rdl_target_ear *ear, struct rdl_span payload)
{
	struct reader reader = { ear, payload.data, payload.data + payload.len };
	struct rdl_span base = { payload.data, 0 }, name;
	enum rdl_target target = RDL_TARGET_GOOD;
	struct head array;

	if (!read_head(&reader, &array) || array.major != ARRAY)
		return RDL_TARGET_MALFORMED;
	for (uint64_t i = 0; target == RDL_TARGET_GOOD && has_more(&reader, &array, i); i++)
		target = read_record(&reader, &base, &name) ? rdl_target_name(ear, base, name)
							    : RDL_TARGET_MALFORMED;
	return target == RDL_TARGET_GOOD && reader.pos != reader.end ? RDL_TARGET_MALFORMED
								     : target;
}

/* ---- LwM2M ---- */

struct ids {
	unsigned count;
	uint64_t id[PATH_MAX];
};

static bool add_id(struct ids *ids, const struct head *head)
{
	if (head->major != UNSIGNED || ids->count == PATH_MAX)
		return false;
	ids->id[ids->count++] = head->value;
	return true;
}

/* A number, or an array of some. */
static bool read_ids(struct reader *reader, struct ids *ids)
{
	struct head head, item;

	if (!read_head(reader, &head))
		return false;
	if (head.major != ARRAY)
		return add_id(ids, &head);
	for (uint64_t i = 0; has_more(reader, &head, i); i++)
		if (!read_head(reader, &item) || !add_id(ids, &item))
			return false;
	return true;
}

static enum rdl_target tell_ids(struct reader *reader, const struct ids *ids)
{
	uint8_t text[PATH_MAX * 21];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));

	for (unsigned i = 0; i < ids->count; i++) {
		rdl_cursor_u8(&out, '/');
		rdl_cursor_decimal(&out, ids->id[i]);
	}
	return rdl_target_name(reader->ear, (struct rdl_span){ text, 0 },
		(struct rdl_span){ text, (size_t)(out.pos - text) });
}

/* {3: {0: {[11, 0]: ...}}}: what is no map is a value. `above` is where it stands. */
static enum rdl_target read_values(struct reader *reader, const struct ids *above)
{
	const uint8_t *start = reader->pos;
	enum rdl_target target = RDL_TARGET_GOOD;
	struct head map;

	if (!read_head(reader, &map))
		return RDL_TARGET_MALFORMED;
	if (map.major != MAP) {
		reader->pos = start;
		return skip(reader, DEPTH_MAX) ? tell_ids(reader, above) : RDL_TARGET_MALFORMED;
	}
	for (uint64_t i = 0; target == RDL_TARGET_GOOD && has_more(reader, &map, i); i++) {
		struct ids ids = *above;

		/* Each level takes a number at least, so there are no more levels than numbers. */
		if (!read_ids(reader, &ids) || ids.count == above->count)
			return RDL_TARGET_MALFORMED;
		target = read_values(reader, &ids);
	}
	return target;
}

/* [[3, 0], [1]]: paths without values, to be read. */
static enum rdl_target read_paths(struct reader *reader)
{
	enum rdl_target target = RDL_TARGET_GOOD;
	struct head array;

	if (!read_head(reader, &array))
		return RDL_TARGET_MALFORMED;
	for (uint64_t i = 0; target == RDL_TARGET_GOOD && has_more(reader, &array, i); i++) {
		struct ids ids = { 0 };

		target = read_ids(reader, &ids) ? tell_ids(reader, &ids) : RDL_TARGET_MALFORMED;
	}
	return target;
}

enum rdl_target rdl_target_lwm2m_cbor(const struct rdl_target_ear *ear, struct rdl_span payload)
{
	struct reader reader = { ear, payload.data, payload.data + payload.len };
	const struct ids none = { 0 };

	if (payload.len == 0)
		return RDL_TARGET_MALFORMED;
	enum rdl_target target =
		payload.data[0] >> 5 == ARRAY ? read_paths(&reader) : read_values(&reader, &none);
	return target == RDL_TARGET_GOOD && reader.pos != reader.end ? RDL_TARGET_MALFORMED
								     : target;
}
