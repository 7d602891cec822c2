/* SPDX-License-Identifier: BSD-3-Clause */
/* Queues of a dialogue's orders. */
#include "dialogues.h"

void rdl_queue_append(struct rdl_dialogue_queue *queue, struct rdl_order *order)
{
	order->course.next = NULL;
	order->course.previous = queue->last;
	if (queue->last != NULL)
		queue->last->course.next = order;
	else
		queue->first = order;
	queue->last = order;
	queue->count++;
}

void rdl_queue_prepend(struct rdl_dialogue_queue *queue, struct rdl_order *order)
{
	order->course.next = queue->first;
	order->course.previous = NULL;
	if (queue->first != NULL)
		queue->first->course.previous = order;
	else
		queue->last = order;
	queue->first = order;
	queue->count++;
}

void rdl_queue_remove(struct rdl_dialogue_queue *queue, struct rdl_order *order)
{
	struct rdl_order *next = order->course.next, *previous = order->course.previous;

	if (previous != NULL)
		previous->course.next = next;
	else
		queue->first = next;
	if (next != NULL)
		next->course.previous = previous;
	else
		queue->last = previous;
	order->course.next = order->course.previous = NULL;
	queue->count--;
}
