package io.millrace.cli;

import java.util.List;

/** The program's entry. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(Millrace.run(List.of(args), Terminal.ofProcess()));
    }
}
