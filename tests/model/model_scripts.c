/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_scripts.h"

#include "model_sessions.h"

#define SCRIPTS 16

static struct script *scripts[SCRIPTS];

static struct script *script_new(void)
{
	static uint32_t tags;
	struct endpoint *e = some_endpoint();
	bool update = e->place.id[0] != '\0' && one_in(2);
	struct script *script = calloc(1, sizeof(*script) + sizeof(scratch_list.payload));

	CHECK(script != NULL);
	script->references = 1;
	script->endpoint = (unsigned)(e - endpoints);
	struct sent head = { .what = REGISTER };
	put_origin(&head, e);
	script->source = head.source;
	script->session = head.session;
	script->worker = (unsigned)dice(WORKERS);
	script->what = update ? UPDATE : REGISTER;
	script->place = e->place;
	script->facts = update ? update_facts(&e->place, false) : register_facts(false);
	script->facts.gives |= GIVES_LIST;
	script->facts.list = some_list(one_in(3) || is_fat() ? LIST_HUGE : LIST_MEDIUM,
		!update || one_in(2), update ? e->place.root : 0, one_in(3));
	if (one_in(12))
		script->refusal = some_parameter_refusal(update);
	script->tag = ++tags;
	/* More than the smallest block holds. */
	while (list_make(&scratch_list, &script->facts.list), scratch_list.len <= 16)
		script->facts.list.number++;
	script->len = scratch_list.len;
	memcpy(script->body, scratch_list.payload, script->len);
	script->szx = (uint8_t)dice(7);
	while (script->len >> (script->szx + 4) > 20 && script->szx < 6)
		script->szx++;
	while (script->len <= (size_t)16 << script->szx)
		script->szx--;
	script->count = (uint32_t)((script->len - 1) >> (script->szx + 4)) + 1;
	return script;
}

static unsigned source_of_script(const struct script *script)
{
	unsigned source =
		script->session != 0 ? source_of_session(script->session) : script->source;

	if (source != script->source)
		happened(KIND_block_rebound);
	return source;
}

static struct sent *block_of(struct script *script, uint32_t num, enum kind fault)
{
	size_t size = (size_t)16 << script->szx, offset = num * size;
	size_t len = script->len - offset < size ? script->len - offset : size;
	struct sent head = {
		.what = script->what,
		.endpoint = script->endpoint,
		.source = source_of_script(script),
		.session = script->session,
		.non = one_in(10),
		.place = script->place,
		.facts = script->facts,
		.refusal = script->refusal,
		.script = script,
		.has_block = true,
		.more = num + 1 < script->count,
		.num = num,
		.szx = script->szx,
		.too_large = fault == KIND_block_too_large,
	};

	if (fault == KIND_block_refused && one_in(2))
		head.szx = 7;
	else if (fault == KIND_block_refused && head.more)
		len--;
	return request_new(&head, script->body + offset, len);
}

/* The next of a script's messages; *worker is where it comes in. */
static struct sent *script_step(struct script *script, unsigned *worker)
{
	const struct transfer *t = &script->at[script->worker];

	*worker = script->worker;
	if (script->next > 0 && !t->there && !one_in(10))
		script->next = 0;
	switch (dice(60)) {
	case 0:
		script->next += script->next + 1 < script->count;
		break;
	case 1:
		script->next = 0;
		break;
	case 2:
		return block_of(script, script->next, KIND_block_refused);
	case 3:
		return block_of(script, script->next, KIND_block_too_large);
	case 4:
		return block_of(script, (uint32_t)dice(script->next + 1), KIND_COUNT);
	case 5:
		*worker = (script->worker + 1) % WORKERS;
		return block_of(script, script->next, KIND_COUNT);
	default:
		break;
	}
	return block_of(script, script->next++, KIND_COUNT);
}

struct sent *some_block(unsigned *worker)
{
	struct script **slot = &scripts[dice(SCRIPTS)];

	if (*slot == NULL)
		*slot = script_new();
	struct script *script = *slot;
	struct sent *q = script_step(script, worker);
	if (script->next == script->count ? one_in(2) : one_in(150)) {
		script_drop(script);
		*slot = NULL;
	} else if (script->next == script->count) {
		script->next--; /* the last block once more, with an ID of its own */
	}
	return q;
}

void scripts_end(void)
{
	for (unsigned i = 0; i < SCRIPTS; i++) {
		script_drop(scripts[i]);
		scripts[i] = NULL;
	}
}
