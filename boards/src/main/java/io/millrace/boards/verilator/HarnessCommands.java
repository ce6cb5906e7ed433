package io.millrace.boards.verilator;

/** What the C++ programs around Verilated boards have in common: commands on standard input. Expects {@code resetBoard()}. */
final class HarnessCommands {
    private HarnessCommands() {}

    static final String SOURCE = """
            static void nonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }
            static bool again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

            static bool halted = false;
            static std::string line;
            static void resetBoard();
            static void report();

            // "reset" resets the board, "halt" stops its clock, "go" lets it run; the end of the input ends the program.
            static void command() {
                char c;
                ssize_t n;
                while ((n = read(0, &c, 1)) == 1) {
                    if (c != '\\n') { line += c; continue; }
                    if (line == "reset") resetBoard();
                    if (line == "halt") halted = true;
                    if (line == "go") halted = false;
                    if (line == "report") report();
                    line.clear();
                }
                if (n == 0 || !again()) { top->final(); exit(0); }
            }
            """;
}
