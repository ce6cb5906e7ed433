package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.onnx.proto.ValueInfoProto;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The part of a model that some of its tensors need. */
final class Wanted {
    private Wanted() {}

    /**
     * The graph with these tensors as its outputs and without what none of them needs; the graph itself if none is named.
     *
     * @param names of tensors, or of operators in place of their first results
     * @throws io.millrace.ir.CompileException IMP-0801 for a name that is neither
     */
    static GraphProto part(GraphProto graph, List<String> names, String file) {
        if (names.isEmpty()) {
            return graph;
        }
        var outputs =
                names.stream().map(name -> tensor(graph, name, file)).distinct().toList();
        Set<String> needed = new HashSet<>(outputs);
        var part = graph.toBuilder().clearNode().clearOutput().clearInput().clearInitializer();
        Set<NodeProto> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        for (NodeProto node : graph.getNodeList().reversed()) {
            if (node.getOutputList().stream().anyMatch(needed::contains)) {
                kept.add(node);
                needed.addAll(node.getInputList());
            }
        }
        graph.getNodeList().stream().filter(kept::contains).forEach(part::addNode);
        outputs.forEach(name -> part.addOutput(ValueInfoProto.newBuilder().setName(name)));
        graph.getInputList().stream().filter(i -> needed.contains(i.getName())).forEach(part::addInput);
        for (TensorProto stored : graph.getInitializerList()) {
            if (needed.contains(stored.getName())) {
                part.addInitializer(stored);
            }
        }
        return part.build();
    }

    private static String tensor(GraphProto graph, String name, String file) {
        var known = new TreeSet<String>();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOutputList().contains(name)) {
                return name;
            }
            known.addAll(node.getOutputList());
        }
        for (NodeProto node : graph.getNodeList()) {
            if (node.getName().equals(name) && node.getOutputCount() > 0) {
                return node.getOutput(0);
            }
            known.add(node.getName());
        }
        throw ImportCode.NO_SUCH_VALUE.exception(
                SourceRef.file(file),
                "has no operator or tensor '" + name + "'",
                Suggestion.didYouMean(name, known) + "`millrace check` lists the operators");
    }
}
