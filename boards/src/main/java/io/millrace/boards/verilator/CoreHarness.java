package io.millrace.boards.verilator;

import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;

/**
 * The C++ program around a Verilated core. It reads one job from standard input (program words, input beats, stall traces), runs it, and
 * writes what it saw to standard output as records; all numbers are little-endian.
 *
 * <pre>
 * job:     u32 flags (1 = log firings and beats, 2 = log row writes)  u32 outBeats  u32 maxCycles  u32 seed  u32 restarts
 *          u32 n, n x u32 program words   u32 n, n bytes of DRAM   u32 n, n x beat bytes   u32 n, n x u32 input runs   u32 n, n x u32 output runs
 *          a seed other than 0: the program comes with gaps, behind a reset at work and one that was broken off
 * record:  u8 kind  u8 index  u32 cycle, then
 *          1 start of unit, 2 last read of unit, 3 commit of unit (one cycle before it is visible)
 *          4 write of memory: u32 address, u32 count, bytes of all lanes
 *          5 output beat: beat bytes, u8 last of its tensor, u8 tensor           6 input beat
 *          7 end: cycle = cycles run, index = 1 if maxCycles was reached
 *          8 a restart went another way in this cycle: index = kind of the record that differs, u32 its index, u32 how many of them
 *            agreed before, u32 cycles that the machine had run before it was stopped for one cycle
 * </pre>
 */
final class CoreHarness {
    /** Cycles after which a machine that is to be started again is stopped, at most. */
    private static final int STOP_MAX = 1500;

    private CoreHarness() {}

    /** The harness for the cores of a machine. */
    static String source(Machine machine, String top) {
        int elementBytes = machine.precision().bits() / 8;
        int inBytes = 0;
        int outBytes = 0;
        var units = new StringBuilder();
        for (Unit unit : machine.units()) {
            switch (unit) {
                case Unit.HostIn h -> inBytes = h.lanes() * elementBytes;
                case Unit.HostOut h -> outBytes = h.lanes() * elementBytes;
                case Unit.Matrix _, Unit.Vector _ -> {}
            }
            units.append("            UNIT(%d, %s)\n".formatted(unit.id(), unit.name()));
        }
        var memories = new StringBuilder();
        var memoryBytes = new ArrayList<String>();
        for (RowMemory memory : machine.memories()) {
            int lanes = writeLanes(machine.unit(memory.writer()));
            memories.append(
                    "            MEMORY(%d, %d, %d)\n".formatted(memory.id(), lanes * elementBytes, elementBytes));
            memoryBytes.add(String.valueOf(8 + lanes * elementBytes));
        }
        var dram = machine.dram();
        return TEMPLATE.replace("@DRAM@", machine.streamed().isEmpty() ? NO_DRAM : DRAM)
                .replace("@DATA_BYTES@", String.valueOf(dram.dataBytes()))
                .replace("@LATENCY@", String.valueOf(dram.latency()))
                .replace("@ROW_BYTES@", String.valueOf(dram.rowBytes()))
                .replace("@ROW_MISS_GAP@", String.valueOf(dram.rowMissGap()))
                .replace("@REFRESH_PERIOD@", String.valueOf(dram.refreshPeriod()))
                .replace("@REFRESH_CYCLES@", String.valueOf(dram.refreshCycles()))
                .replace("@TOP@", top)
                .replace("@IN_BYTES@", String.valueOf(inBytes))
                .replace("@OUT_BYTES@", String.valueOf(outBytes))
                .replace("@UNITS@", units)
                .replace("@MEMORIES@", memories)
                .replace("@MEMORY_BYTES@", String.join(", ", memoryBytes))
                .replace("@STOP_MAX@", STOP_MAX + "u");
    }

    /** Elements that a unit writes in one beat. */
    static int writeLanes(Unit unit) {
        return switch (unit) {
            case Unit.HostIn h -> h.lanes();
            case Unit.Matrix m -> m.drain().lanes();
            case Unit.Vector v -> v.lanes();
            case Unit.HostOut h -> throw new IllegalStateException("unit " + h.name() + " writes no memory");
        };
    }

    private static final String NO_DRAM = """
            struct Dram {
                std::vector<uint8_t> bytes;
                void drive() {}
                void next() {}
                void reset() {}
                bool idle() { return true; }
            };
            """;

    /** The DRAM model of docs/machine.md, section 8. */
    private static final String DRAM = """
            struct Dram {
                struct Beat { uint64_t cycle, address; uint32_t id; };
                std::vector<uint8_t> bytes;
                std::deque<Beat> beats;
                uint64_t cycle = 0, after = 0, row = 0;
                bool any = false;

                void reset() { cycle = 0; any = false; beats.clear(); }
                bool idle() { return top->dram_idle; }
                // Before the machine sees a cycle: the beat that arrives, and whether a burst that waits is accepted.
                void drive() {
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

    private static final String TEMPLATE = """
            // Generated by Millrace: drives a Verilated core from standard input, see CoreHarness.java.
            #include "V@TOP@.h"
            #include "verilated.h"
            #include <cstdint>
            #include <cstdio>
            #include <cstdlib>
            #include <cstring>
            #include <deque>
            #include <string>
            #include <vector>

