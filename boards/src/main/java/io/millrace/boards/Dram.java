package io.millrace.boards;

/**
 * One separately addressed DRAM of a board.
 *
 * @param peakMegabytesPerSecond 10^6 bytes a second when every data cycle is used; no controller reaches it
 * @param source where both numbers come from
 */
public record Dram(String name, int megabytes, int peakMegabytesPerSecond, String source) {}
