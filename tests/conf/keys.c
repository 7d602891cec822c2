/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints the head of every key's entry in the manual, from the tables that judge the keys: its
 * name, what it may be, what it is when it is absent, and whether a reload changes it.
 * scripts/conf-keys compares them with conf/rdline.conf.5.
 */
#include "internal.h"

#include <limits.h>

/* Of mdoc: a quotation mark would begin an argument. */
#define QUOTE "\\(dq"

static void print_texts(const char *what, const struct rdl_conf_key *key)
{
	printf("%s", what);
	if (key->max < INT_MAX)
		printf(" of %lld to %lld octets", key->min, key->max);
}

static void print_words(const struct rdl_conf_key *key)
{
	for (size_t i = 0; key->words[i] != NULL; i++)
		printf("%s" QUOTE "%s" QUOTE,
			i == 0			    ? ""
			: key->words[i + 1] == NULL ? " or "
						    : ", ",
			key->words[i]);
}

static void print_range(const struct rdl_conf_key *key)
{
	switch (key->kind) {
	case RDL_CONF_NUMBER:
		printf("%lld to %lld", key->min, key->max);
		break;
	case RDL_CONF_BOOLEAN:
		printf("true or false");
		break;
	case RDL_CONF_WORD:
		print_words(key);
		break;
	case RDL_CONF_TEXT:
		print_texts("string", key);
		break;
	case RDL_CONF_STRINGS:
		print_texts("array of strings", key);
		break;
	case RDL_CONF_LIST:
		printf("list of groups");
		if (key->max < INT_MAX)
			printf(", %lld to %lld of them", key->min, key->max);
		break;
	case RDL_CONF_GROUP:
		break;
	}
}

static void print_preset(const struct rdl_conf_key *key)
{
	if (key->required)
		printf("; required");
	else if (key->kind == RDL_CONF_NUMBER)
		printf("; default %lld", key->preset);
	else if (key->kind == RDL_CONF_BOOLEAN)
		printf("; default %s", key->preset ? "true" : "false");
	else if (key->kind == RDL_CONF_WORD)
		printf("; default " QUOTE "%s" QUOTE, key->words[key->preset]);
	else if (key->preset_text != NULL)
		printf("; default " QUOTE "%s" QUOTE, key->preset_text);
	else
		printf("; optional");
}

static void print_group(const char *name, const struct rdl_conf_group *group)
{
	for (size_t i = 0; i < group->key_count; i++) {
		const struct rdl_conf_key *key = &group->keys[i];

		if (key->kind == RDL_CONF_GROUP)
			continue; /* its keys come by themselves */
		printf(".It Ic %s%s%s No \\(em ", name != NULL ? name : "", name != NULL ? "." : "",
			key->name);
		print_range(key);
		print_preset(key);
		if (key->when == RDL_CONF_AT_RELOAD)
			printf("; reload");
		putchar('\n');
	}
}

int main(void)
{
	for (size_t i = 0; i < RDL_CONF_SECTIONS; i++)
		print_group(rdl_conf_sections[i].name, &rdl_conf_sections[i].group);
	print_group("ports", &rdl_conf_port_group);
	print_group("objects", &rdl_conf_object_group);
	print_group("requests.allow", &rdl_conf_allow_group);
	return 0;
}