            double sc_time_stamp() { return 0; }

            static void need(void* to, size_t bytes) {
                if (bytes && fread(to, 1, bytes, stdin) != bytes) exit(3);
            }
            static uint32_t word() { uint32_t v; need(&v, 4); return v; }
            static std::vector<uint8_t> blob(size_t unit) {
                std::vector<uint8_t> v(static_cast<size_t>(word()) * unit);
                need(v.data(), v.size());
                return v;
            }

            // Alternating runs of willing and unwilling cycles, willing for ever after the last.
            struct Trace {
                std::vector<uint8_t> runs;
                size_t at = 0;
                uint64_t left = 0;
                bool willing = false, ended = false;
                bool next() {
                    while (!ended && left == 0) {
                        if (at * 4 >= runs.size()) { ended = true; willing = true; break; }
                        uint32_t run;
                        memcpy(&run, &runs[at * 4], 4);
                        at++;
                        willing = !willing;
                        left = run;
                    }
                    if (!ended) left--;
                    return willing;
                }
            };

            struct Random {
                uint64_t state;
                uint32_t below(uint32_t n) {
                    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
                    return n == 0 ? 0 : static_cast<uint32_t>((state >> 33) % n);
                }
            };

            static std::string out;
            static bool keep = false;
            static void put(const void* from, size_t bytes) {
                out.append(static_cast<const char*>(from), bytes);
                if (!keep && out.size() > 1 << 20) { fwrite(out.data(), 1, out.size(), stdout); out.clear(); }
            }
            static void put32(uint32_t v) { put(&v, 4); }
            static void record(uint8_t kind, uint8_t index, uint32_t cycle) { put(&kind, 1); put(&index, 1); put32(cycle); }
            static void data(const void* from, uint32_t used, uint32_t bytes) {
                static const uint8_t zeros[4096] = {};
                used = used < bytes ? used : bytes;
                put(from, used);
                put(zeros, bytes - used);
            }

            static V@TOP@* top;
            @DRAM@
            static Dram dram;
            static void tick() {
                dram.drive();
                top->eval();
                top->clk = 1; top->eval(); top->clk = 0; top->eval();
                dram.next();
            }

            struct Job {
                uint32_t flags, outBeats, maxCycles, seed, restarts;
                std::vector<uint8_t> program, beats;
                Trace in, outTrace;
            };

            static void load(const Job& job, Random& random, size_t words) {
                for (size_t i = 0; i < words; i++) {
                    while (job.seed && random.below(8) == 0) {
                        top->load_valid = 0; top->load_data = random.below(1u << 31); tick();
                    }
                    uint32_t v;
                    memcpy(&v, &job.program[i * 4], 4);
                    top->load_valid = 1; top->load_data = v; tick();
                }
                top->load_valid = 0;
            }

            static void received_beat(uint32_t cycle) {
                uint8_t last = top->out_last, tensor = static_cast<uint8_t>(top->out_tensor);
                record(5, 0, cycle); put(&top->out_data, @OUT_BYTES@); put(&last, 1); put(&tensor, 1);
            }

