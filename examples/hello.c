// A small program for a first look at autojit:
//
//     autojit-cc -O0 -g examples/hello.c -o hello
//     ./hello Ada
//     autojit inspect hello
//
// Of its functions some are called, and compiled when that happens; the others never cost anything but parsing.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct greeting {
    const char *language, *text;
    const char *(*decorate)(const char *text);
};

static const char *plain(const char *text) { return text; }

static const char *loud(const char *text) {
    static char buffer[64];
    snprintf(buffer, sizeof buffer, "%s!", text);
    return buffer;
}

static const char *boxed(const char *text) {
    static char buffer[96];
    snprintf(buffer, sizeof buffer, "[ %s ]", text);
    return buffer;
}

// Tables of function pointers work as ever: a function's address is the same before and after its first call.
static const struct greeting greetings[] = {
    {"en", "Hello", plain}, {"de", "Hallo", plain}, {"es", "Hola", loud},
    {"fr", "Salut", plain}, {"it", "Ciao", loud},   {"fi", "Moi", boxed},
};

static const struct greeting *find(const char *language) {
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
        if (strcmp(greetings[i].language, language) == 0) return &greetings[i];
    return NULL;
}

static int usage(const char *program) {
    fprintf(stderr, "usage: %s [name [language]]\nlanguages:", program);
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) fprintf(stderr, " %s", greetings[i].language);
    fprintf(stderr, "\n");
    return EXIT_FAILURE;
}

// Never called: nobody asks for the time here.
static int hour(void) {
    time_t now = time(NULL);
    struct tm parts;
    return localtime_r(&now, &parts) ? parts.tm_hour : 0;
}

const char *greeting_for_time_of_day(void) { return hour() < 12 ? "Good morning" : hour() < 18 ? "Good day" : "Good evening"; }

// Never called either.
unsigned long fibonacci(unsigned n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "world";
    const struct greeting *greeting = find(argc > 2 ? argv[2] : "en");
    if (!greeting || argc > 3) return usage(argv[0]);
    printf("%s, %s\n", greeting->decorate(greeting->text), name);
    return EXIT_SUCCESS;
}
