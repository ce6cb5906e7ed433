package io.millrace.quantizer.internal;

import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.SourceRef;
import java.util.List;
import java.util.Optional;

/**
 * Float nodes that become one integer node.
 *
 * @param head the operation
 * @param affine the per-channel gain and bias after a pool
 * @param functions pointwise functions at the end, first one first
 * @param argument the node whose value the functions take
 * @param ranged the node whose distribution gives the result its range
 * @param later functions that a max pool behind applies as its table, and that the range has to serve
 * @param rounding the scale and zero point that the model itself gives the result
 * @param last the node whose value the result is; empty where the order of operations was changed
 * @param held every node whose readers read the result, one or more
 */
record Group(
        Node head,
        Optional<Op.ChannelAffine> affine,
        List<Pointwise> functions,
        Node argument,
        Node ranged,
        List<Pointwise> later,
        Optional<Op.FakeQuantize> rounding,
        Optional<Node> last,
        List<Node> held,
        SourceRef source) {}
