package io.millrace.boards;

/** The kinds of wire between host and board. */
public enum LinkKind {
    UART,
    SPI,
    ETHERNET,
    PCIE
}
