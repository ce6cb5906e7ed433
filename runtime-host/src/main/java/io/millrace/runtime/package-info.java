/**
 * The host side: links, the packet protocol of {@code docs/protocol.md}, streaming of frames, and what turns pixels into
 * codes and codes into answers.
 */
@NullMarked
package io.millrace.runtime;

import org.jspecify.annotations.NullMarked;
