#include "cli/trace.h"

#include <stdio.h>

#include "wire/smpp_dump.h"

void trace_print(void *user, bool sent, struct slice bytes)
{
    struct arena arena = {0};
    struct smpp_pdu pdu;
    struct smpp_bad bad;
    struct buf line;
    buf_init(&line, 1 << 16);
    if (smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad) == SMPP_DECODED)
        smpp_dump(&pdu, SMPP_DUMP_SHOW_TEXT, &line);
    else
        buf_printf(&line, "%zu bytes that are no PDU", bytes.size);
    printf("  %s %.*s\n", sent ? "->" : "<-", (int)line.size, line.at);
    fflush(stdout);
    buf_done(&line);
    arena_done(&arena);
}
