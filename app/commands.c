/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include "ask.h"

static const char no_endpoint[] = "endpoint: missing";
const char commands_no_answer[] = "the shard did not answer in time";

struct rdl_event_facts commands_facts(const struct daemon *daemon)
{
	return (struct rdl_event_facts){ .location_key = daemon->location_key,
		.major = daemon->conf->lwm2m.version.major };
}

static void put_number(struct rdl_cursor *reply, const char *name, uint64_t value)
{
	rdl_cursor_text(reply, name);
	rdl_cursor_decimal(reply, value);
}

static void put_registration(
	const struct daemon *daemon, const struct question *answer, struct rdl_cursor *reply)
{
	struct rdl_event_facts facts = commands_facts(daemon);

	rdl_registration_text(reply, &answer->registration, answer->wall_ms, &facts);
}

/* show, remove: {"registration": {...}}, {"removed": {...}}. */
static const char *one(struct daemon *daemon, const struct command *command,
	struct rdl_cursor *reply, enum question_kind kind)
{
	if (command->endpoint.len == 0)
		return no_endpoint;
	struct question *answer = ask_endpoint(daemon, kind, command->endpoint);
	if (answer == NULL)
		return commands_no_answer;
	bool found = answer->found;
	if (found) {
		rdl_cursor_text(
			reply, kind == QUESTION_REMOVE ? "{\"removed\":{" : "{\"registration\":{");
		put_registration(daemon, answer, reply);
		rdl_cursor_text(reply, "}}\n");
	}
	ask_done(answer);
	return found ? NULL : "no such endpoint";
}

static const char *show(
	struct daemon *daemon, const struct command *command, struct rdl_cursor *reply)
{
	return one(daemon, command, reply, QUESTION_REGISTRATION);
}

static const char *remove_one(
	struct daemon *daemon, const struct command *command, struct rdl_cursor *reply)
{
	return one(daemon, command, reply, QUESTION_REMOVE);
}

static const char *count(
	struct daemon *daemon, const struct command *command, struct rdl_cursor *reply)
{
	uint64_t registrations = 0, tombstones = 0, object_lists = 0, store_octets = 0;

	(void)command;
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		const struct shard_core *core = daemon->shard_cores[s];

		registrations += __atomic_load_n(&core->registrations, __ATOMIC_RELAXED);
		tombstones += __atomic_load_n(&core->tombstones, __ATOMIC_RELAXED);
		object_lists += __atomic_load_n(&core->object_lists, __ATOMIC_RELAXED);
		store_octets += __atomic_load_n(&core->store_octets, __ATOMIC_RELAXED);
	}
	put_number(reply, "{\"registrations\":", registrations);
	put_number(reply, ",\"registrations_max\":", daemon->conf->memory.registrations);
	put_number(reply, ",\"tombstones\":", tombstones);
	put_number(reply, ",\"object_lists\":", object_lists);
	put_number(reply, ",\"store_octets\":", store_octets);
	rdl_cursor_text(reply, "}\n");
	return NULL;
}

const char *commands_run(
	struct daemon *daemon, const struct command *command, struct rdl_cursor *reply)
{
	static const struct {
		const char *name;
		const char *(*run)(struct daemon *daemon, const struct command *command,
			struct rdl_cursor *reply);
	} commands[] = {
		{ "show", show },
		{ "list", commands_list },
		{ "remove", remove_one },
		{ "count", count },
		{ "refusals", commands_refusals },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++)
		if (strcmp(command->name, commands[i].name) == 0)
			return commands[i].run(daemon, command, reply);
	return "no such command";
}
