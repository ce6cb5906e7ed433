package io.millrace.boards.synthesis;

/**
 * A design placed and routed on an iCE40 UP5K.
 *
 * @param logicCells cells of one LUT, one carry and one flip-flop
 * @param ebr 4-kbit block RAMs; {@code spram} 256-kbit RAMs; {@code dsp} multipliers
 * @param fmaxMhz highest clock by nextpnr's timing analysis
 */
public record PlacementReport(int logicCells, int ebr, int spram, int dsp, double fmaxMhz) {}
