/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_lists.h"

static const size_t list_octets[LIST_SIZES] = { 90, 450, 1560, 7900 };
static const char *const roots[] = { "", "r", "lwm2m" };

static unsigned list_dice(struct list *list, unsigned sides)
{
	return (unsigned)(test_random(&list->random) % sides);
}

static void list_text(struct list *list, const char *text)
{
	size_t len = strlen(text);

	CHECK(len < sizeof(list->text) - list->text_len);
	memcpy(list->text + list->text_len, text, len);
	list->text_len += len;
}

static void list_number(struct list *list, unsigned number)
{
	char digits[12];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	list_text(list, at);
}

/* A link's target begins: what is put together until the next one is one piece of the payload. */
static void list_link(struct list *list, const char *prefix)
{
	CHECK(list->piece_count < RDL_ARRAY_LEN(list->pieces));
	list->pieces[list->piece_count++] = list->text_len;
	list_text(list, "<");
	list_text(list, prefix);
}

/* "<PREFIX object[/instance]" and what comes behind. */
static void list_target(
	struct list *list, const char *prefix, unsigned object, int instance, const char *behind)
{
	list_link(list, prefix);
	list_number(list, object);
	if (instance >= 0) {
		list_text(list, "/");
		list_number(list, (unsigned)instance);
	}
	list_text(list, behind);
}

/* One object: its links in the payload, its links as kept. */
static void list_object(struct list *list, unsigned object)
{
	const char *prefix = list->prefix + (list_dice(list, 4) == 0); /* relative, that is */
	unsigned instances = list_dice(list, 4), instance = 0;

	if (list_dice(list, 8) == 0) {
		static const char *const versions[][2] = { { ">;ver=1.0", ">;ver=\"1.0\"" },
			{ ">;ver=1.1", ">;ver=\"1.1\"" }, { ">;ver=1.2", ">;ver=\"1.2\"" } };
		unsigned minor = list_dice(list, 3);

		list_target(list, prefix, object, -1, versions[minor][list_dice(list, 2)]);
		list->versions[list->version_count++] =
			(struct rdl_object_version){ (uint16_t)object, 1, (uint16_t)minor };
	} else if (instances == 0) {
		list_target(list, prefix, object, -1, ">");
	}
	if (instances == 0)
		list->links[list->link_count++] = object << 16 | 0xffff;
	for (unsigned i = 0; i < instances; i++, instance++) {
		instance += list_dice(list, 3);
		list_target(list, prefix, object, (int)instance,
			list_dice(list, 30) == 0 ? "/1>" : ">");
		list->links[list->link_count++] = object << 16 | instance;
		if (list_dice(list, 40) == 0)
			list_target(list, prefix, object, (int)instance, ">");
	}
}

/* What has no place in a list, and does not harm it. */
static void list_noise(struct list *list)
{
	switch (list_dice(list, 6)) {
	case 0:
		list_target(list, list->prefix, 0, (int)list_dice(list, 3), ">");
		break;
	case 1:
		list_link(list, "/sensors/temp>;if=\"</77/0>,\"");
		break;
	case 2:
		list_target(list, list->prefix, 65535, -1, ">");
		break;
	default:
		break;
	}
}

static void list_declare(struct list *list, const struct kept_list *kept)
{
	static const char *const formats[][2] = { { "", "" }, { ";ct=110", ";ct=\"110\"" },
		{ ";ct=\"110 112\"", ";ct=110 112" } };

	if (!kept->declared)
		return;
	list->format_count = list_dice(list, 3);
	list->formats[0] = 110;
	list->formats[1] = 112;
	list_link(list, "/");
	list_text(list, list->root);
	list_text(list, ">;rt=\"oma.lwm2m\"");
	list_text(list, formats[list->format_count][list_dice(list, 2)]);
}

/* The pieces one behind the other, forwards or backwards. */
static void list_write(struct list *list)
{
	bool backwards = list_dice(list, 3) == 0;
	static const char *const commas[] = { ", ", ",\r\n", "\n,", "\t,\n" };
	const char *comma = list_dice(list, 5) == 0 ? commas[list_dice(list, 4)] : ",";

	for (unsigned i = 0; i < list->piece_count; i++) {
		unsigned k = backwards ? list->piece_count - 1 - i : i;
		size_t end = k + 1 < list->piece_count ? list->pieces[k + 1] : list->text_len;
		size_t len = end - list->pieces[k];

		if (i > 0) {
			memcpy(list->payload + list->len, comma, strlen(comma));
			list->len += strlen(comma);
		}
		memcpy(list->payload + list->len, list->text + list->pieces[k], len);
		list->len += len;
	}
}

void list_make(struct list *list, const struct kept_list *kept)
{
	static const unsigned mandatory[] = { 1, 3 };
	size_t limit = list_octets[kept->size];
	unsigned object = 4;

	list->random = kept->number;
	list->root = roots[kept->root];
	snprintf(list->prefix, sizeof(list->prefix), "/%s%s", list->root,
		list->root[0] != '\0' ? "/" : "");
	list->len = list->text_len = 0;
	list->link_count = list->version_count = list->format_count = list->piece_count = 0;
	list_declare(list, kept);
	list_noise(list);
	for (unsigned i = 0; i < 2 && kept->mandatory; i++)
		list_object(list, mandatory[i]);
	do {
		/* 21 and 23 are kept out of lists by some versions. */
		object += 1 + list_dice(list, kept->size >= LIST_FAT ? 2 : 40);
		if (object == 21 || object == 23)
			object++;
		list_object(list, object);
	} while (list->text_len + 3 * list->piece_count + 120 < limit &&
		 list->link_count + 4 < LIST_LINKS && list_dice(list, 200) != 0);
	list_write(list);
}

bool list_is(const struct list *list, const struct rdl_object_list *got)
{
	struct rdl_span root = { (const uint8_t *)list->root, strlen(list->root) };

	return got->link_count == list->link_count && got->version_count == list->version_count &&
	       got->format_count == list->format_count &&
	       memcmp(rdl_object_list_links(got), list->links,
		       list->link_count * sizeof(list->links[0])) == 0 &&
	       memcmp(rdl_object_list_versions(got), list->versions,
		       list->version_count * sizeof(list->versions[0])) == 0 &&
	       memcmp(rdl_object_list_formats(got), list->formats,
		       list->format_count * sizeof(list->formats[0])) == 0 &&
	       rdl_span_equal(rdl_object_list_root(got), root);
}
