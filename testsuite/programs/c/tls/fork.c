// A child keeps the copy of the thread that forked, and has it for itself.
//@ flags: -pthread
//@ links: pie static shared
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Thread_local int value = 1;
static _Thread_local char text[32] = "start";

static int first_in_child(int by) { return value += by; }
static int first_in_grandchild(void) { return text[0] + value; }

static int in_child(int depth) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int result = first_in_child(depth);
        if (depth > 1) result += in_child(depth - 1) + first_in_grandchild();
        exit(result & 63);
    }
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void *run(void *argument) {
    value = (int)(long)argument;
    text[0] = 'T';
    return (void *)(long)in_child(3);
}

int main(void) {
    value = 10;
    printf("%d %d\n", in_child(2), value);
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, run, (void *)20L);
    pthread_join(thread, &result);
    printf("%ld %d %s\n", (long)result, value, text);
    return 0;
}
