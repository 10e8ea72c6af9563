// A program with more in it than it needs. Try:
//
//     autojit-cc -O0 -g hello.c -o hello
//     ./hello              greets
//     ./hello count 5      uses functions that the greeting never touched, and they are compiled now
//     autojit inspect hello

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void greet(const char *name) {
    printf("Hello, %s! Of all functions in this program, only those on this path were compiled.\n", name);
}

static unsigned long fibonacci(unsigned n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static void count(unsigned n) {
    for (unsigned i = 1; i <= n; i++)
        printf("fibonacci(%u) = %lu\n", i, fibonacci(i));
}

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(char **words, size_t n) {
    qsort(words, n, sizeof *words, compare);
    for (size_t i = 0; i < n; i++)
        puts(words[i]);
}

static void reverse(char *text) {
    size_t n = strlen(text);
    for (size_t i = 0; i < n / 2; i++) {
        char c = text[i];
        text[i] = text[n - 1 - i];
        text[n - 1 - i] = c;
    }
    puts(text);
}

static int usage(const char *program) {
    fprintf(stderr, "usage: %s [NAME | count N | sort WORD... | reverse TEXT]\n", program);
    return 2;
}

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "world";
    if (!strcmp(command, "count"))
        return argc == 3 ? (count((unsigned)atoi(argv[2])), 0) : usage(argv[0]);
    if (!strcmp(command, "sort"))
        return argc > 2 ? (sort(argv + 2, (size_t)argc - 2), 0) : usage(argv[0]);
    if (!strcmp(command, "reverse"))
        return argc == 3 ? (reverse(argv[2]), 0) : usage(argv[0]);
    greet(command);
    return 0;
}
