package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The whole machine behind its synchronous boundary: a stream of rows in, a stream of rows out, the words of a program image, and
 * {@code run}. While {@code run} is 0 the machine is stopped and may be loaded; cycle 0 is the first cycle in which it is 1.
 *
 * <p>A machine with streamed engines or spilled maps is an AXI4 master too ({@code dram_}): bursts of reads, with the client's number as id, writes of single beats while a
 * program is loaded, and bursts of writes where it spills. It takes a word of a program when {@code load_ready} is 1 and may be started when {@code dram_idle} is.
 *
 * <p>The {@code trace_} outputs show every start, end and row-memory write; left open they cost nothing.
 */
public final class Core extends Block {
    private final Machine machine;
    private final ProgramSource source;
    final Bit run;
    private final @Nullable WordPort wordPort;
    private final @Nullable BytePort bytePort;
    /** Of a machine with DRAM: whether the next word may come; whether all is written and nothing is being read, so that it may run. */
    @Nullable
    Bit loadReady;

    @Nullable
    Bit dramIdle;

    private @Nullable Stream input;
    private @Nullable Stream output;
    private @Nullable Bit outLast;
    private @Nullable UInt outTensor;
    private final @Nullable Loader loader;
    private final ProgramBus bus;
    /** Each 1 for one clock as a unit starts, has read or commits. */
    final List<Bit> traces = new ArrayList<>();

    /** Makes each port to DRAM on the block around the core. */
    private final PassedPorts dramPorts = new PassedPorts();

    private final List<DramClient> dramClients = new ArrayList<>();
    private final List<StorePorts> stores = new ArrayList<>();
    private final List<UnitPorts> unitPorts = new ArrayList<>();
    private final List<List<UInt>> readAddresses = new ArrayList<>();
    private final List<List<Bits>> readData = new ArrayList<>();
    private final List<WritePorts> writes = new ArrayList<>();

    /**
     * @param name name of the Verilog module
     * @param constants the words that are constants in the logic
     */
    public Core(String name, Machine machine, List<Section> constants) {
        this(name, machine, constants, false);
    }

    /** @param bytewise whether the program comes as a {@link LeanPort} gives it, and not in words of 32 bits */
    Core(String name, Machine machine, List<Section> constants, boolean bytewise) {
        super(name);
        this.machine = machine;
        ProgramBus.Shape shape = programShape(machine);
        source = ProgramSource.of(shape, machine, constants);
        run = in("run", bit());
        if (bytewise) {
            wordPort = null;
            loader = null;
            var lean = inst("loader", () -> new LeanLoader(shape));
            bytePort = new BytePort(
                    in("load_set_memory", bit()),
                    in("load_set_address", bit()),
                    in("load_shift", bit()),
                    in("load_write", bit()),
                    in("load_data", bits(8)));
            lean.setMemory.set(bytePort.setMemory);
            lean.setAddress.set(bytePort.setAddress);
            lean.shift.set(bytePort.shift);
            lean.write.set(bytePort.write);
            lean.data.set(bytePort.data);
            bus = lean.bus;
        } else {
            bytePort = null;
            loader = inst("loader", () -> new Loader(shape, loaderDram(machine)));
            wordPort = new WordPort(in("load_start", bit()), in("load_valid", bit()), in("load_data", bits(32)));
            loader.start.set(wordPort.start);
            loader.valid.set(wordPort.valid);
            loader.data.set(wordPort.data);
            bus = loader.bus;
        }

        machine.units().forEach(this::addUnit);
        machine.memories().stream().filter(m -> !machine.inDram(m)).forEach(this::addMemory);
        if (!dramClients.isEmpty()) {
            addDram();
        }
        addEdges();
        for (Unit unit : machine.units()) {
            UnitPorts ports = unitPorts.get(unit.id());
            traces.add(out("trace_start_" + unit.name(), ports.traceStart));
            traces.add(out("trace_read_end_" + unit.name(), ports.traceReadEnd));
            traces.add(out("trace_commit_" + unit.name(), ports.traceCommit));
        }
    }

    /** Where the words of a program come in. */
    record WordPort(Bit start, Bit valid, Bits data) {}

    /** Where a program comes in byte by byte, see {@link LeanLoader}. */
    record BytePort(Bit setMemory, Bit setAddress, Bit shift, Bit write, Bits data) {}

    /** Of a core that is loaded in words. */
    WordPort wordPort() {
        return of(wordPort);
    }

    /** Of a core that is loaded in bytes. */
    BytePort bytePort() {
        return of(bytePort);
    }

