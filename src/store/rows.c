#include "store/rows.h"

#include <assert.h>

bool row_scan_takes(const struct row_scan *scan, const void *row)
{
    const struct recipient *recipient = row;
    const struct attempt *attempt = row;
    const struct inbound_row *inbound = row;
    switch (scan->filter) {
    case ROWS_WAITING:
        assert(scan->type == ROW_RECIPIENT);
        return recipient->state == RECIPIENT_QUEUED && recipient->provider.v == scan->argument;
    case ROWS_OPEN:
        assert(scan->type == ROW_ATTEMPT);
        return attempt->state == ATTEMPT_INTENT ||
               (attempt->state == ATTEMPT_TAKEN && !receipt_is_final(attempt->receipt));
    case ROWS_TO_PUSH:
        assert(scan->type == ROW_INBOUND);
        return inbound->inbound.push == PUSH_PENDING;
    default:
        return true;
    }
}
