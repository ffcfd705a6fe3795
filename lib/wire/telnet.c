/* SPDX-License-Identifier: MIT */
#include "wire/telnet.h"

enum {
    IAC = TELNET_IAC,
    DONT = 254,
    DO = 253,
    WONT = 252,
    WILL = 251,
    SB = 250,
    SE = 240,

    BINARY = 0,
    ECHO = 1,
    SUPPRESS_GO_AHEAD = 3,
    TERMINAL_TYPE = 24,
    WINDOW_SIZE = 31,
    DISPLAY_LOCATION = 35,
    NEW_ENVIRONMENT = 39,

    IS = 0,
    SEND = 1,

    /* RFC 1572 */
    VARIABLE = 0,
    VALUE = 1,

    MOST_VALUE = 255,      /* bytes of a terminal's or a display's name, or of a variable */
    MOST_VARIABLES = 2048, /* bytes of all of them */
    MOST_CELLS = 65535,
};

static const struct {
    unsigned char number;
    const char *name;
} option_names[] = {
    {BINARY,            "BINARY"           },
    {ECHO,              "ECHO"             },
    {SUPPRESS_GO_AHEAD, "SUPPRESS GO AHEAD"},
    {5,                 "STATUS"           },
    {6,                 "TIMING MARK"      },
    {TERMINAL_TYPE,     "TERM TYPE"        },
    {25,                "END OF RECORD"    },
    {WINDOW_SIZE,       "NAWS"             },
    {32,                "TERM SPEED"       },
    {33,                "LFLOW"            },
    {34,                "LINEMODE"         },
    {DISPLAY_LOCATION,  "XDISPLOC"         },
    {36,                "OLD-ENVIRON"      },
    {37,                "AUTHENTICATION"   },
    {38,                "ENCRYPT"          },
    {NEW_ENVIRONMENT,   "NEW-ENVIRON"      },
};

const char *telnet_option_name(int option)
{
    for (size_t i = 0; i < sizeof(option_names) / sizeof(option_names[0]); i++) {
        if (option_names[i].number == option)
            return option_names[i].name;
    }
    return NULL;
}

void telnet_release(struct telnet *t)
{
    buf_release(&t->terminal);
    buf_release(&t->display);
    buf_release(&t->variables);
}

/* ---- What the program wants ---- */

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c < ' ' || c == 127)
            return true;
    }
    return false;
}

