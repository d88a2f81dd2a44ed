/* Receipts: what was read lies inside the text, and written in our own form it reads the same. */
#include "wire/receipt_text.h"

#include <assert.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_inside(struct slice part, struct slice text)
{
    if (part.size == 0) return;
    assert(part.at >= text.at && part.at + part.size <= text.at + text.size);
}

static void written_agrees(const struct receipt_text *receipt, struct slice words)
{
    size_t capacity = receipt->id.size + 256;
    char *text = mem_alloc(capacity);
    struct receipt_write write = {.id = receipt->id,
                                  .state = receipt->state,
                                  .error = (unsigned)receipt->error.size,
                                  .submitted_at_ms = (uint64_t)words.size << 32,
                                  .done_at_ms = (uint64_t)words.size << 33,
                                  .text = words};
    struct receipt_text again;
    size_t size = receipt_text_write(&write, text, capacity);
    assert(size < capacity);
    bool read = receipt_text_read(slice_of(text, size), &again);
    assert(read && slice_eq(again.id, receipt->id));
    assert(again.state == receipt->state ||
           (receipt->state == RECEIPT_UNKNOWN_WORD && again.state == RECEIPT_UNKNOWN));
    assert(again.submitted.size == 10 && again.done.size == 10);
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct receipt_text receipt;
    if (!receipt_text_read(text, &receipt)) return 0;
    assert(receipt.id.size || receipt.state != RECEIPT_UNKNOWN_WORD);
    assert_inside(receipt.id, text);
    assert_inside(receipt.error, text);
    assert_inside(receipt.submitted, text);
    assert_inside(receipt.done, text);
    assert(strlen(receipt_state_word(receipt.state)) == 7);
    written_agrees(&receipt, text);
    return 0;
}
