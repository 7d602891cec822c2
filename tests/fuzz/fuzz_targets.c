/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What requests to devices name. The first octet says as what the rest is read: as a path, or as a
 * payload of a format. Whatever is told names no Object 0, and reads as itself.
 */
#include "fuzz.h"
#include "targets.h"

static void check_first_number(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len &&
		!(text[i] == '/' && i + 1 < len && text[i + 1] >= '0' && text[i + 1] <= '9'))
		i++;
	if (i == len)
		return;
	CHECK(text[i + 1] != '0');
	unsigned value = 0;
	for (i++; i < len && text[i] != '/'; i++) {
		CHECK(text[i] >= '0' && text[i] <= '9');
		value = value * 10 + (unsigned)(text[i] - '0');
		CHECK(value <= 65535);
	}
}

static enum rdl_target told(void *context, const struct rdl_target_path *path)
{
	uint8_t octets[512];
	struct rdl_cursor options = rdl_cursor(octets, sizeof(octets));
	struct rdl_target_path again;
	struct rdl_span text = { (const uint8_t *)path->text, path->len };

	(void)context;
	CHECK(path->len > 0 && path->text[0] == '/');
	check_first_number(path->text, path->len);
	CHECK(rdl_target_read(text, &options, &again) == RDL_TARGET_GOOD);
	CHECK(again.len == path->len && memcmp(again.text, path->text, path->len) == 0);
	return RDL_TARGET_GOOD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t formats[] = { 110, 112, 11543, 11544 };
	struct rdl_span input = { data, size };
	unsigned as = fuzz_octet(&input) % (RDL_ARRAY_LEN(formats) + 1);
	uint8_t octets[128];
	struct rdl_cursor options = rdl_cursor(octets, sizeof(octets));
	struct rdl_target_path path;

	if (as < RDL_ARRAY_LEN(formats))
		(void)rdl_target_payload(formats[as], input, told, NULL);
	else if (rdl_target_read(input, &options, &path) == RDL_TARGET_GOOD)
		told(NULL, &path);
	return 0;
}
