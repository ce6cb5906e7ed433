/**
 * The packets of {@code docs/protocol.md}, byte for byte. Knows neither links nor time.
 */
@NullMarked
package io.millrace.runtime.protocol;

import org.jspecify.annotations.NullMarked;
