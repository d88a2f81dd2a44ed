/* Signatures that two HTTP programs with a common secret put on what they send each other:
   HMAC-SHA256 over the time, a dot and the body, written in hex. Whether the time is too old is the
   caller's to judge. */
#pragma once

#include "base/slice.h"

#define SIGN_HEX_SIZE 64

/* Signs "<at_s>.<body>"; lower-case hex. A secret has any size. */
void sign_stamped(struct slice secret, uint64_t at_s, struct slice body,
                  char out[SIGN_HEX_SIZE + 1]);
/* Whether `hex`, in letters of either case, signs "<stamp_text>.<body>", the stamp being taken as
   the sender wrote it. How long it takes does not depend on how much of it is right. */
bool sign_is_right(struct slice secret, struct slice stamp_text, struct slice body,
                   struct slice hex);
