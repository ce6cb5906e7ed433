package io.millrace.boards;

import java.util.List;
import java.util.Optional;

/**
 * What a bitstream for a board with an iCE40 has to know: the device as nextpnr names it, the pins that Millrace uses and the rates of the serial line.
 *
 * @param device {@code up5k} or {@code hx8k}
 * @param packageName as nextpnr-ice40 names it, such as {@code sg48}
 * @param clockPin where the board's oscillator comes in
 * @param clockMhz its frequency
 * @param pllInput how that pin reaches the PLL
 * @param uartRx pin of the serial line from the host
 * @param uartTx pin of the serial line to the host
 * @param resetPin a button that pulls the pin to 0
 * @param highPins pins to be driven to 1, such as the select of a flash on the same wires
 * @param bauds rates of the serial line in bits a second, the one to prefer first
 */
public record Ice40Wiring(
        Device device,
        Fact<String> packageName,
        Fact<String> clockPin,
        Fact<Double> clockMhz,
        PllInput pllInput,
        Fact<String> uartRx,
        Fact<String> uartTx,
        Optional<Fact<String>> resetPin,
        List<Fact<String>> highPins,
        List<Fact<Integer>> bauds) {
    /** Devices by the names nextpnr-ice40 has for them. */
    public enum Device {
        UP5K,
        HX8K
    }

    /** Ways into a PLL: from the pin that shares its place, which is then no input of the fabric; or through the fabric. */
    public enum PllInput {
        PAD,
        CORE
    }

    public Ice40Wiring {
        highPins = List.copyOf(highPins);
        bauds = List.copyOf(bauds);
    }
}
