package io.millrace.boards;

/**
 * How the bank that a 7-series part is configured through is supplied, as Vivado wants it said ({@code CFGBVS}, {@code CONFIG_VOLTAGE}).
 *
 * @param select what the part's CFGBVS pin is tied to
 * @param volts the bank's supply
 * @param source the document or file that says so
 */
public record ConfigurationBank(Select select, double volts, String source) {
    /** What CFGBVS is tied to: VCCO for 2.5 and 3.3 V, ground for 1.5 and 1.8 V. */
    public enum Select {
        VCCO,
        GND
    }
}
