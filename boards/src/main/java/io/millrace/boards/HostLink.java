package io.millrace.boards;

import java.util.Optional;

/**
 * A wire from the host to a board.
 *
 * @param name how people call it, such as {@code PCIe Gen2 x4}
 * @param payloadBytesPerSecond bytes of payload in one direction, after the framing of the wire and of UDP
 * @param note what must be known before choosing it
 * @param source where the rate comes from
 */
public record HostLink(LinkKind kind, String name, long payloadBytesPerSecond, Optional<String> note, String source) {}
