#include "weblog/retail.h"

/* The assembler looks from where make runs: the top of the source tree. */
__asm__(".section .rodata\n"
        ".globl retail_json\n"
        "retail_json: .incbin \"lib/weblog/retail.json\"\n"
        ".byte 0\n"
        ".previous\n");