    /** A stream of beats between core and host port. */
    record Stream(Bit valid, Bits data, Bit ready) {}

    /** From the host. */
    Stream input() {
        return of(input);
    }

    /** To the host. */
    Stream output() {
        return of(output);
    }

    /** 1 with the last beat of a tensor of a frame. */
    Bit outLast() {
        return of(outLast);
    }

    /** Which output tensor the beat belongs to. */
    UInt outTensor() {
        return of(outTensor);
    }

    private static <T> T of(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("a core has a host-in unit, a host-out unit and one kind of loader");
        }
        return part;
    }

    private void addUnit(Unit unit) {
        String prefix = "millrace_" + unit.name();
        switch (unit) {
            case Unit.HostIn u -> {
                HostInUnit block = inst(u.name(), () -> new HostInUnit(prefix, machine, u, source));
                input = new Stream(
                        in("in_valid", bit()), in("in_data", bits(block.data.width())), out("in_ready", block.ready));
                block.valid.set(input.valid());
                block.data.set(input.data());
                addPorts(block.ports, List.of(), List.of(), block.writes);
            }
            case Unit.HostOut u -> {
                HostOutUnit block = inst(u.name(), () -> new HostOutUnit(prefix, machine, u, source));
                output = new Stream(out("out_valid", block.valid), out("out_data", block.data), in("out_ready", bit()));
                outLast = out("out_last", block.last);
                outTensor = out("out_tensor", block.tensor);
                block.ready.set(output.ready());
                addPorts(block.ports, block.readAddresses, block.readData, null);
            }
            case Unit.Store u -> {
                StoreUnit block = inst(u.name(), () -> new StoreUnit(prefix, machine, u, source));
                stores.add(block.dram);
                dramClients.add(block.dram);
                addPorts(block.ports, block.readAddresses, block.readData, null);
            }
            case Unit.Load u -> {
                LoadUnit block = inst(u.name(), () -> new LoadUnit(prefix, machine, u, source));
                dramClients.add(block.dram);
                addPorts(block.ports, List.of(), List.of(), block.writes);
            }
            case Unit.Matrix u -> {
                MatrixEngine block = inst(u.name(), () -> new MatrixEngine(prefix, machine, u, source));
                if (block.stream != null) {
                    dramClients.add(block.stream);
                }
                addPorts(block.ports, block.readAddresses, block.readData, block.writes);
            }
            case Unit.Vector u -> {
                VectorEngine block = inst(u.name(), () -> new VectorEngine(prefix, machine, u, source));
                addPorts(block.ports, block.readAddresses, block.readData, block.writes);
            }
        }
    }

    private void addPorts(UnitPorts ports, List<UInt> addresses, List<Bits> data, @Nullable WritePorts written) {
        ports.run.set(run);
        bus.drive(ports.program);
        unitPorts.add(ports);
        readAddresses.add(addresses);
        readData.add(data);
        writes.add(written == null ? new WritePorts(List.of(), List.of(), UInt.of(0, 1), Bits.of(0, 1)) : written);
    }

    /** The port to DRAM: an AXI4 master. */
    private void addDram() {
        DramReader reader = inst("dram_reader", () -> new DramReader(machine));
        reader.run.set(run);
        for (int k = 0; k < dramClients.size(); k++) {
            DramClient client = dramClients.get(k);
            reader.requests.get(k).set(client.request());
            reader.bursts.get(k).set(client.burst());
            reader.beats.get(k).set(client.beats());
            client.granted().set(reader.granted.get(k));
            switch (client) {
                case StreamPorts reads -> {
                    reads.arrives().set(reader.arrives.get(k));
                    reads.data().set(reader.data);
                }
                case StorePorts writes -> {
                    var told = reader.writing().stores().get(stores.indexOf(writes));
                    writes.moves().set(told.moves());
                    writes.written().set(told.written());
                    writes.answered().set(told.answered());
                }
            }
        }
        dramOut("dram_arvalid", reader.addressValid);
        dramOut("dram_araddr", reader.address);
        dramOut("dram_arlen", reader.length);
        dramOut("dram_arid", reader.addressId);
        reader.addressReady.set(dramIn("dram_arready", bit()));
        reader.dataValid.set(dramIn("dram_rvalid", bit()));
        reader.dataIn.set(dramIn("dram_rdata", bits(reader.dataIn.width())));
        reader.dataId.set(dramIn("dram_rid", uint(reader.dataId.width())));
        dramOut("dram_rready", Bit.of(true));

        DramWriter writer = inst("dram_writer", () -> new DramWriter(machine));
        writer.start.set(wordPort().start());
        writer.section.set(of(loader).forDram().section());
        writer.sectionBeat.set(of(loader).forDram().firstWord().resize(writer.sectionBeat.width()));
        writer.chunkValid.set(of(loader).forDram().chunk());
        writer.chunkData.set(wordPort().data());
        if (stores.isEmpty()) {
            dramOut("dram_awvalid", writer.addressValid);
            dramOut("dram_awaddr", writer.address);
            dramOut("dram_wvalid", writer.dataValid);
            dramOut("dram_wdata", writer.data);
            dramOut("dram_bready", Bit.of(true));
            writer.addressReady.set(dramIn("dram_awready", bit()));
            writer.dataReady.set(dramIn("dram_wready", bit()));
            writer.answered.set(dramIn("dram_bvalid", bit()));
            loadReady = out("load_ready", writer.ready);
        } else {
            addWrites(reader, writer);
        }
        dramIdle = out("dram_idle", reader.idle.and(writer.idle));
    }

    /** What is written of maps, and of a program while the machine is stopped: never both at once, as neither begins before the other is done. */
    private void addWrites(DramReader port, DramWriter program) {
        var writing = port.writing();
        Bits data = stores.getLast().data();
        for (int k = stores.size() - 2; k >= 0; k--) {
            data = writing.writer().eq(clientOf(k)).mux(stores.get(k).data(), data);
        }
        dramOut("dram_awvalid", writing.addressValid().or(program.addressValid));
        dramOut("dram_awaddr", writing.addressValid().mux(port.address, program.address));
        dramOut("dram_awlen", writing.addressValid().mux(port.length, UInt.of(0, port.length.width())));
        dramOut("dram_wvalid", writing.dataValid().or(program.dataValid));
        dramOut("dram_wdata", writing.dataValid().mux(data, program.data));
        dramOut("dram_wlast", writing.last().or(program.dataValid));
        dramOut("dram_bready", Bit.of(true));
        Bit addressReady = dramIn("dram_awready", bit());
        Bit dataReady = dramIn("dram_wready", bit());
        Bit answer = dramIn("dram_bvalid", bit());
        writing.addressReady().set(addressReady);
        writing.dataReady().set(dataReady);
        writing.answer().set(answer);
        program.addressReady.set(addressReady);
        program.dataReady.set(dataReady);
        // A cycle old, so that the port's count is not in front of the program's: the one is done long before the other
        // begins.
        program.answered.set(answer.and(regNext("maps_written", writing.idle())));
        loadReady = out("load_ready", program.ready.and(writing.idle()));
        for (RowMemory memory : machine.memories()) {
            if (machine.inDram(memory)) {
                int k = machine.stores().indexOf(machine.unit(memory.writer()));
                out("trace_write_" + memory.id(), writing.stores().get(k).moves());
                out("trace_address_" + memory.id(), writing.beat());
                out("trace_count_" + memory.id(), UInt.of(memory.lanes(), indexBits(memory.lanes() + 1)));
                out("trace_data_" + memory.id(), stores.get(k).data());
            }
        }
    }

    /** Number of a store unit among those that use the port to DRAM. */
    private int clientOf(int store) {
        return dramClients.indexOf(stores.get(store));
    }

    /** Carries the ports to DRAM on through the block around the core. */
    PassedPorts passDram(Block outer) {
        return dramPorts.through(outer);
    }

    private <V extends Value<V>> void dramOut(String name, V value) {
        dramPorts.add(name, out(name, value), true);
    }

    private <V extends Value<V>> V dramIn(String name, Type<V> type) {
        V port = in(name, type);
        dramPorts.add(name, port, false);
        return port;
    }

    private static Loader.@Nullable Dram loaderDram(Machine machine) {
        return machine.dramClients().isEmpty()
                ? null
                : new Loader.Dram(
                        ProgramLayout.of(machine).dramMemoryId(),
                        Math.ceilDiv(machine.dram().dataBytes(), 4));
    }

    private void addMemory(RowMemory memory) {
        int elementBits = machine.precision().bits();
        WritePorts write = writes.get(memory.writer());
        int from = machine.memoriesFrom(memory.writer()).indexOf(memory);
        int into = machine.memoriesInto(memory.reader()).indexOf(memory);
        Bits data = readData.get(memory.reader()).get(into);
        int writeElements = write.data().width() / elementBits;
        int readElements = data.width() / elementBits;
        String name = "row_memory" + memory.id();
        LaneMemory rows =
                inst(name, () -> new LaneMemory("millrace_" + name, memory, elementBits, writeElements, readElements));
        rows.writeValid.set(write.valid().get(from));
        rows.writeAddress.set(write.address().get(from).resize(rows.writeAddress.width()));
        rows.writeCount.set(write.count());
        rows.writeData.set(write.data());
        rows.readAddress.set(readAddresses.get(memory.reader()).get(into));
        data.set(rows.readData);
        out("trace_write_" + memory.id(), write.valid().get(from));
        out("trace_address_" + memory.id(), rows.writeAddress);
        out("trace_count_" + memory.id(), write.count());
        out("trace_data_" + memory.id(), write.data());
    }

    private void addEdges() {
        for (RowMemory memory : machine.memories()) {
            UnitPorts writer = unitPorts.get(memory.writer());
            UnitPorts reader = unitPorts.get(memory.reader());
            int from = machine.memoriesFrom(memory.writer()).indexOf(memory);
            int into = machine.memoriesInto(memory.reader()).indexOf(memory);
            inst("edges" + memory.id(), () -> new TokenEdges(machine, memory, writer, reader, run, bus, source))
                    .connect(reader.hasRows.get(into), writer.hasSpace.get(from));
        }
    }

    /** Widths of the program bus that every memory of the machine can be loaded over. */
    static ProgramBus.Shape programShape(Machine machine) {
        var layout = ProgramLayout.of(machine);
        var sizes = new MemorySizes(layout.constantMemories());
        sizes.add(
                layout.edgeMemoryId(), machine.edges().size(), machine.limits().rows());
        for (Unit unit : machine.units()) {
            int actors = unit.capacity().actors();
            var list = layout.list(unit);
            var sequence = layout.sequence(unit);
            sizes.add(
                    ProgramLayout.memoryId(unit, Kind.LIST),
                    unit.capacity().listEntries() + 1,
                    Math.max(list.bits(), layout.listHeader(unit).bits()));
            sizes.add(ProgramLayout.memoryId(unit, Kind.SEQUENCE), actors * sequence.stride(), sequence.wordBits());
            int weightWords = ProgramLayout.weightsOf(unit).words();
            if (weightWords > 0) {
                sizes.add(ProgramLayout.memoryId(unit, Kind.WEIGHTS), weightWords, layout.weightWordBits(unit));
            }
            if (unit instanceof Unit.Matrix m && m.weightTiles() > 0) {
                sizes.add(
                        ProgramLayout.memoryId(unit, Kind.STREAM),
                        m.weightTiles(),
                        layout.tileMap(m).bits());
            }
            if (unit instanceof Unit.Matrix m && m.streamed()) {
                sizes.add(
                        ProgramLayout.memoryId(unit, Kind.STREAM),
                        unit.capacity().listEntries() + 1,
                        Math.max(
                                layout.stream(m).bits(), layout.listHeader(unit).bits()));
            }
            if (unit instanceof Unit.Matrix || unit instanceof Unit.Vector) {
                Unit.Drain drain = ProgramLayout.drainOf(unit);
                var descriptor = layout.drain(unit);
                sizes.add(
                        ProgramLayout.memoryId(unit, Kind.SEGMENTS),
                        unit.capacity().segments(),
                        layout.segment(unit).bits());
                sizes.add(
                        ProgramLayout.memoryId(unit, Kind.DRAIN), actors * descriptor.stride(), descriptor.wordBits());
                if (drain.requantize()) {
                    sizes.add(
                            ProgramLayout.memoryId(unit, Kind.PARAMETERS),
                            drain.parameterWords(),
                            layout.parameters(unit).bits());
                }
                if (drain.table()) {
                    sizes.add(
                            ProgramLayout.memoryId(unit, Kind.TABLES),
                            drain.tables() * layout.tableWords(),
                            layout.table().bits());
                }
            }
        }
        int memories = machine.dramClients().isEmpty() ? layout.edgeMemoryId() + 1 : layout.dramMemoryId() + 1;
        return new ProgramBus.Shape(indexBits(memories), indexBits(sizes.words), sizes.dataBits);
    }

    /** The largest of the memories that are loaded. */
    private static final class MemorySizes {
        private final Set<Integer> constants;
        int words = 1;
        int dataBits = 1;

        MemorySizes(Set<Integer> constants) {
            this.constants = constants;
        }

        void add(int memory, int itsWords, int itsBits) {
            if (!constants.contains(memory)) {
                words = Math.max(words, itsWords);
                dataBits = Math.max(dataBits, itsBits);
            }
        }
    }
}
