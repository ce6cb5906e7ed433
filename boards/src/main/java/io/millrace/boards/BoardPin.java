package io.millrace.boards;

/**
 * A wire between the device's package and something on the board. The ports that projects know are in {@code docs/boards.md}; pins of other ports are
 * kept and not used.
 *
 * @param port the port of the board's top module: a Verilog name, with an index in brackets where it is one of several
 * @param pin the package's name of it, such as {@code AJ21}
 * @param standard I/O standard, as the vendor's tools name it
 * @param source the document or file that says so
 */
public record BoardPin(String port, String pin, String standard, String source) {}
