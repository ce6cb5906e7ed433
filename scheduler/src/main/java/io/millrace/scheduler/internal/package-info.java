/** Mapping, order and placement behind {@code Scheduler}. */
@NullMarked
package io.millrace.scheduler.internal;

import org.jspecify.annotations.NullMarked;
