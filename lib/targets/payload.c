/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

static const struct {
	uint16_t content_format;
	enum rdl_target (*read)(const struct rdl_target_ear *ear, struct rdl_span payload);
} formats[] = {
	{ 110, rdl_target_json }, /* application/senml+json */
	{ 112, rdl_target_cbor }, /* application/senml+cbor */
	{ 320, rdl_target_json }, /* application/senml-etch+json */
	{ 322, rdl_target_cbor }, /* application/senml-etch+cbor */
	{ 11543, rdl_target_old_json }, /* application/vnd.oma.lwm2m+json */
	{ 1543, rdl_target_old_json }, /* the same, before that was registered */
	{ 11544, rdl_target_lwm2m_cbor }, /* application/vnd.oma.lwm2m+cbor */
	/* SenML that streams, in EXI and in XML: what it names is not read. */
	{ 111, NULL },
	{ 113, NULL },
	{ 114, NULL },
	{ 115, NULL },
	{ 310, NULL },
	{ 311, NULL },
};

bool rdl_target_names(uint16_t content_format)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(formats); i++)
		if (formats[i].content_format == content_format)
			return true;
	return false;
}

enum rdl_target rdl_target_payload(
	uint16_t content_format, struct rdl_span payload, rdl_target_fn tell, void *context)
{
	const struct rdl_target_ear ear = { tell, context };

	for (size_t i = 0; i < RDL_ARRAY_LEN(formats); i++)
		if (formats[i].content_format == content_format && formats[i].read != NULL)
			return formats[i].read(&ear, payload);
	return RDL_TARGET_UNREAD;
}

enum rdl_target rdl_target_name(
	const struct rdl_target_ear *ear, struct rdl_span base, struct rdl_span name)
{
	uint8_t octets[RDL_TARGET_TEXT_MAX], text[RDL_TARGET_TEXT_MAX + 1];
	struct rdl_cursor options = rdl_cursor(octets, sizeof(octets));
	struct rdl_cursor whole = rdl_cursor(text, sizeof(text));
	struct rdl_target_path path;

	if (base.len + name.len == 0)
		return RDL_TARGET_MALFORMED;
	if ((base.len > 0 ? base : name).data[0] != '/')
		rdl_cursor_u8(&whole, '/');
	rdl_cursor_bytes(&whole, base.data, base.len);
	rdl_cursor_bytes(&whole, name.data, name.len);
	if (whole.failed)
		return RDL_TARGET_TOO_LONG;
	size_t len = (size_t)(whole.pos - text);
	/* A name is no URI: what looks like %XX is not. */
	if (memchr(text, '%', len) != NULL)
		return RDL_TARGET_MALFORMED;
	if (len > 1 && text[len - 1] == '/')
		len--;
	enum rdl_target target = rdl_target_read((struct rdl_span){ text, len }, &options, &path);
	return target != RDL_TARGET_GOOD ? target : ear->tell(ear->context, &path);
}