static CURLcode set_text(struct buf *to, struct str value)
{
    if (!value.len || value.len > MOST_VALUE)
        return CURLE_SETOPT_OPTION_SYNTAX;
    buf_clear(to);
    return buf_append(to, value.at, value.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* "WIDTHxHEIGHT" */
static CURLcode set_window(struct telnet *t, struct str s)
{
    int64_t width, height;

    if (!str_take_number(&s, MOST_CELLS, &width) || !s.len || ascii_lower(s.at[0]) != 'x')
        return CURLE_SETOPT_OPTION_SYNTAX;
    s = (struct str){s.at + 1, s.len - 1};
    if (!str_take_number(&s, MOST_CELLS, &height) || s.len)
        return CURLE_SETOPT_OPTION_SYNTAX;
    t->width = (unsigned)width;
    t->height = (unsigned)height;
    return CURLE_OK;
}

/* "1": as a matter of course. */
static CURLcode set_binary(struct telnet *t, struct str s)
{
    int64_t on;

    if (!str_take_number(&s, 1, &on) || s.len)
        return CURLE_SETOPT_OPTION_SYNTAX;
    t->without_binary = !on;
    return CURLE_OK;
}

CURLcode telnet_add_variable(struct telnet *t, struct str name, const char *value)
{
    struct str text = str_of(value);

    if (!name.len || name.len > MOST_VALUE || text.len > MOST_VALUE || has_control(name) ||
        has_control(text) || t->variables.len + name.len + text.len + 2 > MOST_VARIABLES)
        return CURLE_SETOPT_OPTION_SYNTAX;
    buf_append_char(&t->variables, VARIABLE);
    buf_append(&t->variables, name.at, name.len);
    if (value) {
        buf_append_char(&t->variables, VALUE);
        buf_append(&t->variables, text.at, text.len);
    }
    return buf_failed(&t->variables) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

/* "NAME,VALUE" */
static CURLcode set_variable(struct telnet *t, const char *text)
{
    const char *comma = strchr(text, ',');
    struct str name = str_of(text);

    if (comma)
        name.len = (size_t)(comma - text);
    return telnet_add_variable(t, name, comma ? comma + 1 : NULL);
}

CURLcode telnet_set(struct telnet *t, const char *line)
{
    const char *equals = strchr(line, '=');
    struct str name, value;

    if (!equals || equals == line || !equals[1])
        return CURLE_SETOPT_OPTION_SYNTAX;
    name = (struct str){line, (size_t)(equals - line)};
    value = str_of(equals + 1);
    if (has_control(value))
        return CURLE_SETOPT_OPTION_SYNTAX;
    if (str_equal_nocase(name, STR("TTYPE")))
        return set_text(&t->terminal, value);
    if (str_equal_nocase(name, STR("XDISPLOC")))
        return set_text(&t->display, value);
    if (str_equal_nocase(name, STR("NEW_ENV")))
        return set_variable(t, equals + 1);
    if (str_equal_nocase(name, STR("WS")))
        return set_window(t, value);
    if (str_equal_nocase(name, STR("BINARY")))
        return set_binary(t, value);
    return CURLE_UNKNOWN_OPTION;
}

/* ---- Options ---- */

/* What one run of the decoder works on. */
struct answer {
    struct telnet *t;
    struct buf *out;
    telnet_log *log;
    void *owner;
};

static void say(struct answer *a, int verb, int option)
{
    static const char *const verbs[] = {"WILL", "WONT", "DO", "DONT"};
    const char command[] = {(char)IAC, (char)verb, (char)option};

    buf_append(a->out, command, sizeof(command));
    if (a->log)
        a->log(a->owner, true, verbs[verb - WILL], option);
}

static bool we_offer(const struct telnet *t, int option)
{
    switch (option) {
    case BINARY:
        return !t->without_binary;
    case SUPPRESS_GO_AHEAD:
        return true;
    case TERMINAL_TYPE:
        return t->terminal.len != 0;
    case WINDOW_SIZE:
        return t->width || t->height;
    case DISPLAY_LOCATION:
        return t->display.len != 0;
    case NEW_ENVIRONMENT:
        return t->variables.len != 0;
    default:
        return false;
    }
}

/* A window whose size nobody has said may be of any (RFC 1073). */
static bool we_accept(const struct telnet *t, int option)
{
    return option == WINDOW_SIZE || we_offer(t, option);
}

static bool we_want(const struct telnet *t, int option)
{
    return option == SUPPRESS_GO_AHEAD || (option == BINARY && !t->without_binary);
}

static void append_escaped(struct buf *to, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] == IAC)
            buf_append_char(to, (char)IAC);
        buf_append_char(to, bytes[i]);
    }
}

static void begin_sub(struct answer *a, int option)
{
    const char head[] = {(char)IAC, (char)SB, (char)option};

    buf_append(a->out, head, sizeof(head));
}

static void end_sub(struct answer *a)
{
    const char tail[] = {(char)IAC, (char)SE};

    buf_append(a->out, tail, sizeof(tail));
}

static void tell_window(struct answer *a)
{
    const struct telnet *t = a->t;
    const char size[] = {(char)(t->width >> 8), (char)t->width, (char)(t->height >> 8),
                         (char)t->height};

    begin_sub(a, WINDOW_SIZE);
    append_escaped(a->out, size, sizeof(size));
    end_sub(a);
}

static void tell(struct answer *a, int option, const struct buf *what)
{
    begin_sub(a, option);
    buf_append_char(a->out, IS);
    append_escaped(a->out, what->bytes, what->len);
    end_sub(a);
}

/* The server has asked for what an option is about. */
static void answer_sub(struct answer *a)
{
    const struct telnet *t = a->t;

    if (t->sub_len < 2 || t->sub[1] != SEND || t->ours[t->sub[0]] == TELNET_NO)
        return;
    if (t->sub[0] == TERMINAL_TYPE)
        tell(a, TERMINAL_TYPE, &t->terminal);
    else if (t->sub[0] == DISPLAY_LOCATION)
        tell(a, DISPLAY_LOCATION, &t->display);
    else if (t->sub[0] == NEW_ENVIRONMENT)
        tell(a, NEW_ENVIRONMENT, &t->variables);
}

static void on_do(struct answer *a, int option)
{
    struct telnet *t = a->t;

    if (t->ours[option] == TELNET_YES)
        return;
    if (t->ours[option] == TELNET_NO) {
        if (!we_accept(t, option)) {
            say(a, WONT, option);
            return;
        }
        say(a, WILL, option);
    }
    t->ours[option] = TELNET_YES;
    if (option == WINDOW_SIZE)
        tell_window(a);
}

