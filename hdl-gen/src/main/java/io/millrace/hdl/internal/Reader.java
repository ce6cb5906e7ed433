package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * From a read step to its elements: adds the segment, addresses the row memory, and replaces what lies outside the map by
 * the pad value.
 *
 * <p>Inputs are those of a step in the cycle after it (s + 1), or so many cycles after it as their name says; {@link #elements} is combinational
 * in s + 5, for the register that follows it.
 */
final class Reader extends Block {
    /** The buffer's size; where it is not small, the address of the window's top row less that size, two's complement. */
    final UInt around1;
    /** Address of the window's top row in the buffer. */
    final UInt row;
    /** Position of lane 0's element in the row, without the segment; two's complement. */
    final UInt position;
    /** Index of the window's top row in the frame; two's complement. */
    final UInt rowIndex;

    final UInt segmentRow;
    final UInt segmentRowAddress;
    final UInt segmentPosition;
    final UInt base2;
    final UInt inputRows2;
    final UInt rowElements2;
    final UInt memory5;
    final Bits padValue5;

    final List<UInt> addresses = new ArrayList<>();
    final List<Bits> data = new ArrayList<>();
    final Bits elements;
    private final boolean small;

    /**
     * @param placeBits bits of an address in a buffer
     * @param small whether what is looked up of a segment is added and wrapped in one cycle, which takes less logic and more time
     */
    Reader(String name, Machine machine, List<RowMemory> memories, int readElements, int placeBits, boolean small) {
        super(name);
        this.small = small;
        int a = machine.addressBits();
        var limits = machine.limits();
        int elementBits = machine.precision().bits();
        around1 = in("around_1", uint(Math.max(a + 1, placeBits + 2)));
        row = in("row", uint(placeBits));
        position = in("position", uint(limits.positions()));
        rowIndex = in("row_index", uint(limits.rows()));
        segmentRow = in("segment_row", uint(limits.rows()));
        segmentRowAddress = in("segment_row_address", uint(placeBits));
        segmentPosition = in("segment_position", uint(limits.positions()));
        base2 = in("base_2", uint(a));
        inputRows2 = in("input_rows_2", uint(limits.rows()));
        rowElements2 = in("row_elements_2", uint(limits.positions()));
        memory5 = in("memory_5", uint(indexBits(memories.size())));
        padValue5 = in("pad_value_5", bits(elementBits));

        // s + 1 -> s + 2
        UInt slot2 = slot2();
        UInt position2 = regNext("position_2", position.plus(segmentPosition));
        UInt rowIndex2 = regNext("row_index_2", rowIndex.plus(segmentRow));

        // s + 2 -> s + 3: the address; how many low lanes lie left of the row, and how many lanes end inside it
        int extended = Math.max(a, limits.positions());
        UInt offset = position2.asSInt().resize(extended).asUInt();
        UInt address3 = regNext(
                "address_3",
                base2.resize(extended).plus(slot2.resize(extended)).plus(offset).resize(a));
        int laneBits = indexBits(readElements + 1);
        UInt left = position2
                .slice(0, Math.min(laneBits, position2.width()))
                .asSInt()
                .negate()
                .asUInt();
        // All elements lie left of the row: compared beside the negation, not after it.
        SInt least = SInt.of(1 - readElements, Math.max(position2.width(), laneBits + 1));
        Bit farLeft = position2.asSInt().resize(least.width()).lt(least);
        UInt right = rowElements2.minus(position2);
        Bit outsideLeft = position2.asSInt().sign();
        Bit outsideRight = right.asSInt().sign();
        UInt most = UInt.of(readElements, laneBits);
        UInt low3 = regNext("low_3", outsideLeft.mux(farLeft.mux(most, left.resize(laneBits)), UInt.of(0, laneBits)));
        UInt high3 = regNext(
                "high_3",
                outsideRight.mux(UInt.of(0, laneBits), right.ge(readElements).mux(most, right.resize(laneBits))));
        Bit rowOutside3 = regNext("row_outside_3", rowIndex2.asSInt().sign().or(rowIndex2.ge(inputRows2)));

        for (int k = 0; k < memories.size(); k++) {
            int bitsOfMemory = indexBits(memories.get(k).elements());
            addresses.add(out("address" + k, address3.resize(bitsOfMemory)));
            data.add(in("data" + k, bits(readElements * elementBits)));
        }

        // s + 3 -> s + 5: lanes to be replaced
        var outside = new ArrayList<Bit>();
        for (int i = 0; i < readElements; i++) {
            outside.add(low3.gt(UInt.of(i, laneBits))
                    .or(high3.le(UInt.of(i, laneBits)))
                    .or(rowOutside3));
        }
        Bits outside5 = delay("outside", joinBits(outside), 2);
        Bits read = Value.pick(memory5, data);
        var lanes = split(read, readElements);
        var masked = new ArrayList<Bits>();
        for (int i = 0; i < readElements; i++) {
            masked.add(outside5.bit(i).mux(padValue5, lanes.get(i)));
        }
        elements = out("elements", join(masked));
    }

    /** The row's address in its buffer: the window's top row and the segment's row, once around. */
    private UInt slot2() {
        if (small) {
            return regNext("slot_2", wrapAdd(row, segmentRowAddress, around1.resize(row.width() + 1)));
        }
        // As wrapAround does, with the choice in the next cycle.
        UInt sum2 = regNext("sum_2", row.plus(segmentRowAddress));
        int bits = row.width() + 2;
        UInt around2 = regNext("around_2", around1.resize(bits).plus(segmentRowAddress.resize(bits)));
        return around2.asSInt().sign().mux(sum2, around2.resize(sum2.width()));
    }
}