            // One run from cycle 0; returns its cycles.
            static uint32_t run(const Job& job, uint32_t outBeats, uint32_t maxCycles) {
                const size_t inBytes = @IN_BYTES@;
                size_t sent = 0, total = job.beats.size() / inBytes, received = 0;
                const bool logFirings = job.flags & 1, logWrites = job.flags & 2;
                Trace in = job.in, outTrace = job.outTrace;
                uint32_t cycle = 0;
                while (!dram.idle()) tick();
                dram.reset();
                top->run = 1;
                for (; received < outBeats && cycle < maxCycles; cycle++) {
                    // After the last frame the host goes on with zeros: frames in flight need their followers.
                    bool valid = in.next();
                    top->in_valid = valid;
                    if (valid && sent < total) memcpy(&top->in_data, &job.beats[sent * inBytes], inBytes);
                    if (valid && sent == total) memset(&top->in_data, 0, inBytes);
                    top->out_ready = outTrace.next();
                    dram.drive();
                    top->eval();
                    if (logFirings) {
            #define UNIT(id, name) if (top->trace_start_##name) record(1, id, cycle); \\
                    if (top->trace_read_end_##name) record(2, id, cycle); \\
                    if (top->trace_commit_##name) record(3, id, cycle);
            @UNITS@        }
                    if (logWrites) {
            #define MEMORY(id, bytes, each) if (top->trace_write_##id) { record(4, id, cycle); put32(top->trace_address_##id); \\
                    put32(top->trace_count_##id); data(&top->trace_data_##id, top->trace_count_##id * each, bytes); }
            @MEMORIES@        }
                    if (valid && top->in_ready) { sent++; if (logFirings) record(6, 0, cycle); }
                    if (top->out_valid && top->out_ready) { received++; received_beat(cycle); }
                    top->clk = 1; top->eval(); top->clk = 0;
                    dram.next();
                }
                top->eval();
                return cycle;
            }

            static size_t length(const std::string& records, size_t at) {
                switch (records[at]) {
                    case 4: {
                        static const size_t bytes[] = {@MEMORY_BYTES@};
                        return 6 + bytes[static_cast<uint8_t>(records[at + 1])];
                    }
                    case 5: return 8 + @OUT_BYTES@;
                    default: return 6;
                }
            }

            // Stops the machine in the middle of things and starts it again: it must do what it did the first time.
            static void restart(const Job& job, Random& random, const std::string& first, uint32_t cycles) {
                uint32_t before = cycles;
                for (uint32_t i = 0; i < job.restarts; i++) {
                    uint32_t n = 1 + random.below(cycles < @STOP_MAX@ ? cycles : @STOP_MAX@);
                    top->run = 0; top->in_valid = random.below(2); top->out_ready = random.below(2); tick();
                    out.clear();
                    uint32_t ran = run(job, job.outBeats, n);
                    size_t at = 0;
                    uint32_t seen[8][256] = {};
                    while (at < first.size() || at < out.size()) {
                        uint32_t cycle = UINT32_MAX;
                        uint8_t kind = 0, index = 0;
                        if (at < first.size()) {
                            memcpy(&cycle, &first[at + 2], 4);
                            kind = first[at]; index = first[at + 1];
                        }
                        if (cycle >= ran && at >= out.size()) break;
                        size_t bytes = at < first.size() ? length(first, at) : 0;
                        if (bytes == 0 || at + bytes > out.size() || memcmp(&first[at], &out[at], bytes)) {
                            uint32_t other = UINT32_MAX;
                            if (at + 6 <= out.size()) memcpy(&other, &out[at + 2], 4);
                            if (other < cycle) { cycle = other; kind = out[at]; index = out[at + 1]; }
                            out.clear();
                            record(8, kind, cycle);
                            put32(index); put32(seen[kind & 7][index]); put32(before);
                            return;
                        }
                        seen[kind][index]++;
                        at += bytes;
                    }
                    before = ran;
                }
                out.clear();
            }

            int main(int argc, char** argv) {
                Job job;
                job.flags = word(); job.outBeats = word(); job.maxCycles = word(); job.seed = word(); job.restarts = word();
                Verilated::commandArgs(argc, argv);
                Verilated::randReset(2);
                Verilated::randSeed(20261 + static_cast<int>(job.seed));
                job.program = blob(4);
                dram.bytes = blob(1);
                job.beats = blob(@IN_BYTES@);
                job.in.runs = blob(4);
                job.outTrace.runs = blob(4);
                Random random{job.seed};
                keep = job.restarts > 0 || job.seed;
                top = new V@TOP@;
                top->run = 0; top->load_start = 0; top->load_valid = 0; top->load_data = 0; top->in_valid = 0; top->out_ready = 0;
                top->clk = 0;
                top->reset = 1; tick(); tick(); dram.reset();
                top->reset = 0; tick();
                if (job.seed) {
                    // A program that was broken off and a machine that was reset at work are forgotten.
                    load(job, random, job.program.size() / 4);
                    tick(); tick(); tick();
                    run(job, job.outBeats, 1 + random.below(@STOP_MAX@));
                    out.clear();
                    top->in_valid = 0; top->out_ready = 0; top->reset = 1; dram.reset(); tick(); dram.reset();
                    top->reset = 0; top->run = 0; tick();
                    load(job, random, random.below(static_cast<uint32_t>(job.program.size() / 4)));
                    if (job.seed & 1) {
                        top->load_start = 1; tick(); top->load_start = 0;
                    } else {
                        top->reset = 1; tick(); top->reset = 0;
                    }
                }
                load(job, random, job.program.size() / 4);
                tick(); tick(); tick();

                uint32_t cycle = run(job, job.outBeats, job.maxCycles);
                bool cut = cycle == job.maxCycles;
                if (job.restarts && !cut) {
                    std::string first;
                    first.swap(out);
                    restart(job, random, first, cycle);
                    first += out;
                    out.swap(first);
                }
                record(7, cut, cycle);
                fwrite(out.data(), 1, out.size(), stdout);
                fflush(stdout);
                top->final();
                delete top;
                return 0;
            }
            """;
}
