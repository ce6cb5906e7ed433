package io.millrace.quantizer;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.Node;
import io.millrace.ir.SourceRef;
import java.util.Optional;

/**
 * Float nodes that become one integer node.
 *
 * @param head the operation; what follows it, such as its activation, is computed with it
 * @param source all layers of the model that it stands for
 * @param refusal why it has no integer form
 */
public record IntegerForm(Node head, SourceRef source, Optional<Diagnostic> refusal) {}
