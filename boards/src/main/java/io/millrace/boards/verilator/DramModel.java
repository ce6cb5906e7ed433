package io.millrace.boards.verilator;

import io.millrace.scheduler.Machine;

/** The DRAM model of docs/machine.md, section 8, in C++, for what surrounds a Verilated machine; {@code struct Dram}, which expects a global {@code top}. */
final class DramModel {
    private DramModel() {}

    /** The model for a machine, one that does nothing for a machine without streamed engines. */
    static String source(Machine machine) {
        var dram = machine.dram();
        return machine.streamed().isEmpty()
                ? NO_DRAM
                : DRAM.replace("@DATA_BYTES@", String.valueOf(dram.dataBytes()))
                        .replace("@LATENCY@", String.valueOf(dram.latency()))
                        .replace("@ROW_BYTES@", String.valueOf(dram.rowBytes()))
                        .replace("@ROW_MISS_GAP@", String.valueOf(dram.rowMissGap()))
                        .replace("@REFRESH_PERIOD@", String.valueOf(dram.refreshPeriod()))
                        .replace("@REFRESH_CYCLES@", String.valueOf(dram.refreshCycles()));
    }

    private static final String NO_DRAM = """
            struct Dram {
                void drive() {}
                void next() {}
                void reset() {}
                void begin() {}
            };
            """;

    private static final String DRAM = """
            struct Dram {
                struct Beat { uint64_t cycle, address; uint32_t id; };
                std::vector<uint8_t> bytes;
                std::deque<Beat> beats;
                uint64_t cycle = 0, after = 0, row = 0, writes = 0, turns = 0;
                bool any = false;

                // A run begins: cycle 0.
                void begin() { cycle = 0; any = false; }
                // The machine was reset: nothing is under way.
                void reset() { begin(); beats.clear(); writes = 0; }

                // Before the machine sees a cycle: what arrives, and what is accepted.
                void drive() {
                    if (top->reset) {
                        top->dram_bvalid = top->dram_awready = top->dram_wready = top->dram_rvalid = top->dram_arready = 0;
                        return;
                    }
                    driveWrites();
                    driveReads();
                }

                void driveWrites() {
                    top->dram_bvalid = writes > 0;
                    if (writes > 0) writes--;
                    // Writes are not timed: one turn in three is theirs.
                    bool accept = top->dram_awvalid && top->dram_wvalid && ++turns % 3 == 0;
                    top->dram_awready = top->dram_wready = accept;
                    if (!accept) return;
                    uint64_t address = top->dram_awaddr;
                    if (bytes.size() < address + @DATA_BYTES@) bytes.resize(address + @DATA_BYTES@);
                    memcpy(&bytes[address], &top->dram_wdata, @DATA_BYTES@);
                    writes++;
                }

                void driveReads() {
                    top->dram_rvalid = !beats.empty() && beats.front().cycle == cycle;
                    if (top->dram_rvalid) {
                        uint8_t data[@DATA_BYTES@] = {};
                        for (size_t i = 0; i < @DATA_BYTES@; i++)
                            if (beats.front().address + i < bytes.size()) data[i] = bytes[beats.front().address + i];
                        memcpy(&top->dram_rdata, data, @DATA_BYTES@);
                        top->dram_rid = beats.front().id;
                        beats.pop_front();
                    }
                    top->dram_arready = 0;
                    if (!top->dram_arvalid) return;
                    const uint64_t period = @REFRESH_PERIOD@, address = top->dram_araddr;
                    if (period > 0 && cycle >= period && cycle % period < @REFRESH_CYCLES@) return;
                    if (any && cycle < after + (address / @ROW_BYTES@ != row ? @ROW_MISS_GAP@ : 0)) return;
                    top->dram_arready = 1;
                    any = true;
                    row = address / @ROW_BYTES@;
                    uint64_t n = top->dram_arlen + 1ull;
                    after = cycle + n;
                    for (uint64_t i = 0; i < n; i++)
                        beats.push_back({cycle + @LATENCY@ + i, address + i * @DATA_BYTES@, static_cast<uint32_t>(top->dram_arid)});
                }

                void next() { cycle++; }
            };
            """;
}
