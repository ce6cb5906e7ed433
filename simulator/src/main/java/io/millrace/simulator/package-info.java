/**
 * Event-driven, cycle-exact run of a schedule.
 */
@NullMarked
package io.millrace.simulator;

import org.jspecify.annotations.NullMarked;
