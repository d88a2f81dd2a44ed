/* An HTTP provider's profile as the command line takes it: an INI file, whose [request] may name
   the body's template as a file of its own (INI cuts long lines and takes ` ;` for a comment). What
   is sent and stored is one text: the profile without that line, then a line [body] and the
   template, byte for byte. */
#pragma once

#include "base/buf.h"

/* Adds the whole to `out`. False: `out_problem` (256 bytes). */
bool profile_read(const char *path, struct buf *out, char *out_problem);

/* Adds `text` without [request] body_file to `out` and gives that file's name, empty when there is
   none. */
struct slice profile_take_body_file(struct slice text, struct buf *out);
