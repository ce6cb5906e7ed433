package io.millrace.boards.verilator;

import io.millrace.scheduler.Machine;

/** The DRAM model of docs/machine.md, section 8, in C++, for what surrounds a Verilated machine; {@code struct Dram}, which expects a global {@code top}. */
final class DramModel {
    private DramModel() {}

    /** The model for a machine, one that does nothing for a machine without streamed engines and spilled maps. */
    static String source(Machine machine) {
        var dram = machine.dram();
        return machine.dramClients().isEmpty()
                ? NO_DRAM
                : DRAM.replace("@TIMED_WRITES@", machine.stores().isEmpty() ? "" : TIMED_WRITES)
                        .replace("@ACCEPT_WRITE@", machine.stores().isEmpty() ? "" : ACCEPT_WRITE)
                        .replace("@DATA_BYTES@", String.valueOf(dram.dataBytes()))
                        .replace("@LATENCY@", String.valueOf(dram.latency()))
                        .replace("@ROW_BYTES@", String.valueOf(dram.rowBytes()))
                        .replace("@ROW_MISS_GAP@", String.valueOf(dram.rowMissGap()))
                        .replace("@REFRESH_PERIOD@", String.valueOf(dram.refreshPeriod()))
                        .replace("@REFRESH_CYCLES@", String.valueOf(dram.refreshCycles()))
                        .replace("@BEAT_SIXTEENTHS@", String.valueOf(dram.beatSixteenths()));
    }

    private static final String NO_DRAM = """
            struct Dram {
                void drive() {}
                void next() {}
                void reset() {}
                void begin() {}
            };
            """;

    /** Of a machine that spills maps: its bursts, told by their data, which come after the address, from the single beats of a program. */
    private static final String TIMED_WRITES = """
                    if (!answers.empty() && answers.front() == cycle) {
                        top->dram_bvalid = 1;
                        answers.pop_front();
                    }
                    if (writeLeft > 0) {
                        top->dram_awready = 0;
                        top->dram_wready = 1;
                        if (!top->dram_wvalid) return;
                        put(writeAddress);
                        writeAddress += @DATA_BYTES@;
                        writeLeft--;
                        if ((top->dram_wlast != 0) != (writeLeft == 0)) exit(4);
                        // Another store unit's burst may be accepted with the last beat.
                        if (writeLeft == 0 && top->dram_awvalid) acceptWrite();
                        return;
                    }
                    if (top->dram_awvalid && !top->dram_wvalid) {
                        top->dram_wready = 0;
                        acceptWrite();
                        return;
                    }""";

    private static final String ACCEPT_WRITE = """
                // A burst of a map waits: its data come after it.
                void acceptWrite() {
                    const uint64_t n = top->dram_awlen + 1ull;
                    top->dram_awready = accepts(top->dram_awaddr, n);
                    if (!top->dram_awready) return;
                    writeLeft = n;
                    writeAddress = top->dram_awaddr;
                    answers.push_back(cycle + @LATENCY@ + n);
                }

            """;

    private static final String DRAM = """
            struct Dram {
                struct Beat { uint64_t cycle; uint32_t id; uint8_t data[@DATA_BYTES@]; };
                std::vector<uint8_t> bytes;
                std::deque<Beat> beats;
                // When bursts of writes are answered; beats of one that are still to come, and where the next one goes.
                std::deque<uint64_t> answers;
                uint64_t writeLeft = 0, writeAddress = 0;
                uint64_t cycle = 0, after = 0, row = 0, writes = 0, turns = 0;
                bool any = false;

                // A run begins: cycle 0.
                void begin() { cycle = 0; any = false; }
                // The machine was reset: nothing is under way.
                void reset() { begin(); beats.clear(); answers.clear(); writes = writeLeft = 0; }

                // Whether a burst of n beats is accepted in this cycle; if so, it takes them.
                bool accepts(uint64_t address, uint64_t n) {
                    const uint64_t period = @REFRESH_PERIOD@;
                    if (period > 0 && cycle >= period && cycle % period < @REFRESH_CYCLES@) return false;
                    if (any && cycle < after + (address / @ROW_BYTES@ != row ? @ROW_MISS_GAP@ : 0)) return false;
                    any = true;
                    row = address / @ROW_BYTES@;
                    after = cycle + (n * @BEAT_SIXTEENTHS@ + 15) / 16;
                    return true;
                }

                void put(uint64_t address) {
                    if (bytes.size() < address + @DATA_BYTES@) bytes.resize(address + @DATA_BYTES@);
                    memcpy(&bytes[address], &top->dram_wdata, @DATA_BYTES@);
                }

                // Before the machine sees a cycle: what arrives, and what is accepted.
                void drive() {
                    if (top->reset) {
                        top->dram_bvalid = top->dram_awready = top->dram_wready = top->dram_rvalid = top->dram_arready = 0;
                        return;
                    }
                    driveWrites();
                    driveReads();
                }

            @ACCEPT_WRITE@    void driveWrites() {
                    top->dram_bvalid = writes > 0;
                    if (writes > 0) writes--;
            @TIMED_WRITES@
                    // Writes of a program are not timed: one turn in three is theirs.
                    bool accept = top->dram_awvalid && top->dram_wvalid && ++turns % 3 == 0;
                    top->dram_awready = top->dram_wready = accept;
                    if (!accept) return;
                    put(top->dram_awaddr);
                    writes++;
                }

                void driveReads() {
                    top->dram_rvalid = !beats.empty() && beats.front().cycle == cycle;
                    if (top->dram_rvalid) {
                        memcpy(&top->dram_rdata, beats.front().data, @DATA_BYTES@);
                        top->dram_rid = beats.front().id;
                        beats.pop_front();
                    }
                    top->dram_arready = 0;
                    if (!top->dram_arvalid) return;
                    const uint64_t address = top->dram_araddr, n = top->dram_arlen + 1ull;
                    if (!accepts(address, n)) return;
                    top->dram_arready = 1;
                    for (uint64_t i = 0; i < n; i++) {
                        Beat beat{cycle + @LATENCY@ + i, static_cast<uint32_t>(top->dram_arid), {}};
                        const uint64_t from = address + i * @DATA_BYTES@;
                        for (size_t k = 0; k < @DATA_BYTES@; k++)
                            if (from + k < bytes.size()) beat.data[k] = bytes[from + k];
                        beats.push_back(beat);
                    }
                }

                void next() { cycle++; }
            };
            """;
}
