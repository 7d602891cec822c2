/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sealed is opened as it was, and nothing else is. */
#include "support.h"

#include "sealed.h"

static const uint8_t key[RDL_SEALED_KEY_LEN] = { 1, 2, 3 }, run[RDL_SEALED_RUN_LEN] = { 4, 5 };

static struct rdl_sealer *sealer_of(const uint8_t *with, const uint8_t *of_run, unsigned log)
{
	struct rdl_sealer *sealer = rdl_sealer_create(with, of_run, log);

	assert_non_null(sealer);
	return sealer;
}

static struct rdl_sealed some_session(enum rdl_dtls_suite suite, uint8_t peer_cid_len)
{
	struct rdl_sealed entry = { .kind = RDL_SEALED_SESSION,
		.kept = { .name = UINT64_C(0x1122334405000066),
			.address = UINT64_C(0x8877665544332211),
			.established_ms = UINT64_C(1700000000123),
			.course = { .read_sequence = 77, .registered = true },
			.keys = { .suite = (uint8_t)suite,
				.mode = RDL_IDENTITY_PSK,
				.peer_cid_len = peer_cid_len,
				.plaintext_max = 512,
				.read_sequence = 77,
				.write_sequence = UINT64_C(0x123456789abc) } },
		.left_s = 86400,
		.identity_len = 6 };
	struct rdl_dtls_keys *keys = &entry.kept.keys;

	if (peer_cid_len != RDL_DTLS_NO_CID)
		memset(keys->peer_cid, 0xc1, peer_cid_len);
	memset(keys->read_key, 0xa5, rdl_dtls_key_len(suite));
	memset(keys->write_key, 0x5a, rdl_dtls_key_len(suite));
	memset(keys->read_salt, 0x77, sizeof(keys->read_salt));
	memset(keys->write_salt, 0x88, sizeof(keys->write_salt));
	memcpy(entry.identity, "device", 6);
	return entry;
}

static void expect_same(const struct rdl_sealed *entry)
{
	uint8_t octets[RDL_SEALED_MAX];
	struct rdl_sealer *sealer = sealer_of(key, run, 3);
	size_t len = rdl_seal(sealer, 42, entry, octets);
	struct rdl_sealed opened, wanted = *entry;

	assert_true(len > 0 && len <= RDL_SEALED_MAX);
	assert_true(rdl_unseal(sealer, 42, (struct rdl_span){ octets, len }, &opened));
	wanted.format = opened.format;
	assert_memory_equal(&opened, &wanted, sizeof(wanted));
	rdl_sealer_destroy(sealer);
}

static void test_round_trip(void **state)
{
	static const uint8_t cids[] = { RDL_DTLS_NO_CID, 0, 8, RDL_DTLS_PEER_CID_MAX };
	struct rdl_sealed entry;

	for (enum rdl_dtls_suite suite = 0; suite < RDL_DTLS_AEADS; suite++)
		for (size_t i = 0; i < RDL_ARRAY_LEN(cids); i++) {
			entry = some_session(suite, cids[i]);
			expect_same(&entry);
		}
	/* The longest. */
	entry.identity_len = RDL_IDENTITY_MAX;
	memset(entry.identity, 'x', sizeof(entry.identity));
	entry.left_s = UINT32_MAX;
	expect_same(&entry);
	entry = (struct rdl_sealed){ .kind = RDL_SEALED_COURSE,
		.kept = { .name = 7, .course = { .read_sequence = 9 } },
		.left_s = 5 };
	expect_same(&entry);
	entry = (struct rdl_sealed){ .kind = RDL_SEALED_GONE, .kept = { .name = 7 } };
	expect_same(&entry);
	entry = (struct rdl_sealed){ .kind = RDL_SEALED_BEGIN, .generation = 9 };
	expect_same(&entry);
	entry = (struct rdl_sealed){ .kind = RDL_SEALED_END };
	expect_same(&entry);
}

/* Any octet changed, left out or added, its kind among them. */
static void test_each_octet(void **state)
{
	struct rdl_sealed entry = some_session(RDL_DTLS_AES_256_GCM, 8), opened;
	struct rdl_sealer *sealer = sealer_of(key, run, 0);
	uint8_t octets[RDL_SEALED_MAX + 1] = { 0 };
	size_t len = rdl_seal(sealer, 1, &entry, octets);

	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			octets[i] ^= (uint8_t)(1u << bit);
			assert_false(
				rdl_unseal(sealer, 1, (struct rdl_span){ octets, len }, &opened));
			octets[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t cut = 0; cut <= len + 1; cut++)
		assert_int_equal(rdl_unseal(sealer, 1, (struct rdl_span){ octets, cut }, &opened),
			cut == len);
	rdl_sealer_destroy(sealer);
}

/* Elsewhere it is nothing: at another place, in another log, of another run, with another key. */
static void test_elsewhere(void **state)
{
	static const uint8_t other_key[RDL_SEALED_KEY_LEN] = { 1, 2, 4 };
	static const uint8_t other_run[RDL_SEALED_RUN_LEN] = { 4, 6 };
	struct rdl_sealed entry = some_session(RDL_DTLS_AES_128_CCM_8, 0), opened;
	struct rdl_sealer *sealers[] = { sealer_of(key, run, 0), sealer_of(key, run, 1),
		sealer_of(key, other_run, 0), sealer_of(other_key, run, 0) };
	uint8_t octets[RDL_SEALED_MAX], twin[RDL_SEALED_MAX];
	size_t len = rdl_seal(sealers[0], 5, &entry, octets);
	const struct rdl_span sealed = { octets, len };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(sealers); i++)
		assert_int_equal(rdl_unseal(sealers[i], 5, sealed, &opened), i == 0);
	assert_false(rdl_unseal(sealers[0], 6, sealed, &opened));
	assert_false(rdl_unseal(sealers[0], 5 + (UINT64_C(1) << 32), sealed, &opened));
	/* The same twice says nothing of being the same. */
	assert_int_equal(rdl_seal(sealers[0], 6, &entry, twin), len);
	assert_memory_not_equal(octets + 1, twin + 1, len - 1);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(sealers); i++)
		rdl_sealer_destroy(sealers[i]);
}

/* No key, name or identity stands there as it is. */
static void test_secret(void **state)
{
	struct rdl_sealed entry = some_session(RDL_DTLS_AES_128_GCM, 8);
	struct rdl_sealer *sealer = sealer_of(key, run, 0);
	uint8_t octets[RDL_SEALED_MAX];
	size_t len = rdl_seal(sealer, 1, &entry, octets);

	assert_null(memmem(octets, len, entry.kept.keys.read_key, 4));
	assert_null(memmem(octets, len, entry.kept.keys.write_key, 4));
	assert_null(memmem(octets, len, entry.identity, entry.identity_len));
	assert_null(memmem(octets, len, &entry.kept.name, sizeof(entry.kept.name)));
	rdl_sealer_destroy(sealer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_each_octet),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
