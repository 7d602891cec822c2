/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "why_command.h"

/* Where it helps: whoever reads knows what the last few had. */
#define SHOWN 3

static const char *text_of(json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

static struct rdl_span span_of(json_t *text)
{
	return (struct rdl_span){ (const uint8_t *)json_string_value(text),
		json_string_length(text) };
}

static void print_time(json_t *value)
{
	time_t at = (time_t)json_number_value(value);
	char text[32];

	strftime(text, sizeof(text), "%F %T", localtime(&at));
	fputs(text, stdout);
}

/* "    -> ", with its lines under each other. */
static void advise(const char *advice)
{
	size_t column = 0;

	if (advice == NULL)
		return;
	fputs("    ->", stdout);
	for (const char *word = advice; *word != '\0';) {
		size_t len = strcspn(word, " ");

		if (column > 0 && column + len > 88) {
			fputs("\n      ", stdout);
			column = 0;
		}
		printf(" %.*s", (int)len, word);
		column += len + 1;
		word += len + (word[len] == ' ');
	}
	putchar('\n');
}

/* ---- the registration ---- */

static void print_registration_of(json_t *why)
{
	json_t *registration = json_object_get(why, "registration");

	print_octets(span_of(json_object_get(why, "endpoint")));
	if (!json_is_object(registration)) {
		puts(" is not registered.");
		return;
	}
	fputs(" is registered since ", stdout);
	print_time(json_object_get(registration, "registered_at"));
	fputs(", updated last ", stdout);
	print_time(json_object_get(registration, "updated_at"));
	printf(", for %lld of %lld s more,\n  from %s port %lld at %s, version %s, ",
		(long long)json_integer_value(json_object_get(registration, "expires_in")),
		(long long)json_integer_value(json_object_get(registration, "lifetime")),
		text_of(registration, "address"),
		(long long)json_integer_value(json_object_get(registration, "port")),
		text_of(registration, "location"), text_of(registration, "version"));
	if (json_object_get(registration, "identity") == NULL) {
		puts("in clear text.");
		return;
	}
	printf("by %s ", text_of(registration, "security"));
	print_octets(span_of(json_object_get(registration, "identity")));
	puts(".");
}

static void print_barred(json_t *why)
{
	const char *reason = text_of(why, "barred");
	bool secured = strcmp(reason, "endpoint_secured") == 0;

	if (reason[0] == '\0')
		return;
	printf("%s: %s\n",
		secured ? "It may not register in clear text" : "It may not register at present",
		text_of(why, "barred_text"));
	advise(why_advice_refused(reason));
}

/* ---- refusals ---- */

/* Columns that print_octets() takes. */
static size_t width_of(struct rdl_span rest)
{
	size_t width = 0, n;
	uint32_t character;
	bool printable;

	while ((n = rdl_character(rest, &character, &printable)) > 0) {
		if (printable)
			width += character == '\\' ? 2 : 1;
		else
			width += n == 1 ? 4 : character > 0xffff ? 10 : 6;
		rest.data += n;
		rest.len -= n;
	}
	return width;
}

/* The object list, and what is wrong with it under it. */
static void print_excerpt(json_t *refusal)
{
	json_t *before = json_object_get(refusal, "before"),
	       *from = json_object_get(refusal, "from");

	if (before == NULL || from == NULL)
		return;
	fputs("    ", stdout);
	print_octets(span_of(before));
	print_octets(span_of(from));
	printf("\n    %*s^\n", (int)width_of(span_of(before)), "");
}

static void print_refusals_of(json_t *why)
{
	json_t *refusals = json_object_get(why, "refusals"), *refusal;
	size_t i;

	if (json_array_size(refusals) == 0)
		return;
	puts("Refused, the latest first:");
	json_array_foreach(refusals, i, refusal)
	{
		if (i == SHOWN)
			break;
		json_t *one = json_pack("[O]", refusal);
		fputs("  ", stdout);
		print_refusals(one);
		json_decref(one);
		print_excerpt(refusal);
		advise(why_advice_refused(text_of(refusal, "reason")));
	}
}

/* ---- what was shed ---- */

static void print_sheds(json_t *why)
{
	json_t *sheds = json_object_get(why, "shed"), *shed;
	size_t i;

	if (json_array_size(sheds) == 0)
		return;
	puts("Dropped in silence, the latest first:");
	json_array_foreach(sheds, i, shed)
	{
		if (i == SHOWN)
			break;
		fputs("  ", stdout);
		print_time(json_object_get(shed, "time"));
		printf(" %s: %s\n", text_of(shed, "reason"), text_of(shed, "text"));
		advise(why_advice_shed(text_of(shed, "reason")));
	}
}

/* It may have been among those, and nobody can tell. */
static void print_shedding(json_t *why)
{
	json_t *all = json_object_get(why, "shed_of_all"), *value;
	const char *counter;

	if (json_object_size(all) == 0)
		return;
	puts("Dropped in silence since the start, of all devices; it may be among them:");
	json_object_foreach(all, counter, value)
	{
		printf("  %s %lld\n", counter, (long long)json_integer_value(value));
		advise(why_advice_shed(counter));
	}
}

/* ---- handshakes ---- */

static void print_handshake(json_t *handshake)
{
	fputs("  ", stdout);
	print_time(json_object_get(handshake, "time"));
	printf(" from %s port %lld", text_of(handshake, "address"),
		(long long)json_integer_value(json_object_get(handshake, "port")));
	if (json_object_get(handshake, "identity") != NULL) {
		printf(" by %s ", text_of(handshake, "security"));
		print_octets(span_of(json_object_get(handshake, "identity")));
		if (!json_is_true(json_object_get(handshake, "may_register")))
			fputs(", who may not register this endpoint", stdout);
	}
	printf(": %s\n", text_of(handshake, "text"));
	advise(why_advice_handshake(text_of(handshake, "failure")));
}

static void print_handshakes(json_t *why)
{
	json_t *handshakes = json_object_get(why, "handshakes"), *handshake;
	size_t i;

	if (json_array_size(handshakes) == 0)
		return;
	puts("DTLS handshakes that failed:");
	json_array_foreach(handshakes, i, handshake) print_handshake(handshake);
}

static bool is_nothing(json_t *why)
{
	return json_array_size(json_object_get(why, "refusals")) == 0 &&
	       json_array_size(json_object_get(why, "shed")) == 0 &&
	       json_array_size(json_object_get(why, "handshakes")) == 0;
}

bool why_print(json_t *why)
{
	bool registered = json_is_object(json_object_get(why, "registration"));

	print_registration_of(why);
	if (!registered)
		print_barred(why);
	print_refusals_of(why);
	print_sheds(why);
	print_handshakes(why);
	if (registered || !is_nothing(why))
		return registered;
	puts("Nothing of it was refused, dropped by its name, or failed in a handshake lately.");
	print_shedding(why);
	if (!json_is_true(json_object_get(why, "clear_text")))
		puts("Only DTLS is served: coap.port is 0.");
	puts("Do its packets come at all? rdline-ctl why --address ADDRESS ENDPOINT listens to "
	     "where "
	     "it is.");
	return false;
}
