@NullMarked
package io.millrace.ir.data;

import org.jspecify.annotations.NullMarked;
