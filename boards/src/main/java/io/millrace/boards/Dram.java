package io.millrace.boards;

/**
 * One separately addressed DRAM of a board.
 *
 * @param peakMegabytesPerSecond 10^6 bytes a second when every data cycle is used; no controller reaches it
 * @param rowBytes bytes that one activation opens: a page of each chip, times the chips of a rank
 * @param source where these numbers come from
 */
public record Dram(String name, int megabytes, int peakMegabytesPerSecond, int rowBytes, String source) {}
