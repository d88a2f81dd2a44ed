/* The tests of segmentation once more, over the scans that machines without SSE2 use. */
#define WIRE_PORTABLE
#include "wire/segment.c"
#include "wire/utf.c"

#include "test_segment.c"
