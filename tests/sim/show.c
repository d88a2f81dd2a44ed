/* Writes of the store as lines, for people who follow a run. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/world.h"

static void show_attempt(const struct attempt *attempt)
{
    fprintf(stderr, " %" PRIu64 ".%u %u/%u@%u%s", attempt->id.v >> 8,
            (unsigned)(attempt->id.v & 0xFF), attempt->segment, attempt->segments,
            attempt->provider.v, attempt->possible_duplicate ? " again" : "");
}

static void show_op(const struct store_op *op)
{
    switch (op->kind) {
    case STORE_ACCEPT:
        fprintf(stderr, "accept %" PRIu64 " to %" PRIu64 " as %s", op->accept.recipient->id.v,
                op->accept.recipient->number, recipient_state_names[op->accept.recipient->state]);
        for (size_t i = 0; i < op->accept.attempt_count; i++)
            show_attempt(&op->accept.attempts[i]);
        break;
    case STORE_RELEASE:
        fprintf(stderr, "release as %" PRIu64 " for provider %u, %s", op->release.recipient.v,
                op->release.provider.v, recipient_state_names[op->release.state]);
        break;
    case STORE_PUT_META:
        fprintf(stderr, "meta %.*s: %.*s", (int)op->meta.name.size, op->meta.name.at,
                (int)op->meta.value.size, op->meta.value.at);
        break;
    case STORE_CANCEL:
        fprintf(stderr, "cancel");
        break;
    case STORE_ATTEMPT:
        fprintf(stderr, "attempt");
        show_attempt(op->attempt.attempt);
        break;
    case STORE_ANSWER:
        fprintf(stderr, "answer %" PRIu64 ".%u %s 0x%x '%.*s' -> %s", op->answer.attempt.v >> 8,
                (unsigned)(op->answer.attempt.v & 0xFF), attempt_state_names[op->answer.state],
                (unsigned)op->answer.status, (int)op->answer.carrier_id.size,
                op->answer.carrier_id.at, recipient_state_names[op->answer.recipient_state]);
        break;
    case STORE_FINISH:
        fprintf(stderr, "finish %" PRIu64 " %s, %s", op->finish.recipient.v,
                recipient_state_names[op->finish.state], op->finish.error_word);
        break;
    case STORE_RECEIPT:
        fprintf(stderr, "receipt %" PRIu64 ".%u %s", op->receipt.attempt.v >> 8,
                (unsigned)(op->receipt.attempt.v & 0xFF), receipt_state_word(op->receipt.state));
        break;
    case STORE_PARK:
        fprintf(stderr, "park %.*s of %u", (int)op->park->carrier_id.size, op->park->carrier_id.at,
                op->park->provider.v);
        break;
    case STORE_UNPARK:
        fprintf(stderr, "unpark");
        break;
    default:
        fprintf(stderr, "operation %d", (int)op->kind);
    }
    if (op->result) fprintf(stderr, ": %s", err_name(op->result));
    fprintf(stderr, "\n");
}

void show_write(const struct store_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "%" PRIu64 " write %zu/%zu ", sim_now(), i + 1, count);
        show_op(&ops[i]);
    }
}
