/* Message templates in the part of Go's text/template that they need: fields, printf, pipes,
   parentheses, if / else if / else, and or not eq ne lt le gt ge len, literals, trim marks and
   comments. Everything else of the language is refused when it is compiled.

   What differs from Go, always so that rendering cannot fail: a field of what has no fields is no
   value; values that Go cannot compare are neither equal, unequal, less nor greater (the comparison
   is false); all numbers compare with each other; len of what has no length and printf without a
   format are no value. An integer of the JSON is an int, and a float64 where printf asks for %f. A
   name may hold any letter or mark beyond ASCII. */
#pragma once

#include "base/buf.h"

#define GOTEMPLATE_SOURCE_MAX    8192
#define GOTEMPLATE_PROBLEM_SIZE  160
#define GOTEMPLATE_DEPTH_MAX     32  /* of parentheses, pipes and ifs, each inside the other */
#define GOTEMPLATE_VARIABLES_MAX 128 /* top-level names */
#define GOTEMPLATE_ARGUMENTS_MAX 32  /* of one function */

/* What one rendering may do: bytes of JSON that are searched, compared or printed, and names that
   are compared. About 2 ms at most. */
#define GOTEMPLATE_STEPS_MAX 2000000

struct gotemplate;

/* The source is valid UTF-8; the compiled form has its own copy. NULL: out_problem (of
   GOTEMPLATE_PROBLEM_SIZE) says where and what, "line 1, column 5: ...", columns in characters. */
struct gotemplate *gotemplate_compile(struct slice source, char *out_problem);
void gotemplate_free(struct gotemplate *template);
/* Top-level variable names in the order of first use, each once; views into the compiled form. */
size_t gotemplate_variables(const struct gotemplate *template, const struct slice **out_names);
/* Appends to `out`. `variables`: one JSON object as text, or empty for none. False: it is no JSON
   object or no valid UTF-8, or the output (out->full) or the steps went over their bound. */
bool gotemplate_render(const struct gotemplate *template, struct slice variables, struct buf *out);
