/**
 * The host side: links, packets, streaming of frames.
 */
@NullMarked
package io.millrace.runtime;

import org.jspecify.annotations.NullMarked;
