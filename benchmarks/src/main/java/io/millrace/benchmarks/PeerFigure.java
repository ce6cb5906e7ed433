package io.millrace.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What another compiler, simulator or accelerator does with a net.
 *
 * @param net as the rows of {@link PeersBench} or {@link EfficiencyBench} name it
 * @param multipliers products a clock that it has; none where the figure is against its own peak only
 * @param cycles a frame, of one frame by itself
 * @param efficiency multiply-accumulates, padded taps included, over what its multipliers could do: a fraction
 * @param source where the figure is from, and under what conditions it holds
 */
public record PeerFigure(
        String net,
        OptionalInt multipliers,
        String peer,
        OptionalLong cycles,
        double efficiency,
        Kind kind,
        String source) {
    /** How a figure came about. */
    public enum Kind {
        /** Its RTL was run here. */
        MEASURED,
        /** It is a simulator, run here. */
        SIMULATED,
        /** Its own estimate, made here. */
        ESTIMATED,
        /** Published by its makers or users. */
        DOCUMENTED;

        /** In a table's words. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String RESOURCE = "/benchmarks/peers.json";

    public PeerFigure {
        if (net.isBlank() || peer.isBlank() || source.isBlank()) {
            throw new IllegalArgumentException("a figure needs a net, a peer and a source: " + net + ", " + peer);
        }
        if (!(efficiency > 0 && efficiency <= 1)) {
            throw new IllegalArgumentException(peer + " on " + net + " has an efficiency of " + efficiency);
        }
        if (multipliers.isPresent() != cycles.isPresent() || multipliers.orElse(1) < 1 || cycles.orElse(1) < 1) {
            throw new IllegalArgumentException(peer + " on " + net + " has " + multipliers + " and " + cycles);
        }
    }

    /** All that are known, those of one peer together. */
    public static List<PeerFigure> all() {
        try (var in = PeerFigure.class.getResourceAsStream(RESOURCE)) {
            return read(Objects.requireNonNull(in, RESOURCE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws IllegalArgumentException if the document has a figure that is none */
    static List<PeerFigure> read(InputStream in) {
        return JsonMapper.shared()
                .readTree(in)
                .required("figures")
                .valueStream()
                .map(PeerFigure::of)
                .toList();
    }

    private static PeerFigure of(JsonNode json) {
        var multipliers = json.optional("multipliers").map(JsonNode::intValue);
        var cycles = json.optional("cycles").map(JsonNode::longValue);
        return new PeerFigure(
                json.required("net").stringValue(),
                multipliers.map(OptionalInt::of).orElse(OptionalInt.empty()),
                json.required("peer").stringValue(),
                cycles.map(OptionalLong::of).orElse(OptionalLong.empty()),
                json.required("percent").doubleValue() / 100,
                Kind.valueOf(json.required("kind").stringValue().toUpperCase(Locale.ROOT)),
                json.required("source").stringValue());
    }
}
