/* SPDX-License-Identifier: MIT */
#include "protocols/login.h"

void login_release(struct login *l)
{
    buf_release(&l->user);
    buf_release(&l->password);
}

bool login_set(struct login *l, struct str user, struct str password)
{
    buf_clear(&l->user);
    buf_clear(&l->password);
    l->given = true;
    buf_append(&l->user, user.at, user.len);
    buf_append(&l->password, password.at, password.len);
    return !buf_failed(&l->user) && !buf_failed(&l->password);
}
