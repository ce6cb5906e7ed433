/** How board files, image files and packed resources are read; how external tools are run and their results kept. */
@NullMarked
package io.millrace.boards.internal;

import org.jspecify.annotations.NullMarked;
