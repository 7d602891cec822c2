/* SPDX-License-Identifier: BSD-3-Clause */
/* A server_name that names no host does no harm, to whoever says it nor to others. */
#include "fixture.h"
#include "handshake_internal.h"

#include <pthread.h>

#define KEY "0123456789abcdef"
#define CCM_8 PSK_SUITES("AES-128-CCM-8")
#define ODD_NAME "2001:db8::1"

static void set_name(struct world *world, const char *name)
{
	assert_int_equal(
		gnutls_server_name_set(world->client.tls, GNUTLS_NAME_DNS, name, strlen(name)), 0);
}

/*
 * Clients say of what their URI has that it is the server's name, though an IPv6 address is none,
 * nor is what is spelt with an underscore: nothing is wrong with the handshake.
 */
static void test_server_names(void **state)
{
	static const char *const names[] = { "gateway.example", "192.0.2.1", "2001:db8::1",
		"lwm2m_gateway", "fe80::1%eth0" };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(names); i++) {
		struct world *world = world_begin();

		client_begin(&world->client, "device", KEY, CCM_8, i % 2 == 0 ? 4 : -1);
		set_name(world, names[i]);
		(void)client_step(&world->client);
		const struct datagram *hello = &world->client.out.datagrams[0];
		assert_non_null(memmem(hello->octets, hello->len, names[i], strlen(names[i])));
		assert_int_equal(world_run(world), 0);
		assert_int_equal(world->established, 1);
		world_check_keys(world);
		world_end(world);
	}
}

/* To a client that has asked for short records GnuTLS is given its Hello in parts. */
static void test_in_parts(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8 ":%ALLOW_SMALL_RECORDS", -1);
	assert_int_equal(gnutls_record_set_max_recv_size(world->client.tls, 100), 0);
	set_name(world, ODD_NAME);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->established, 1);
	assert_int_equal(world->keys.plaintext_max, 100);
	world_check_keys(world);
	world_end(world);
}

/* What GnuTLS takes, of lists as they come. */
static void test_lists_of_names(void **state)
{
	static const struct {
		const char *octets;
		unsigned len;
		bool fine;
	} lists[] = {
		{ "\0\4\0\0\1a", 6, true },
		{ "\0\6\0\0\3A-.", 8, true },
		{ "\0\6\0\0\3a:9", 8, false },
		/* Of a kind that nobody knows, and a host's behind it. */
		{ "\0\4\7\0\1:", 6, true },
		{ "\0\x8\7\0\1:\0\0\1z", 10, true },
		{ "\0\x8\7\0\1:\0\0\1_", 10, false },
		/* Only the first is read. */
		{ "\0\x8\0\0\1z\0\0\1_", 10, true },
		/* Nothing, no list, no name; and less, or more, than there is. */
		{ "", 0, false },
		{ "\0", 1, false },
		{ "\0\0", 2, false },
		{ "\0\3\0\0\0", 5, false },
		{ "\0\2\0\0", 4, false },
		{ "\0\4\0\0\2a", 6, false },
		{ "\0\5\0\0\1a", 6, false },
		{ "\0\3\0\0\1a", 6, false },
		{ "\0\5\7\0\1a\0", 7, false },
	};

	for (unsigned i = 0; i < RDL_ARRAY_LEN(lists); i++) {
		uint8_t *octets = malloc(lists[i].len + 1);

		assert_non_null(octets);
		/* At the end of its memory, for whoever watches that. */
		memcpy(octets + 1, lists[i].octets, lists[i].len);
		assert_int_equal(rdl_handshake_names_host(octets + 1, lists[i].len), lists[i].fine);
		free(octets);
	}
}

static struct world *begin_odd(void)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	set_name(world, ODD_NAME);
	return world;
}

/* What GnuTLS waits for, on a thread of its own, inside of a handshake. */
struct late {
	struct datagram hello;
	int error;
	bool is_inside, may_leave, is_out;
};
static struct late late;

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

/* For ten seconds at most. */
static void await(const bool *flag)
{
	for (unsigned i = 0; i < 10000 && !is_set(flag); i++)
		(void)usleep(1000);
}

static ssize_t pull_late(gnutls_transport_ptr_t context, void *data, size_t len)
{
	const struct rdl_handshake *handshake = context;

	if (is_set(&late.is_inside)) {
		gnutls_transport_set_errno(handshake->tls, EAGAIN);
		return -1;
	}
	set(&late.is_inside);
	await(&late.may_leave);
	assert_true(len >= late.hello.len);
	memcpy(data, late.hello.octets, late.hello.len);
	return late.hello.len;
}

static void *go_on_late(void *context)
{
	late.error = rdl_handshake_go_on_unnamed(context);
	set(&late.is_out);
	return NULL;
}

/* As the engine makes it, but for where it reads from. */
static struct rdl_handshake *make_late(struct world *world)
{
	struct rdl_handshake_hello hello;
	struct rdl_handshake *handshake = rdl_handshake_place(&world->handshakes->places, SESSION);

	(void)client_step(&world->client);
	late.hello = queue_take(&world->client.out);
	struct rdl_span record = { late.hello.octets, late.hello.len };
	assert_true(rdl_handshake_hello_read(record, &hello));
	assert_non_null(handshake);
	handshake->owner = world->handshakes;
	assert_true(rdl_handshake_tls_create(handshake, &hello));
	assert_true(handshake->odd_name > 0);
	world->handshakes->under_way++;
	gnutls_transport_set_pull_function(handshake->tls, pull_late);
	return handshake;
}

/* While GnuTLS is at one, another thread makes its own, and takes nothing away from the first. */
static void test_side_by_side(void **state)
{
	struct world *slow = begin_odd(), *world = begin_odd();
	struct rdl_handshake *handshake = make_late(slow);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, go_on_late, handshake), 0);
	await(&late.is_inside);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->established, 1);
	bool was_out = is_set(&late.is_out);
	set(&late.may_leave);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(was_out);
	if (late.error != GNUTLS_E_AGAIN)
		fail_msg("%s", gnutls_strerror(late.error));
	world_end(world);
	world_end(slow);
}

static void *run(void *world)
{
	(void)world_run(world);
	return NULL;
}

static void test_threads(void **state)
{
	for (unsigned round = 0; round < 10; round++) {
		struct world *worlds[3];
		pthread_t threads[3];

		for (unsigned i = 0; i < RDL_ARRAY_LEN(threads); i++)
			worlds[i] = begin_odd();
		for (unsigned i = 0; i < RDL_ARRAY_LEN(threads); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, run, worlds[i]), 0);
		for (unsigned i = 0; i < RDL_ARRAY_LEN(threads); i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		for (unsigned i = 0; i < RDL_ARRAY_LEN(threads); i++) {
			assert_int_equal(worlds[i]->established, 1);
			world_check_keys(worlds[i]);
			world_end(worlds[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_names),
		cmocka_unit_test(test_in_parts),
		cmocka_unit_test(test_lists_of_names),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
