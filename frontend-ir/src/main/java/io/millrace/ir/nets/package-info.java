/** Standard ConvNets with seeded weights: their layers, shapes and figures are real, their weights are not trained. */
@NullMarked
package io.millrace.ir.nets;

import org.jspecify.annotations.NullMarked;
