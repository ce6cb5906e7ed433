@org.jspecify.annotations.NullMarked
package io.millrace.ir.nets;
