package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import java.util.ArrayList;
import java.util.List;

/** Where the running firing of an engine reads: in each input the address of the window's top row and the position of its left column. */
final class InputWalk {
    final List<UInt> rowPlaces = new ArrayList<>();
    final List<UInt> positions = new ArrayList<>();
    /** Index of the window's top row in the frame. */
    final UInt rowIndex;

    /** By input, where logic is not what lacks, the step to the next row less the size of the buffer. */
    private final List<UInt> arounds = new ArrayList<>();

    private final Engine engine;
    private final int inputs;

    InputWalk(Engine engine) {
        this.engine = engine;
        inputs = engine.inputs;
        int positionBits = engine.machine.limits().positions();
        for (int k = 0; k < inputs; k++) {
            rowPlaces.add(engine.register(ProgramLayout.ofInput("row_place", k), engine.placeBits));
        }
        for (int k = 0; k < inputs && !engine.source.fixed(); k++) {
            arounds.add(engine.around(
                    ProgramLayout.ofInput("inRowStep", k), ProgramLayout.ofInput("inSize", k), engine.placeBits));
        }
        rowIndex = engine.register("row_index", engine.machine.limits().rows());
        for (int k = 0; k < inputs; k++) {
            positions.add(engine.register(ProgramLayout.ofInput("position", k), positionBits));
        }
    }

    /** To the first row and column of the head's firing. */
    void begin() {
        for (int k = 0; k < inputs; k++) {
            rowPlaces.get(k).set(engine.place.headPlaces.get(k));
            positions.get(k).set(engine.next(ProgramLayout.ofInput("positionStart", k)));
        }
        rowIndex.set(engine.place.headTop);
    }

    /** To the first row of the running firing. */
    void firstRow() {
        for (int k = 0; k < inputs; k++) {
            rowPlaces.get(k).set(engine.place.places.get(k));
        }
        rowIndex.set(engine.place.top);
    }

    void nextRow() {
        for (int k = 0; k < inputs; k++) {
            UInt step = engine.now(ProgramLayout.ofInput("inRowStep", k)).resize(engine.placeBits);
            UInt size = engine.now(ProgramLayout.ofInput("inSize", k));
            UInt at = rowPlaces.get(k);
            at.set(arounds.isEmpty() ? engine.wrapAdd(at, step, size) : Block.wrapAround(at, step, arounds.get(k)));
        }
        rowIndex.set(rowIndex.plus(engine.now("rowStride")));
    }

    void firstColumn() {
        for (int k = 0; k < inputs; k++) {
            positions.get(k).set(engine.now(ProgramLayout.ofInput("positionStart", k)));
        }
    }

    /** @param element first channel that is read */
    void firstColumn(UInt element) {
        for (int k = 0; k < inputs; k++) {
            UInt start = engine.now(ProgramLayout.ofInput("positionStart", k));
            positions.get(k).set(start.plus(element));
        }
    }

    void nextColumn() {
        for (int k = 0; k < inputs; k++) {
            UInt at = positions.get(k);
            at.set(at.plus(engine.now(ProgramLayout.ofInput("clockStep", k))));
        }
    }
}
