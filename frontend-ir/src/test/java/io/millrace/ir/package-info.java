@NullMarked
package io.millrace.ir;

import org.jspecify.annotations.NullMarked;
