#include "store/rows.h"

#include <assert.h>

static const struct column *row_account_column(enum row_type type)
{
    const struct column *column = &row_kinds[type].columns[1];
    assert(strcmp(column->name, "account") == 0);
    return column;
}

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
               (attempt->state == ATTEMPT_TAKEN &&
                (attempt->keeps_id || !receipt_is_final(attempt->receipt)));
    case ROWS_TO_PUSH:
        assert(scan->type == ROW_INBOUND);
        return inbound->inbound.push == PUSH_PENDING;
    case ROWS_OF_ACCOUNT:
        return column_uint(row_account_column(scan->type), row) == scan->argument;
    default:
        return true;
    }
}
