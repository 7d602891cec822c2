/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * What is unprintable as \xNN, \uNNNN or \UNNNNNNNN,
 * and the backslash doubled so that this can be read back.
 */
void print_octets(struct rdl_span rest)
{
	uint32_t character;
	bool printable;
	size_t n;

	while ((n = rdl_character(rest, &character, &printable)) > 0) {
		if (!printable && n == 1)
			printf("\\x%02x", character);
		else if (!printable)
			printf(character > 0xffff ? "\\U%08x" : "\\u%04x", character);
		else if (character == '\\')
			fputs("\\\\", stdout);
		else
			fwrite(rest.data, 1, n, stdout);
		rest.data += n;
		rest.len -= n;
	}
}

static void print_text(json_t *text)
{
	print_octets((struct rdl_span){
		(const uint8_t *)json_string_value(text), json_string_length(text) });
}

static void print_value(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		print_text(value);
		break;
	case JSON_INTEGER:
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		printf("%.3f", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", stdout);
		break;
	case JSON_FALSE:
		fputs("no", stdout);
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, item)
		{
			fputs(i > 0 ? " " : "", stdout);
			print_value(item);
		}
		break;
	case JSON_OBJECT:
		i = 0;
		json_object_foreach(value, key, item)
		{
			printf("%s%s=", i++ > 0 ? " " : "", key);
			print_value(item);
		}
		break;
	case JSON_NULL:
		break;
	}
}

void print_line(json_t *text)
{
	print_text(text);
	putchar('\n');
}

void print_names(json_t *names)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) print_line(name);
}

void print_registration(json_t *registration)
{
	const char *key;
	json_t *value;

	json_object_foreach(registration, key, value)
	{
		printf("%s: ", key);
		if (strcmp(key, "registered_at") == 0 || strcmp(key, "updated_at") == 0) {
			time_t at = (time_t)json_integer_value(value);
			char text[32];

			strftime(text, sizeof(text), "%F %T %z", localtime(&at));
			fputs(text, stdout);
		} else {
			print_value(value);
		}
		putchar('\n');
	}
}

static void print_member(const char *before, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return;
	fputs(before, stdout);
	print_value(value);
}

static const char *path_of(json_t *refusal)
{
	const char *path = json_string_value(json_object_get(refusal, "path"));

	return path != NULL ? path : "";
}

/*
 * 2026-11-26 02:37:13 4.00 register urn:dev:1 from 192.0.2.2 port 1234 by psk urn:dev:2:
 * ep: not of this identity
 */
static void print_refusal(json_t *refusal)
{
	time_t at = (time_t)json_number_value(json_object_get(refusal, "time"));
	char text[32];

	strftime(text, sizeof(text), "%F %T", localtime(&at));
	fputs(text, stdout);
	print_member(" ", refusal, "code");
	print_member(" ", refusal, "operation");
	if (json_string_length(json_object_get(refusal, "endpoint")) > 0)
		print_member(" ", refusal, "endpoint");
	print_member(" ", refusal, "location");
	/* Registers go where they do. */
	if (strcmp(path_of(refusal), "/rd") != 0)
		print_member(" ", refusal, "path");
	print_member(" from ", refusal, "address");
	print_member(" port ", refusal, "port");
	if (json_object_get(refusal, "identity") != NULL) {
		print_member(" by ", refusal, "security");
		print_member(" ", refusal, "identity");
	}
	print_member(": ", refusal, "text");
	putchar('\n');
}

void print_refusals(json_t *refusals)
{
	json_t *refusal;
	size_t i;

	json_array_foreach(refusals, i, refusal) print_refusal(refusal);
}

void print_cursors(json_t *cursors)
{
	json_t *cursor;
	size_t i;

	json_array_foreach(cursors, i, cursor)
	{
		fputs(json_string_value(json_object_get(cursor, "name")), stdout);
		printf(" lag=%lld%s%s\n",
			(long long)json_integer_value(json_object_get(cursor, "lag")),
			json_is_true(json_object_get(cursor, "followed")) ? " followed" : "",
			json_is_true(json_object_get(cursor, "snapshot")) ? " gets-a-snapshot"
									  : "");
	}
}
