/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts as DPDK's telemetry can carry them: printable ASCII, in strings of 127 octets. */
#include "telemetry_internal.h"

#define STRING_MAX 127
#define ENCODED_MAX (3 * UINT8_MAX + 1)

struct rte_tel_data *tel_array(enum rte_tel_value_type type)
{
	struct rte_tel_data *array = rte_tel_data_alloc();

	if (array != NULL)
		rte_tel_data_start_array(array, type);
	return array;
}

static void put_parts(struct rte_tel_data *array, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		char part[STRING_MAX + 1];
		size_t n = rdl_percent_cut(text + done, len - done, STRING_MAX);

		memcpy(part, text + done, n);
		part[n] = '\0';
		rte_tel_data_add_array_string(array, part);
		done += n;
	}
}

void tel_text(struct rte_tel_data *d, const char *name, const char *parts_name, const char *text,
	size_t len)
{
	char head[STRING_MAX + 1];
	size_t n = rdl_percent_cut(text, len, STRING_MAX);

	memcpy(head, text, n);
	head[n] = '\0';
	rte_tel_data_add_dict_string(d, name, head);
	if (len > STRING_MAX) {
		struct rte_tel_data *parts = tel_array(RTE_TEL_STRING_VAL);

		if (parts != NULL) {
			put_parts(parts, text, len);
			rte_tel_data_add_dict_container(d, parts_name, parts, 0);
		}
	}
}

void tel_encoded(
	struct rte_tel_data *d, const char *name, const char *parts_name, struct rdl_span value)
{
	char text[ENCODED_MAX];
	size_t len;

	if (value.len > UINT8_MAX)
		value.len = UINT8_MAX;
	len = rdl_percent_encode(value, text);
	tel_text(d, name, parts_name, text, len);
}

size_t tel_text_octets(struct rdl_span value)
{
	char text[3 * UINT8_MAX + 1];
	size_t len = rdl_percent_encode(value, text), octets = len;

	for (size_t i = 0; i < len; i++)
		octets += text[i] == '"' || text[i] == '\\';
	/* Quotes and commas, of each of its parts; brackets, and the number by which they go. */
	return octets + 3 * (len / (STRING_MAX - 2) + 1) + 10;
}

void tel_texts_add(struct tel_texts *texts, struct rdl_span value)
{
	char text[3 * UINT8_MAX + 1], number[16];
	size_t len = rdl_percent_encode(value, text);

	if (len <= STRING_MAX) {
		if (texts->array == NULL)
			texts->array = tel_array(RTE_TEL_STRING_VAL);
		if (texts->array != NULL)
			rte_tel_data_add_array_string(texts->array, text);
		return;
	}
	struct rte_tel_data *parts = tel_array(RTE_TEL_STRING_VAL);
	if (texts->parts == NULL) {
		texts->parts = rte_tel_data_alloc();
		if (texts->parts != NULL)
			rte_tel_data_start_dict(texts->parts);
	}
	if (parts != NULL && texts->parts != NULL) {
		snprintf(number, sizeof(number), "%u", texts->parts_count++);
		put_parts(parts, text, len);
		rte_tel_data_add_dict_container(texts->parts, number, parts, 0);
	} else {
		rte_tel_data_free(parts);
	}
}

void tel_texts_put(
	struct tel_texts *texts, struct rte_tel_data *d, const char *name, const char *parts_name)
{
	if (texts->array != NULL)
		rte_tel_data_add_dict_container(d, name, texts->array, 0);
	if (texts->parts != NULL)
		rte_tel_data_add_dict_container(d, parts_name, texts->parts, 0);
}
