/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ten million of them are two gigabytes: --sort none holds none back. */
struct list_row {
	json_t *endpoint;
	char address[46], security[5], version[8], binding[9];
	unsigned port;
	long long left_s;
};

static const char *const orders[] = { [LIST_ENDPOINT] = "endpoint",
	[LIST_ADDRESS] = "address",
	[LIST_LEFT] = "left",
	[LIST_NONE] = "none" };

bool list_order_of(const char *name, enum list_order *order)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(name, orders[i]) == 0) {
			*order = (enum list_order)i;
			return true;
		}
	}
	return false;
}

static void copy_text(char *to, size_t room, json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));

	snprintf(to, room, "%s", text != NULL ? text : "");
}

/* Queue mode as version 1.0 writes it, in all versions. */
static void read_row(struct list_row *to, json_t *row)
{
	to->endpoint = json_incref(json_object_get(row, "endpoint"));
	copy_text(to->address, sizeof(to->address), row, "address");
	copy_text(to->security, sizeof(to->security), row, "security");
	copy_text(to->version, sizeof(to->version), row, "version");
	copy_text(to->binding, sizeof(to->binding) - 1, row, "binding");
	if (json_is_true(json_object_get(row, "queue")) && strchr(to->binding, 'Q') == NULL)
		strcat(to->binding, "Q");
	to->port = (unsigned)json_integer_value(json_object_get(row, "port"));
	to->left_s = json_integer_value(json_object_get(row, "expires_in"));
}

bool list_add(struct list_rows *list, json_t *registrations)
{
	json_t *row;
	size_t i;

	json_array_foreach(registrations, i, row)
	{
		if (!json_is_string(json_object_get(row, "endpoint")))
			continue;
		if (list->count == list->room) {
			size_t room = list->room > 0 ? 2 * list->room : 1024;
			struct list_row *rows = realloc(list->rows, room * sizeof(*rows));

			if (rows == NULL)
				return false;
			list->rows = rows;
			list->room = room;
		}
		read_row(&list->rows[list->count++], row);
	}
	return true;
}

/* By octets: UTF-8 sorts as its characters' numbers do. */
static int by_endpoint(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	size_t x_len = json_string_length(x->endpoint), y_len = json_string_length(y->endpoint);
	int order = memcmp(json_string_value(x->endpoint), json_string_value(y->endpoint),
		x_len < y_len ? x_len : y_len);

	return order != 0 ? order : (x_len > y_len) - (x_len < y_len);
}

static int by_address(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	int order = strverscmp(x->address, y->address);

	if (order == 0)
		order = (x->port > y->port) - (x->port < y->port);
	return order != 0 ? order : by_endpoint(a, b);
}

static int by_left(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	int order = (x->left_s > y->left_s) - (x->left_s < y->left_s);

	return order != 0 ? order : by_endpoint(a, b);
}

/* In the two largest units: 58s, 4m58s, 23h59m, 12d03h. */
static void left_text(long long s, char text[32])
{
	if (s < 60)
		snprintf(text, 32, "%llds", s);
	else if (s < 3600)
		snprintf(text, 32, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, 32, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(text, 32, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}

static void print_row(const struct list_row *row, int address_width)
{
	char left[32];

	left_text(row->left_s, left);
	printf("%-*s  %5u  %-8s  %-7s  %-7s  %9s  ", address_width, row->address, row->port,
		row->security, row->version, row->binding, left);
	print_line(row->endpoint);
}

void list_print(struct list_rows *list, enum list_order order)
{
	static int (*const compare[])(const void *a, const void *b) = {
		[LIST_ENDPOINT] = by_endpoint, [LIST_ADDRESS] = by_address, [LIST_LEFT] = by_left
	};
	int width = 15; /* of any address of version 4 */

	if (order != LIST_NONE && list->count > 1)
		qsort(list->rows, list->count, sizeof(list->rows[0]), compare[order]);
	for (size_t i = 0; i < list->count; i++)
		if (strlen(list->rows[i].address) > (size_t)width)
			width = (int)strlen(list->rows[i].address);
	if (!list->headed)
		printf("%-*s  %5s  %-8s  %-7s  %-7s  %9s  ENDPOINT\n", width, "ADDRESS", "PORT",
			"SECURITY", "VERSION", "BINDING", "LEFT");
	list->headed = true;
	for (size_t i = 0; i < list->count; i++) {
		print_row(&list->rows[i], width);
		json_decref(list->rows[i].endpoint);
	}
	free(list->rows);
	list->rows = NULL;
	list->count = list->room = 0;
}
