/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include "memory.h"

#include <assert.h>

#define PAGE 65536u
#define NO_PAGE UINT32_MAX
#define NO_BLOCK UINT16_MAX

struct rdl_store_page {
	uint32_t next, prev; /* in `unused`, or in `open` of its class */
	uint16_t used; /* blocks in use */
	uint16_t cut; /* blocks used at least once since the page got its class */
	uint16_t free; /* first of the others; each free block begins with the next one's number */
	uint8_t class;
};

static size_t class_size(unsigned class)
{
	return (size_t)((class & 1) != 0 ? 48 : 32) << (class >> 1);
}

static unsigned class_of(size_t len)
{
	if (len <= 32)
		return 0;
	unsigned log2 = 63 - (unsigned)__builtin_clzll(len - 1);
	return 2 * (log2 - 5) + (len <= (size_t)3 << (log2 - 1) ? 1 : 2);
}

uint64_t rdl_store_block_octets(size_t len)
{
	return class_size(class_of(len));
}

static uint32_t pages_for(uint64_t octets)
{
	uint64_t pages = (octets + PAGE - 1) / PAGE;
	uint32_t most =
		UINT32_MAX / (PAGE / RDL_STORE_UNIT); /* what a block's name can tell apart */

	return pages < most ? (uint32_t)pages : most;
}

static void push(struct rdl_store *store, uint32_t *list, uint32_t page)
{
	store->pages[page].next = *list;
	store->pages[page].prev = NO_PAGE;
	if (*list != NO_PAGE)
		store->pages[*list].prev = page;
	*list = page;
}

static void detach(struct rdl_store *store, uint32_t *list, uint32_t page)
{
	const struct rdl_store_page *p = &store->pages[page];

	if (p->prev == NO_PAGE)
		*list = p->next;
	else
		store->pages[p->prev].next = p->next;
	if (p->next != NO_PAGE)
		store->pages[p->next].prev = p->prev;
}

uint64_t rdl_store_memory(uint64_t octets)
{
	uint64_t pages = pages_for(octets);

	return rdl_memory_octets(pages * PAGE) +
	       rdl_memory_octets(pages * sizeof(struct rdl_store_page));
}

bool rdl_store_create(struct rdl_store *store, uint64_t octets, int socket_id)
{
	store->page_count = pages_for(octets);
	store->arena = rdl_memory_alloc((uint64_t)store->page_count * PAGE, socket_id);
	store->pages = rdl_memory_alloc(store->page_count * sizeof(*store->pages), socket_id);
	if (store->arena == NULL || store->pages == NULL)
		return false;
	store->unused = NO_PAGE;
	for (unsigned class = 0; class < RDL_STORE_CLASSES; class ++)
		store->open[class] = NO_PAGE;
	for (uint32_t page = store->page_count; page-- > 0;)
		push(store, &store->unused, page);
	return true;
}

void rdl_store_destroy(struct rdl_store *store)
{
	rdl_memory_free(store->arena);
	rdl_memory_free(store->pages);
}

uint64_t rdl_store_octets_max(const struct rdl_store *store)
{
	return (uint64_t)store->page_count * PAGE;
}

/* A page of this class with a block to give. */
static uint32_t open_page(struct rdl_store *store, unsigned class)
{
	uint32_t page = store->open[class];

	if (page != NO_PAGE || store->unused == NO_PAGE)
		return page;
	page = store->unused;
	detach(store, &store->unused, page);
	struct rdl_store_page *p = &store->pages[page];
	p->used = 0;
	p->cut = 0;
	p->free = NO_BLOCK;
	p->class = (uint8_t) class;
	push(store, &store->open[class], page);
	return page;
}

uint32_t rdl_store_alloc(struct rdl_store *store, size_t len)
{
	if (len > RDL_STORE_BLOCK_MAX)
		return RDL_STORE_NONE;
	unsigned class = class_of(len);
	uint32_t page;
	/* A bigger block will do where the pages left are all of other sizes. */
	while ((page = open_page(store, class)) == NO_PAGE)
		if (++class == RDL_STORE_CLASSES)
			return RDL_STORE_NONE;
	size_t size = class_size(class);
	struct rdl_store_page *p = &store->pages[page];
	uint8_t *octets = store->arena + (uint64_t)page * PAGE;
	uint16_t block = p->free;
	if (block == NO_BLOCK)
		block = p->cut++;
	else
		memcpy(&p->free, octets + block * size, sizeof(p->free));
	p->used++;
	if (p->used == PAGE / size)
		detach(store, &store->open[class], page);
	store->octets += size;
	return (uint32_t)(((uint64_t)page * PAGE + block * size) / RDL_STORE_UNIT + 1);
}

void rdl_store_free(struct rdl_store *store, uint32_t block)
{
	uint64_t offset = (uint64_t)(block - 1) * RDL_STORE_UNIT;
	uint32_t page = (uint32_t)(offset / PAGE);
	struct rdl_store_page *p = &store->pages[page];
	size_t size = class_size(p->class);

	assert(block != RDL_STORE_NONE && p->used > 0 && offset % PAGE % size == 0);
	if (p->used == PAGE / size)
		push(store, &store->open[p->class], page);
	memcpy(rdl_store_at(store, block), &p->free, sizeof(p->free));
	p->free = (uint16_t)(offset % PAGE / size);
	p->used--;
	store->octets -= size;
	if (p->used == 0) {
		detach(store, &store->open[p->class], page);
		push(store, &store->unused, page);
	}
}