static void on_dont(struct answer *a, int option)
{
    if (a->t->ours[option] == TELNET_YES)
        say(a, WONT, option);
    a->t->ours[option] = TELNET_NO;
}

static void on_will(struct answer *a, int option)
{
    struct telnet *t = a->t;

    if (t->theirs[option] == TELNET_NO) {
        if (option != ECHO && !we_want(t, option)) {
            say(a, DONT, option);
            return;
        }
        say(a, DO, option);
    }
    t->theirs[option] = TELNET_YES;
}

static void on_wont(struct answer *a, int option)
{
    if (a->t->theirs[option] == TELNET_YES)
        say(a, DONT, option);
    a->t->theirs[option] = TELNET_NO;
}

static void on_verb(struct answer *a, int verb, int option)
{
    static const char *const verbs[] = {"WILL", "WONT", "DO", "DONT"};

    if (a->log)
        a->log(a->owner, false, verbs[verb - WILL], option);
    if (verb == DO)
        on_do(a, option);
    else if (verb == DONT)
        on_dont(a, option);
    else if (verb == WILL)
        on_will(a, option);
    else
        on_wont(a, option);
}

/* What we want is asked for once the server has shown that it speaks Telnet. */
static void ask_for_ours(struct answer *a)
{
    struct telnet *t = a->t;

    for (int option = 0; option < TELNET_OPTIONS; option++) {
        if (we_offer(t, option) && t->ours[option] == TELNET_NO) {
            t->ours[option] = TELNET_ASKED;
            say(a, WILL, option);
        }
        if (we_want(t, option) && t->theirs[option] == TELNET_NO) {
            t->theirs[option] = TELNET_ASKED;
            say(a, DO, option);
        }
    }
}

/* ---- Bytes ---- */

static void after_iac(struct answer *a, unsigned char c)
{
    struct telnet *t = a->t;

    t->place = TELNET_DATA;
    if (c >= WILL && c < IAC) {
        t->verb = c;
        t->place = TELNET_VERB;
    } else if (c == SB) {
        t->sub_len = 0;
        t->place = TELNET_SUB;
    }
}

static void add_to_sub(struct telnet *t, unsigned char c)
{
    if (t->sub_len < sizeof(t->sub))
        t->sub[t->sub_len++] = c;
}

/* One byte; true when it is data. */
static bool take(struct answer *a, unsigned char c)
{
    struct telnet *t = a->t;
    bool after_cr = t->place == TELNET_AFTER_CR;

    switch (t->place) {
    case TELNET_DATA:
    case TELNET_AFTER_CR:
        t->place = c == IAC ? TELNET_AFTER_IAC : c == '\r' ? TELNET_AFTER_CR : TELNET_DATA;
        return c != IAC && !(after_cr && c == '\0' && t->theirs[BINARY] != TELNET_YES);
    case TELNET_AFTER_IAC:
        after_iac(a, c);
        return c == IAC;
    case TELNET_VERB:
        t->place = TELNET_DATA;
        on_verb(a, t->verb, c);
        break;
    case TELNET_SUB:
        if (c == IAC)
            t->place = TELNET_SUB_IAC;
        else
            add_to_sub(t, c);
        break;
    case TELNET_SUB_IAC:
        t->place = c == SE ? TELNET_DATA : TELNET_SUB;
        if (c == SE)
            answer_sub(a);
        else if (c == IAC)
            add_to_sub(t, c);
        break;
    }
    return false;
}

size_t telnet_decode(struct telnet *t, char *bytes, size_t len, struct buf *answers,
                     telnet_log *log, void *owner)
{
    struct answer a = {t, answers, log, owner};
    bool speaks = t->begun;
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        speaks = speaks || t->place == TELNET_VERB;
        if (take(&a, (unsigned char)bytes[i]))
            bytes[kept++] = bytes[i];
    }
    if (speaks && !t->begun) {
        t->begun = true;
        ask_for_ours(&a);
    }
    return kept;
}

bool telnet_encode(struct buf *to, struct str bytes)
{
    while (bytes.len) {
        const char *iac = memchr(bytes.at, IAC, bytes.len);
        size_t len = iac ? (size_t)(iac - bytes.at) + 1 : bytes.len;

        buf_append(to, bytes.at, len);
        if (iac)
            buf_append_char(to, (char)IAC);
        bytes = (struct str){bytes.at + len, bytes.len - len};
    }
    return !buf_failed(to);
}
