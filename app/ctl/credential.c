/* SPDX-License-Identifier: BSD-3-Clause */
#include "credential.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "credential_call.h"
#include "rows.h"
#include "text.h"

void credential_usage(FILE *out)
{
	fputs("  credential --database DIR [--key-file FILE] COMMAND\n"
	      "                            without a gateway; FILE seals the keys: 32 octets, mode "
	      "0600\n"
	      "    add IDENTITY KEY [ENDPOINT...]   the key in hex, or - to read it from standard "
	      "input;\n"
	      "                            without an endpoint, the one that equals the identity\n"
	      "    add --rpk FILE.pem ENDPOINT...   a raw public key\n"
	      "    remove [--registration] IDENTITY   with its registrations at the gateway of "
	      "-s\n"
	      "    import FILE             lines identity,key[,endpoint...] or psktool's; all or "
	      "none\n"
	      "    list [PREFIX]           identities and endpoints, never keys\n",
		out);
}

int credential_fail(const char *format, ...)
{
	va_list arguments;

	fputs("rdline-ctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return CREDENTIAL_FAILED;
}

struct rdl_credentials *credential_open(struct call *call, bool write, bool make)
{
	call->config.write = write;
	call->config.make = make;
	struct rdl_credentials *credentials = rdl_credentials_open(&call->config, call->problem);
	if (credentials == NULL)
		credential_fail("%s", call->problem);
	return credentials;
}

int credential_put(struct call *call, const struct rdl_credentials_row *rows, size_t count,
	struct rdl_credentials_tally *tally)
{
	struct rdl_credentials *credentials = credential_open(call, true, true);

	if (credentials == NULL)
		return CREDENTIAL_FAILED;
	bool good = rdl_credentials_put(credentials, rows, count, tally, call->problem);
	rdl_credentials_close(credentials);
	return good ? CREDENTIAL_DONE : credential_fail("%s", call->problem);
}

static int put_one(struct call *call, struct rdl_credentials_row *row, char **names, int count)
{
	uint8_t room[RDL_CREDENTIALS_NAMES_MAX + 1];
	struct rdl_cursor c = rdl_cursor(room, sizeof(room));
	struct rdl_credentials_tally tally;

	for (int i = 0; i < count; i++) {
		struct rdl_span name = { (const uint8_t *)names[i], strlen(names[i]) };

		if (!rdl_credentials_name_valid(name))
			return credential_fail(
				"%s: not an endpoint name: 1 to 252 octets of UTF-8", names[i]);
		rdl_cursor_u8(&c, (uint8_t)name.len);
		rdl_cursor_bytes(&c, name.data, name.len);
	}
	row->names = (struct rdl_span){ room, (size_t)(c.pos - room) };
	const char *problem =
		c.failed ? "has too many endpoints" : rdl_credentials_row_problem(row);
	if (problem != NULL)
		return credential_fail("the credential %s", problem);
	if (credential_put(call, row, 1, &tally) != CREDENTIAL_DONE)
		return CREDENTIAL_FAILED;
	fputs(tally.added ? "added: " : tally.changed ? "changed: " : "unchanged: ", stdout);
	identity_print(row->identity);
	putchar('\n');
	return CREDENTIAL_DONE;
}

/*
 * The key's text leaves the arguments, where others see it, at once; or it never was there. False:
 * it is too long, or there is none.
 */
static bool read_key_text(char *argument, char *text, size_t room)
{
	size_t len = strlen(argument);

	if (strcmp(argument, "-") == 0) {
		setvbuf(stdin, NULL, _IONBF, 0);
		if (fgets(text, (int)room, stdin) == NULL)
			return false;
		text[strcspn(text, "\r\n")] = '\0';
		return true;
	}
	bool fits = len < room;
	if (fits)
		memcpy(text, argument, len + 1);
	explicit_bzero(argument, len);
	return fits;
}

static int add_psk(struct call *call)
{
	char text[2 * RDL_CREDENTIALS_KEY_MAX + 3], *identity = call->arguments[0];
	struct rdl_credentials_row row = { .line = 0 };
	int code;

	if (!read_key_text(call->arguments[1], text, sizeof(text)) ||
		!hex_read(text, strlen(text), &row.key))
		code = credential_fail("the key is not hex of 1 to 512 octets");
	else if (!identity_read_psk(identity, strlen(identity), &row.identity))
		code = credential_fail(
			"%s: # begins an identity in hex, and this is not hex", identity);
	else
		code = put_one(call, &row, call->arguments + 2, call->count - 2);
	explicit_bzero(text, sizeof(text));
	return code;
}

static int add_rpk(struct call *call)
{
	static const uint8_t nothing[1];
	uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN];
	struct rdl_credentials_row row = {
		.identity = { RDL_CREDENTIALS_RPK, { digest, sizeof(digest) } },
		.key = { nothing, 0 },
	};
	const char *path = call->arguments[1];
	struct text pem;

	if (!text_read(&pem, path))
		return credential_fail("%s: %s", path, strerror(errno));
	bool good = rdl_credentials_digest_pem(
		(struct rdl_span){ (const uint8_t *)pem.data, pem.len }, digest);
	text_wipe(&pem);
	if (!good)
		return credential_fail("%s: holds no PUBLIC KEY in PEM", path);
	return put_one(call, &row, call->arguments + 2, call->count - 2);
}

