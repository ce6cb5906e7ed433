/** How board files, image files and packed resources are read. */
@NullMarked
package io.millrace.boards.internal;

import org.jspecify.annotations.NullMarked;
