/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

static const char no_endpoint[] = "endpoint: missing";
const char commands_no_answer[] = "the shard did not answer in time";

static void put_number(struct rdl_cursor *reply, const char *name, uint64_t value)
{
	rdl_cursor_text(reply, name);
	rdl_cursor_decimal(reply, value);
}

static void put_registration(
	const struct console_sources *from, const struct question *answer, struct rdl_cursor *reply)
{
	rdl_registration_text(reply, &answer->registration, answer->wall_ms, &from->facts);
}

/* show, remove: {"registration": {...}}, {"removed": {...}}. */
static const char *one(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply, enum question_kind kind)
{
	if (command->endpoint.len == 0)
		return no_endpoint;
	struct question *answer = ask_endpoint(from->owners, kind, command->endpoint);
	if (answer == NULL)
		return commands_no_answer;
	bool found = answer->found;
	if (found) {
		rdl_cursor_text(
			reply, kind == QUESTION_REMOVE ? "{\"removed\":{" : "{\"registration\":{");
		put_registration(from, answer, reply);
		rdl_cursor_text(reply, "}}\n");
	}
	ask_done(answer);
	return found ? NULL : "no such endpoint";
}

static const char *show(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	return one(from, command, reply, QUESTION_REGISTRATION);
}

static const char *remove_one(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	return one(from, command, reply, QUESTION_REMOVE);
}

static const char *count(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	uint64_t registrations = 0, tombstones = 0, object_lists = 0, store_octets = 0;

	(void)command;
	for (unsigned s = 0; s < from->owners->count; s++) {
		const struct shard_core *core = from->owners->cores[s];

		registrations += __atomic_load_n(&core->registrations, __ATOMIC_RELAXED);
		tombstones += __atomic_load_n(&core->tombstones, __ATOMIC_RELAXED);
		object_lists += __atomic_load_n(&core->object_lists, __ATOMIC_RELAXED);
		store_octets += __atomic_load_n(&core->store_octets, __ATOMIC_RELAXED);
	}
	put_number(reply, "{\"registrations\":", registrations);
	put_number(reply, ",\"registrations_max\":", from->registrations_max);
	put_number(reply, ",\"tombstones\":", tombstones);
	put_number(reply, ",\"object_lists\":", object_lists);
	put_number(reply, ",\"store_octets\":", store_octets);
	rdl_cursor_text(reply, "}\n");
	return NULL;
}

const char *commands_run(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	static const struct {
		const char *name;
		const char *(*run)(const struct console_sources *from,
			const struct command *command, struct rdl_cursor *reply);
	} commands[] = {
		{ "show", show },
		{ "list", commands_list },
		{ "remove", remove_one },
		{ "count", count },
		{ "refusals", commands_refusals },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++)
		if (strcmp(command->name, commands[i].name) == 0)
			return commands[i].run(from, command, reply);
	return "no such command";
}
