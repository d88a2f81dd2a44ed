/* Times: what is read is written so that it is read the same again. */
#include "wire/iso_time.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t ms, again;
    char text[ISO_TIME_SIZE + 1], seconds[ISO_TIME_S_SIZE + 1];
    if (!iso_time_read(slice_of(data, size), &ms)) return 0;
    iso_time_write(ms, text);
    assert(iso_time_read(slice_cstr(text), &again) && again == ms);
    iso_time_write_s(ms, seconds);
    assert(iso_time_read(slice_cstr(seconds), &again) && again == ms - ms % 1000);
    return 0;
}
