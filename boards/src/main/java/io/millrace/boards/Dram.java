package io.millrace.boards;

import java.util.Optional;

/**
 * One separately addressed DRAM of a board.
 *
 * @param peakMegabytesPerSecond 10^6 bytes a second when every data cycle is used; no controller reaches it
 * @param rowBytes bytes that one activation opens: a page of each chip, times the chips of a rank
 * @param source where these numbers come from
 * @param controller what a memory controller in the device has to know, where a source is known
 */
public record Dram(
        String name,
        int megabytes,
        int peakMegabytesPerSecond,
        int rowBytes,
        String source,
        Optional<MemoryController> controller) {}
