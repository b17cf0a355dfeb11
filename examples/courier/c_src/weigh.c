/* The scales: answers "30x20x10" (centimetres) with the volumetric weight in grams, anything else with "?".
 * Speaks Erlang's {packet, 2}: two bytes of length, then the text. Ends when the node closes the pipe. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 2, LARGEST = 65535, CUBIC_CENTIMETRES_PER_GRAM = 5 };

static int read_exactly(unsigned char *buffer, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = read(STDIN_FILENO, buffer + got, length - got);
        if (n <= 0)
            return 0;
        got += (size_t)n;
    }
    return 1;
}

static int weigh(const char *text, size_t size_of_text, char *answer, size_t size)
{
    unsigned int length, width, height;
    char rest;

    /* scanf alone would take signs and blanks, too. */
    if (strspn(text, "0123456789x") != size_of_text
        || sscanf(text, "%4ux%4ux%4u%c", &length, &width, &height, &rest) != 3)
        return snprintf(answer, size, "?");
    return snprintf(answer, size, "%llu", 1ULL * length * width * height / CUBIC_CENTIMETRES_PER_GRAM);
}

int main(void)
{
    static unsigned char text[LARGEST + 1];
    unsigned char header[HEADER];
    char answer[HEADER + 32];

    while (read_exactly(header, HEADER)) {
        size_t length = (size_t)header[0] << 8 | header[1];
        if (!read_exactly(text, length))
            return 1;
        text[length] = '\0';

        int answered = weigh((const char *)text, length, answer + HEADER, sizeof answer - HEADER);
        answer[0] = 0;
        answer[1] = (char)answered;
        if (write(STDOUT_FILENO, answer, HEADER + (size_t)answered) < 0)
            return 1;
    }
    return 0;
}
