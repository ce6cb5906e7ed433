package io.millrace.boards.project;

import io.millrace.hdl.DesignGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The AXI4 master of a machine with DRAM, as {@link DesignGenerator#board} wrote it.
 *
 * @param addressBits of byte addresses
 * @param dataBits of a beat
 * @param idBits of reads
 * @param bursts whether it writes bursts, with a length and a last beat
 */
record DramPins(int addressBits, int dataBits, int idBits, boolean bursts) {
    /** The ports of the module in this file. */
    static DramPins of(Path board) throws IOException {
        String verilog = Files.readString(board);
        return new DramPins(
                width(verilog, "dram_araddr"),
                width(verilog, "dram_rdata"),
                width(verilog, "dram_rid"),
                verilog.contains("dram_awlen"));
    }

    private static int width(String verilog, String port) {
        var found = Pattern.compile("(?:input|output)\\s+wire\\s+(?:\\[(\\d+):0])?\\s*" + port + "\\b")
                .matcher(verilog);
        if (!found.find()) {
            throw new IllegalStateException("a board with DRAM has a port " + port);
        }
        return found.group(1) == null ? 1 : Integer.parseInt(found.group(1)) + 1;
    }

    DramPins withDataBits(int bits) {
        return new DramPins(addressBits, bits, idBits, bursts);
    }

    int bytes() {
        return dataBits / 8;
    }
}
