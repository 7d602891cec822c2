/* SPDX-License-Identifier: BSD-3-Clause */
/* What is too long for one reply of the telemetry socket, in pages that fit. */
#include "telemetry_internal.h"

#include <stdlib.h>

/* DPDK cuts arrays at 512 entries. */
#define OBJECTS_PAGE 512
/* Pages without a name in them, while slots are walked, before a reply says "go on". */
#define ASKS_MAX 64

static bool is_number(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* ENDPOINT[,CURSOR]: names may hold commas, so only digits behind the last one are a cursor. */
static size_t split_cursor(const char *params, uint64_t *cursor)
{
	const char *comma = strrchr(params, ',');

	*cursor = 0;
	if (comma == NULL || !is_number(comma + 1))
		return strlen(params);
	*cursor = strtoull(comma + 1, NULL, 10);
	return (size_t)(comma - params);
}

static void put_objects(struct rte_tel_data *d, const struct telemetry *telemetry,
	const struct question *answer, uint64_t cursor)
{
	const struct rdl_object_list *list = answer->registration.objects;
	uint32_t from = cursor < list->link_count ? (uint32_t)cursor : list->link_count;
	uint64_t next = (uint64_t)from + OBJECTS_PAGE;

	(void)telemetry;
	tel_links(d, list, from, OBJECTS_PAGE);
	tel_u64(d, "objects_total", list->link_count);
	tel_u64(d, "next", next < list->link_count ? next : 0);
}

int telemetry_objects(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	uint64_t cursor;

	(void)cmd;
	if (from == NULL)
		return 0;
	if (params == NULL)
		params = "";
	size_t len = split_cursor(params, &cursor);
	telemetry_ask(from, params, len, d, put_objects, cursor);
	telemetry_let_go();
	return 0;
}

static void add_page(const struct question *page, struct tel_texts *names)
{
	for (uint32_t i = 0; i < page->page_len; i += 1u + page->page[i])
		tel_texts_add(names, (struct rdl_span){ page->page + i + 1, page->page[i] });
}

/* The next page with a name in it; false when an owner did not answer. */
static bool find_page(const struct telemetry *from, uint64_t *cursor, struct tel_texts *names)
{
	for (unsigned asks = 0; asks < ASKS_MAX; asks++) {
		struct question *page = ask_page(from->watched.owners, QUESTION_PAGE, cursor);

		if (page == NULL)
			return false;
		bool any = page->page_len > 0;
		add_page(page, names);
		ask_done(page);
		if (any || *cursor == 0)
			break;
	}
	return true;
}

int telemetry_registrations(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	uint64_t cursor = params != NULL ? strtoull(params, NULL, 10) : 0;
	struct tel_texts names = { 0 };

	(void)cmd;
	if (from == NULL)
		return 0;
	if (params != NULL && !is_number(params)) {
		rte_tel_data_start_dict(d);
	} else if (find_page(from, &cursor, &names)) {
		rte_tel_data_start_dict(d);
		if (names.array == NULL) /* there even when it is empty */
			names.array = tel_array(RTE_TEL_STRING_VAL);
		tel_texts_put(&names, d, "endpoints", "endpoint_parts");
		tel_u64(d, "next", cursor);
	}
	telemetry_let_go();
	return 0;
}
