/*
 * spawn: a user's command as a child process.
 *
 * The child finds signals as a shell's children do, whatever this process has done to them: SIGPIPE
 * kills and none is blocked.  Of our descriptors it gets those that are not close-on-exec.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* Run argv[0], which is looked for in PATH, with `in` and `out` as its standard input and
 * output; `apart` in a process group of its own, which a terminal's ^C does not reach.  0 or an
 * errno. */
int spawn(pid_t *pid, char *const argv[], int in, int out, bool apart);
int spawn_shell(pid_t *pid, const char *command, int in, int out); /* sh -c, apart */

int spawn_pipe(int fd[2]);    /* close-on-exec; 0 or an errno */
int spawn_wait(pid_t pid);    /* until it ends: its status as waitpid gives it */

#endif
