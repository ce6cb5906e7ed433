package io.millrace.simulator;

/**
 * One firing as it happened.
 *
 * @param frame frame of the actor the firing belongs to
 * @param firing number of the firing within its frame
 * @param start first read step (host-in: first cycle in which it is ready)
 * @param readEnd last read step (host-in: last beat)
 * @param end commit cycle: its rows are visible from here; host-out: the last read step
 */
public record FiringRecord(int unit, int actor, int frame, int firing, long start, long readEnd, long end) {}
