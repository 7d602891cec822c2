/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <stdio.h>
#include <string.h>

void source_open(struct source *source, const struct top_options *options)
{
	*source = (struct source){ .options = options };
}

void source_close(struct source *source)
{
	if (source->connected)
		client_close(&source->control);
	source->connected = false;
}

void source_take(struct source *source)
{
	static struct sample sample;
	const struct top_options *options = source->options;

	sample_begin(&sample);
	const char *problem = options->url != NULL
				      ? sample_by_metrics(&sample, options->url)
				      : sample_by_telemetry(&sample, options->telemetry);
	snprintf(source->problem, sizeof(source->problem), "%s", problem != NULL ? problem : "");
	if (problem != NULL)
		return;
	/* The first has nothing before it: it is its own, and all rates are 0. */
	source->before = source->samples > 0 ? source->now : sample;
	source->now = sample;
	if (source->samples < 2)
		source->samples++;
}

json_t *source_ask(struct source *source, const char *command, const char *endpoint)
{
	json_t *request, *reply = NULL;

	if (source->options->control == NULL)
		return NULL;
	if (!source->connected)
		source->connected =
			client_open(&source->control, source->options->control) == CLIENT_DONE;
	if (!source->connected) {
		client_close(&source->control);
		return NULL;
	}
	request = json_pack("{s:s}", "command", command);
	if (endpoint != NULL)
		json_object_set_new(request, "endpoint", json_string(endpoint));
	if (client_ask(&source->control, request, &reply) == CLIENT_DONE)
		return reply;
	/* The gateway may have been started anew: the next question finds it. */
	source_close(source);
	return NULL;
}

static bool is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
}

static void view_one(struct source *source, struct view *view, const char *endpoint)
{
	if (!is_utf8(endpoint)) {
		view_endpoint(view, endpoint, NULL, "the name is not UTF-8", NULL);
		return;
	}
	json_t *shown = source_ask(source, "show", endpoint);
	json_t *refused = source_ask(source, "refusals", endpoint);

	view_endpoint(view, endpoint, json_object_get(shown, "registration"),
		shown != NULL ? client_error(shown) : "the control socket does not tell",
		json_object_get(refused, "refusals"));
	json_decref(shown);
	json_decref(refused);
}

void source_view(
	struct source *source, struct view *view, enum view_order order, const char *endpoint)
{
	const char *problem = source->problem[0] != '\0' ? source->problem : NULL;

	if (endpoint != NULL) {
		view_one(source, view, endpoint);
		return;
	}
	view_overview(view, &source->before, &source->now, order, problem);
	if (source->options->control == NULL)
		return;
	json_t *refused = source_ask(source, "refusals", NULL);
	view_refusals(view, json_object_get(refused, "refusals"));
	json_decref(refused);
}
