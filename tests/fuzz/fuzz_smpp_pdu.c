/* PDUs: what decodes must encode, decode to the same again, and, if it was by the letter, be the
   same bytes. The input is a stream, and once more the body of one PDU whose length is right. */
#include "wire/smpp_dump.h"

#include <assert.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENCODED_MAX (4 * SMPP_SIZE_MAX)
#define LINE_MAX    (32 * SMPP_SIZE_MAX)

static void encode(const struct smpp_pdu *pdu, struct buf *out)
{
    buf_init(out, ENCODED_MAX);
    bool encoded = smpp_encode(pdu, out);
    assert(encoded && !smpp_misfit(pdu));
}

/* Two PDUs are the same when they read the same; passwords do not show, so they are compared. */
static void assert_same(const struct smpp_pdu *a, const struct smpp_pdu *b)
{
    struct buf line_a, line_b;
    struct smpp_pdu even_a = *a, even_b = *b;
    even_a.odd = even_b.odd = 0;
    buf_init(&line_a, LINE_MAX);
    buf_init(&line_b, LINE_MAX);
    smpp_dump(&even_a, SMPP_DUMP_SHOW_TEXT, &line_a);
    smpp_dump(&even_b, SMPP_DUMP_SHOW_TEXT, &line_b);
    assert(!line_a.full && slice_eq(buf_slice(&line_a), buf_slice(&line_b)));
    assert(slice_eq(a->password, b->password) && a->no_body == b->no_body);
    for (size_t i = 0; i < line_a.size; i++)
        assert(line_a.at[i] >= 0x20 && line_a.at[i] < 0x7F);
    buf_done(&line_a);
    buf_done(&line_b);
}

static void decoded_agrees(const struct smpp_pdu *pdu, struct slice bytes, struct arena *arena)
{
    struct buf first, second;
    struct smpp_pdu again;
    struct smpp_bad bad;
    encode(pdu, &first);
    if (!pdu->odd) assert(slice_eq(buf_slice(&first), bytes));
    enum smpp_decode result = smpp_decode(buf_slice(&first), ENCODED_MAX, arena, &again, &bad);
    assert(result == SMPP_DECODED && again.size == first.size);
    assert((again.odd & ~SMPP_ODD_SIZE) == 0 || pdu->no_body);
    assert_same(pdu, &again);
    encode(&again, &second);
    assert(slice_eq(buf_slice(&first), buf_slice(&second)));
    buf_done(&first);
    buf_done(&second);
}

static void refusal_encodes(const struct smpp_pdu *header, const struct smpp_bad *bad)
{
    struct smpp_pdu answer;
    struct buf bytes;
    assert(bad->status && bad->field && bad->why);
    if (!smpp_refusal(header, bad->status, &answer)) return;
    assert(smpp_is_response(answer.command_id) && answer.sequence == header->sequence);
    encode(&answer, &bytes);
    buf_done(&bytes);
}

static void stream_agrees(struct slice stream)
{
    struct arena arena = {0};
    for (;;) {
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        enum smpp_decode result = smpp_decode(stream, SMPP_SIZE_MAX, &arena, &pdu, &bad);
        if (result == SMPP_NEED_MORE) break;
        if (result == SMPP_DECODED)
            decoded_agrees(&pdu, slice_of(stream.at, pdu.size), &arena);
        else
            refusal_encodes(&pdu, &bad);
        if (result == SMPP_LOST) break;
        stream = slice_from(stream, pdu.size);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    stream_agrees(slice_of(data, size));
    if (size < SMPP_HEADER_SIZE || size > SMPP_SIZE_MAX) return 0;
    uint8_t *copy = mem_alloc(size);
    memcpy(copy, data, size);
    for (size_t i = 0; i < 4; i++)
        copy[i] = (uint8_t)(size >> (24 - 8 * i));
    stream_agrees(slice_of(copy, size));
    mem_free(copy);
    return 0;
}
