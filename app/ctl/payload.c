/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of requests to devices and of their answers, as people read and write them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "requests.h"
#include "rows.h"
#include "text.h"

static const struct {
	const char *name;
	int number;
	bool text;
} formats[] = {
	{ "text", 0, true },
	{ "link", 40, true },
	{ "opaque", 42, false },
	{ "json", 50, true },
	{ "cbor", 60, false },
	{ "senml-json", 110, true },
	{ "senml-cbor", 112, false },
	{ "senml-etch-json", 320, true },
	{ "senml-etch-cbor", 322, false },
	{ "tlv", 11542, false },
	{ "lwm2m-json", 11543, true },
	{ "lwm2m-cbor", 11544, false },
};

int payload_format(const char *name)
{
	const struct rdl_span text = { (const uint8_t *)name, strlen(name) };
	uint64_t number;

	for (size_t i = 0; i < RDL_ARRAY_LEN(formats); i++)
		if (strcmp(name, formats[i].name) == 0)
			return formats[i].number;
	return rdl_decimal(text, 65535, &number) && number < 65535 ? (int)number : -1;
}

static bool is_text(int format)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(formats); i++)
		if (formats[i].number == format)
			return formats[i].text;
	return false;
}

static json_t *encode(struct rdl_span octets)
{
	size_t len = rdl_base64_len(octets.len);
	char *text = malloc(len + 1);

	if (text == NULL)
		return NULL;
	struct rdl_cursor out = rdl_cursor(text, len);
	rdl_cursor_base64(&out, octets);
	json_t *value = json_stringn(text, len);
	free(text);
	return value;
}

static json_t *fail(const char *why)
{
	fprintf(stderr, "rdline-ctl: payload: %s\n", why);
	return NULL;
}

static json_t *read_input(void)
{
	struct text input;
	json_t *value = NULL;

	if (!text_read(&input, "-"))
		fail(strerror(errno));
	else
		value = encode((struct rdl_span){ (const uint8_t *)input.data, input.len });
	text_wipe(&input);
	return value;
}

json_t *payload_of(const char *text, int format)
{
	struct rdl_span octets = { (const uint8_t *)text, strlen(text) };
	json_t *value;

	if (strcmp(text, "-") == 0)
		return read_input();
	if (is_text(format))
		return encode(octets);
	char *copy = strdup(text);
	if (copy == NULL)
		return fail("no memory");
	value = hex_read(copy, octets.len, &octets) ? encode(octets) : fail("is not hex");
	free(copy);
	return value;
}

void payload_print(const json_t *line)
{
	const json_t *payload = json_object_get(line, "payload");
	const json_t *format = json_object_get(line, "content_format");
	struct rdl_span text = { (const uint8_t *)json_string_value(payload),
		json_string_length(payload) };
	size_t room = text.len, len = 0;
	uint8_t *octets = malloc(room + 1);

	if (octets == NULL || !rdl_base64_decode(text, octets, room, &len))
		len = 0;
	bool shown = json_is_integer(format) ? is_text((int)json_integer_value(format))
					     : rdl_utf8_valid(octets, len);
	if (shown)
		print_octets((struct rdl_span){ octets, len });
	for (size_t i = 0; i < len && !shown; i++)
		printf("%02x", octets[i]);
	putchar('\n');
	free(octets);
}
