/** How the command line reads its texts, looks for tools and reports failures. */
@NullMarked
package io.millrace.cli.internal;

import org.jspecify.annotations.NullMarked;