static int add(struct call *call)
{
	if (strcmp(call->arguments[0], "--rpk") != 0)
		return add_psk(call);
	return call->count < 3 ? CREDENTIAL_USAGE : add_rpk(call);
}

/* Of "[--registration] IDENTITY". */
static int remove_identity(struct call *call)
{
	char *text = call->arguments[call->count - 1];
	struct rdl_credentials_identity identity;
	struct rdl_credentials_removed removed;
	bool registration = call->count == 2;

	if (registration && strcmp(call->arguments[0], "--registration") != 0)
		return CREDENTIAL_USAGE;
	if (!identity_read(text, strlen(text), &identity))
		return credential_fail(
			"%s: # begins an identity in hex, and this is not hex", text);
	struct rdl_credentials *credentials = credential_open(call, true, false);
	if (credentials == NULL)
		return CREDENTIAL_FAILED;
	enum rdl_credentials_result result =
		rdl_credentials_remove(credentials, identity, &removed, call->problem);
	rdl_credentials_close(credentials);
	if (result == RDL_CREDENTIALS_NONE)
		return credential_fail("no such identity");
	if (result != RDL_CREDENTIALS_OK)
		return credential_fail("%s", call->problem);
	fputs("removed: ", stdout);
	identity_print(identity);
	putchar('\n');
	return registration ? credential_end_registrations(call->socket, identity, &removed)
			    : CREDENTIAL_DONE;
}

static int run(struct call *call, const char *name)
{
	static const struct {
		const char *name;
		int min, max; /* arguments */
		int (*run)(struct call *call);
	} commands[] = {
		{ "add", 2, INT32_MAX, add },
		{ "remove", 1, 2, remove_identity },
		{ "import", 1, 1, credential_import },
		{ "list", 0, 1, credential_list },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++)
		if (strcmp(name, commands[i].name) == 0 && call->count >= commands[i].min &&
			call->count <= commands[i].max)
			return commands[i].run(call);
	return CREDENTIAL_USAGE;
}

int credential_command(int argc, char **argv, const char *socket)
{
	static const struct option longs[] = {
		{ "database", required_argument, NULL, 'd' },
		{ "key-file", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	struct call call = { .socket = socket };
	int option;

	/* Neither a core dump nor another process of this user gets keys. */
	prctl(PR_SET_DUMPABLE, 0);
	optind = 0; /* begins anew */
	while ((option = getopt_long(argc, argv, "+d:k:", longs, NULL)) != -1) {
		if (option == 'd')
			call.config.directory = optarg;
		else if (option == 'k')
			call.config.key_file = optarg;
		else
			return CREDENTIAL_USAGE;
	}
	if (call.config.directory == NULL || optind == argc)
		return CREDENTIAL_USAGE;
	call.arguments = argv + optind + 1;
	call.count = argc - optind - 1;
	return run(&call, argv[optind]);
}
