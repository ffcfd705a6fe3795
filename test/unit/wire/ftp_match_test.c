/* SPDX-License-Identifier: MIT */
#include "wire/ftp_match.h"

#include "base/mem.h"
#include "wire_test.h"

#include <string.h>

struct pair {
    const char *pattern, *name;
};

static const struct pair good[] = {
    {"",                      ""         },
    {"a",                     "a"        },
    {"*",                     ""         },
    {"*",                     "a"        },
    {"*.txt",                 "a.txt"    },
    {"*.txt",                 ".txt"     },
    {"*.txt",                 "a.txt.txt"},
    {"a*b*c",                 "aXbbYbcc" },
    {"?",                     "a"        },
    {"a?c",                   "abc"      },
    {"[abc]",                 "b"        },
    {"[a-c]x",                "bx"       },
    {"[a-cx-z]",              "y"        },
    {"[^abc]",                "d"        },
    {"[!abc]",                "d"        },
    {"[[:digit:]]",           "7"        },
    {"[[:upper:]x]",          "x"        },
    {"[[:xdigit:][:space:]]", " "        },
    {"[^[:alnum:]]",          "-"        },
    {"[]]",                   "]"        },
    {"[][-!^]",               "["        },
    {"[][-!^]",               "^"        },
    {"[\\]]",                 "]"        },
    {"[a-z[:upper:]\\\\]",    "\\"       },
    {"\\*",                   "*"        },
    {"\\?x",                  "?x"       },
    {"a\\",                   "a\\"      },
    {"[",                     "["        },
    {"[ab",                   "[ab"      },
    {"*[]",                   "x[]"      },
    {"[*]",                   "*"        },
};

static const struct pair bad[] = {
    {"",            "a"     },
    {"a",           ""      },
    {"a",           "b"     },
    {"a",           "ab"    },
    {"*.txt",       "a.txt2"},
    {"?",           ""      },
    {"?",           "ab"    },
    {"[abc]",       "d"     },
    {"[^abc]",      "a"     },
    {"[a-c]",       "d"     },
    {"[[:digit:]]", "a"     },
    {"[[:lower:]]", "A"     },
    {"[]",          "x"     },
    {"[ab",         "a"     },
    {"\\*",         "a"     },
    {"[*\\s-'tl",   "*"     },
    {"a*b*c",       "aXbYbd"},
    {"[?]",         "a"     },
};

static void names_that_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (!ftp_match(good[i].pattern, good[i].name))
            fail_msg("\"%s\" is not \"%s\"", good[i].name, good[i].pattern);
    }
}

static void names_that_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (ftp_match(bad[i].pattern, bad[i].name))
            fail_msg("\"%s\" is \"%s\"", bad[i].name, bad[i].pattern);
    }
}

/* With one more star each it would take as many times longer as the name has letters. */
static void many_stars_take_no_time(void **state)
{
    enum { STARS = 1000, LETTERS = 10000 };
    char *pattern = mem_alloc(2 * STARS + 2), *name = mem_alloc(LETTERS + 1);

    (void)state;
    for (size_t i = 0; i < STARS; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    memcpy(pattern + (size_t)2 * STARS, "b", 2);
    memset(name, 'a', LETTERS);
    name[LETTERS] = '\0';
    assert_false(ftp_match(pattern, name));
    mem_free(pattern);
    mem_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_match),
        cmocka_unit_test(names_that_do_not),
        cmocka_unit_test(many_stars_take_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
