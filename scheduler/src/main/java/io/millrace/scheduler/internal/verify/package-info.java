/** The parts of {@code ScheduleVerifier}; none of them knows how a schedule was made. */
@NullMarked
package io.millrace.scheduler.internal.verify;

import org.jspecify.annotations.NullMarked;
