package io.millrace.ir.onnx.internal;

import com.google.protobuf.ByteString;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Shape;
import io.millrace.ir.ShapeInference;
import io.millrace.ir.SourceRef;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.Imported;
import io.millrace.ir.onnx.Survey;
import io.millrace.ir.onnx.proto.GraphProto;
import io.millrace.ir.onnx.proto.ModelProto;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.OperatorSetIdProto;
import io.millrace.ir.onnx.proto.TensorProto;
import io.millrace.ir.onnx.proto.TypeProto;
import io.millrace.ir.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Turns a parsed model into a graph, operator by operator, gathering every refusal on the way. */
public final class ModelImporter {
    /** Operator sets understood, both ends included. */
    public static final int MIN_OPSET = 6;

    public static final int MAX_OPSET = 26;
    private static final int MIN_IR = 3;
    private static final int MAX_IR = 13;

    private final String file;
    private final ImportOptions options;
    private final GraphBuilder builder = new GraphBuilder();
    private final Map<String, Value> values = new HashMap<>();
    private final List<Diagnostic> problems = new ArrayList<>();
    private final Set<String> notes = new LinkedHashSet<>();
    private final Tensors tensors;
    private final ConstantFolding folding;
    private final Map<String, TensorProto> stored = new LinkedHashMap<>();
    private final Set<String> nodeNames = new HashSet<>();
    private final List<Survey.Operator> operators = new ArrayList<>();
    private int opset;

    private ModelImporter(String file, ImportOptions options, ExternalData external) {
        this.file = file;
        this.options = options;
        this.tensors = new Tensors(external);
        this.folding = new ConstantFolding(options.maxFoldedElements());
    }

    /**
     * Every operator of a model, and its graph as far as it can be read.
     *
     * @throws CompileException IMP-0801 if the options name an output that the model doesn't have
     */
    public static Survey survey(ModelProto model, String file, ImportOptions options, ExternalData external) {
        var importer = new ModelImporter(file, options, external);
        importer.header(model);
        if (!importer.problems.isEmpty()) {
            return new Survey(List.of(), Optional.empty(), importer.problems);
        }
        GraphProto graph = Wanted.part(model.getGraph(), options.outputs(), file);
        importer.constants(graph);
        importer.inputs(graph);
        graph.getNodeList().forEach(importer::node);
        return importer.finish(graph);
    }

    private Survey finish(GraphProto graph) {
        List<Integer> outputs = outputs(graph);
        var names = graph.getOutputList().stream().map(ValueInfoProto::getName).toList();
        if (!problems.isEmpty()) {
            outputs = unread();
            names = outputs.stream().map(id -> builder.node(id).name()).toList();
        }
        String name = graph.getName().isEmpty() ? file : graph.getName();
        Optional<Imported> read = outputs.isEmpty()
                ? Optional.empty()
                : Optional.of(new Imported(builder.build(name, outputs, names), List.copyOf(notes), results(graph)));
        return new Survey(operators, read, problems);
    }

    private List<Integer> unread() {
        var ids = new TreeSet<Integer>();
        for (int id = 0; id < builder.size(); id++) {
            ids.add(id);
            ids.removeAll(builder.node(id).inputs());
        }
        return List.copyOf(ids);
    }

    private Map<String, Integer> results(GraphProto graph) {
        var ids = new HashMap<String, Integer>();
        values.forEach((name, value) -> {
            if (value instanceof Value.Computed(int node)) {
                ids.put(name, node);
            }
        });
        for (NodeProto node : graph.getNodeList()) {
            Integer made = node.getOutputCount() == 0 ? null : ids.get(node.getOutput(0));
            if (made != null && !node.getName().isEmpty()) {
                ids.putIfAbsent(node.getName(), made);
            }
        }
        return ids;
    }

    private void header(ModelProto model) {
        SourceRef where = SourceRef.file(file);
        if (!model.hasIrVersion() || !model.hasGraph()) {
            refuse(where, ImportCode.MODEL_HEADER, "the model has no " + (model.hasGraph() ? "IR version" : "graph"));
            return;
        }
        if (model.getIrVersion() < MIN_IR || model.getIrVersion() > MAX_IR) {
            refuse(
                    where,
                    ImportCode.OPSET,
                    "IR version " + model.getIrVersion() + " is outside " + MIN_IR + " to " + MAX_IR,
                    "export the model with opset 13");
        }
        var versions = model.getOpsetImportList().stream()
                .filter(o -> o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx"))
                .map(OperatorSetIdProto::getVersion)
                .distinct()
                .toList();
        if (versions.isEmpty() && model.getOpsetImportCount() > 0) {
            refuse(
                    where,
                    ImportCode.OPERATOR,
                    "all operators belong to the domain '"
                            + shown(model.getOpsetImport(0).getDomain()) + "'",
                    "export the model with standard ONNX operators");
        } else if (versions.size() != 1) {
            refuse(
                    where,
                    ImportCode.MODEL_HEADER,
                    "the model states " + (versions.isEmpty() ? "no ONNX operator set" : "operator sets " + versions));
        } else if (versions.getFirst() < MIN_OPSET || versions.getFirst() > MAX_OPSET) {
            refuse(
                    where,
                    ImportCode.OPSET,
                    "opset " + versions.getFirst() + " is outside " + MIN_OPSET + " to " + MAX_OPSET,
                    "export the model with opset 13");
        } else {
            opset = Math.toIntExact(versions.getFirst());
        }
        if (model.getGraph().getSparseInitializerCount() > 0) {
            refuse(
                    where,
                    ImportCode.ELEMENT_TYPE,
                    "the model stores " + model.getGraph().getSparseInitializerCount() + " sparse tensors",
                    "export the weights as dense tensors");
        }
    }

    private void constants(GraphProto graph) {
        for (TensorProto t : graph.getInitializerList()) {
            SourceRef where = SourceRef.file(file);
            if (!isName(t.getNameBytes()) || stored.put(t.getName(), t) != null) {
                refuse(
                        where,
                        ImportCode.NAME,
                        "two stored tensors are named '" + shown(t.getName()) + "', or it is no name");
            } else {
                define(
                        t.getName(),
                        attempt(
                                where,
                                "",
                                () -> new Value.Constant(
                                        tensors.read(t, "stored tensor '" + shown(t.getName()) + "'"))));
            }
        }
    }

    private void inputs(GraphProto graph) {
        var seen = new HashSet<String>();
        int before = problems.size();
        for (ValueInfoProto input : graph.getInputList()) {
            SourceRef where = SourceRef.file(file);
            String name = input.getName();
            if (!isName(input.getNameBytes()) || name.isEmpty() || !seen.add(name)) {
                refuse(where, ImportCode.NAME, "two inputs are named '" + shown(name) + "', or it is no name");
            } else if (stored.containsKey(name)) {
                checkDefault(input, stored.get(name));
            } else {
                define(name, attempt(where, "", () -> input(input)));
            }
        }
        if (builder.size() == 0 && problems.size() == before) {
            refuse(SourceRef.file(file), ImportCode.GRAPH_INTERFACE, "the model has no input");
        }
    }

    private Value input(ValueInfoProto input) {
        int type = input.getType().getTensorType().getElemType();
        boolean integers = type == TensorProto.DataType.INT64_VALUE || type == TensorProto.DataType.INT32_VALUE;
        int node = builder.input(input.getName(), inputShape(input), SourceRef.layer(file, input.getName()));
        return integers ? new Value.Indices(node) : new Value.Computed(node);
    }

    /** A stored tensor that is also listed as an input is a constant; it must be what the list says. */
    private void checkDefault(ValueInfoProto input, TensorProto tensor) {
        TypeProto.Tensor type = input.getType().getTensorType();
        boolean fits = type.getElemType() == tensor.getDataType();
        if (type.hasShape() && fits) {
            fits = type.getShape().getDimCount() == tensor.getDimsCount();
            for (int a = 0; fits && a < tensor.getDimsCount(); a++) {
                var dim = type.getShape().getDim(a);
                fits = !dim.hasDimValue() || dim.getDimValue() == tensor.getDims(a);
            }
        }
        if (!fits) {
            refuse(
                    SourceRef.file(file),
                    ImportCode.TENSOR_DATA,
                    "stored tensor '" + shown(input.getName())
                            + "' differs from the input of that name in type or shape");
        }
    }

    private Shape inputShape(ValueInfoProto input) {
        String what = "input '" + shown(input.getName()) + "'";
        TypeProto.Tensor type = input.getType().getTensorType();
        if (!input.getType().hasTensorType()) {
            throw new Rejection(
                    ImportCode.GRAPH_INTERFACE, what + " is not a tensor", "export the model with a tensor input");
        }
        DataType elementType = DataType.of(type.getElemType(), what);
        if (elementType != DataType.FLOAT && !ConstantFolding.isWide(elementType)) {
            throw new Rejection(
                    ImportCode.ELEMENT_TYPE,
                    what + " has element type " + elementType + ", must be FLOAT",
                    "export the model with a float32 input; the host converts pixels");
        }
        Shape given = options.inputShapes().get(input.getName());
        if (!type.hasShape() && given == null) {
            throw new Rejection(
                    ImportCode.GRAPH_INTERFACE,
                    what + " states no shape",
                    "give it with --input-shape " + input.getName() + "=1xCxHxW");
        }
        var dims = type.getShape().getDimList();
        if (type.hasShape() && given != null && given.rank() != dims.size()) {
            throw new Rejection(
                    ImportCode.GRAPH_INTERFACE,
                    what + " has rank " + dims.size() + ", the shape given is " + given,
                    "give a shape of the same rank");
        }
        var sizes = new ArrayList<Long>();
        for (int a = 0; a < (type.hasShape() ? dims.size() : given == null ? 0 : given.rank()); a++) {
            sizes.add(dimension(what, a, type.hasShape() ? Optional.of(dims.get(a)) : Optional.empty(), given));
        }
        Shape shape = Tensors.shape(sizes, what);
        boolean oneFrame = shape.rank() >= 2 && shape.dim(0) == 1;
        if (shape.volume() == 0 || !oneFrame && !options.anyBatch()) {
            throw new Rejection(
                    ImportCode.DYNAMIC_SHAPE,
                    what + " has shape " + shape + "; a frame is [1, C, ...] with batch 1",
                    "export the model with batch size 1");
        }
        return shape;
    }

    private long dimension(
            String what,
            int axis,
            Optional<io.millrace.ir.onnx.proto.TensorShapeProto.Dimension> dim,
            @org.jspecify.annotations.Nullable Shape given) {
        if (dim.isPresent() && dim.get().hasDimValue()) {
            long size = dim.get().getDimValue();
            if (given != null && given.dim(axis) != size) {
                throw new Rejection(
                        ImportCode.GRAPH_INTERFACE,
                        what + " has " + size + " on axis " + axis + ", the shape given is " + given,
                        "give a shape that agrees with the model");
            }
            if (size < 1) {
                throw new Rejection(
                        ImportCode.GRAPH_INTERFACE,
                        what + " has " + size + " on axis " + axis,
                        "export the model again with fixed sizes");
            }
            return size;
        }
        if (given != null) {
            return given.dim(axis);
        }
        if (axis == 0) {
            notes.add(what + ": free batch dimension fixed to 1");
            return 1;
        }
        throw new Rejection(
                ImportCode.DYNAMIC_SHAPE,
                what + " leaves axis " + axis + " free",
                "give the size with --input-shape, or export the model with fixed sizes");
    }

    private void node(NodeProto proto) {
        String name = proto.getName().isEmpty() && proto.getOutputCount() > 0 ? proto.getOutput(0) : proto.getName();
        SourceRef where = SourceRef.layer(file, shown(name));
        String type = shown(proto.getOpType());
        var results = new ArrayList<Value>();
        int before = problems.size();
        int size = builder.size();
        Value first = attempt(where, "operator " + type + " (opset " + opset + "): ", () -> {
            results.addAll(importNode(proto, name, where));
            return results.getFirst();
        });
        operators.add(new Survey.Operator(shown(name), type, fate(first, problems.size() > before, size)));
        for (int i = 0; i < proto.getOutputCount(); i++) {
            if (!proto.getOutput(i).isEmpty() || i == 0 && proto.getOutputCount() == 1) {
                Value other = i < results.size()
                        ? results.get(i)
                        : new Value.Unavailable("result " + (i + 1) + " of " + type);
                defineResult(proto, i, where, first instanceof Value.Refused ? first : other);
            }
        }
    }

    private Survey.Fate fate(Value result, boolean refused, int sizeBefore) {
        if (result instanceof Value.Refused) {
            return refused ? Survey.Fate.REFUSED : Survey.Fate.UNKNOWN;
        }
        if (result instanceof Value.Constant) {
            return Survey.Fate.CONSTANT;
        }
        return builder.size() > sizeBefore ? Survey.Fate.COMPUTED : Survey.Fate.PASSED_ON;
    }

    private void defineResult(NodeProto proto, int index, SourceRef where, Value value) {
        String name = proto.getOutput(index);
        if (!isName(proto.getOutputBytes(index)) || name.isEmpty() || values.containsKey(name)) {
            refuse(where, ImportCode.NAME, "its result '" + shown(name) + "' exists already, or that is no name");
        } else {
            define(name, value);
        }
    }

    private List<Value> importNode(NodeProto proto, String name, SourceRef where) {
        boolean quantized = proto.getDomain().equals("com.microsoft") && Operators.isQuantized(proto.getOpType());
        if (!proto.getDomain().isEmpty() && !proto.getDomain().equals("ai.onnx") && !quantized) {
            throw Rejection.unsupported(
                    "it belongs to the domain '" + shown(proto.getDomain()) + "'",
                    "export the model with standard ONNX operators");
        }
        if (proto.getOutputCount() < 1
                || proto.getOutputCount() > Operators.maxOutputs(proto.getOpType(), opset)
                || !isName(proto.getNameBytes())
                || !proto.getOpTypeBytes().isValidUtf8()) {
            throw Rejection.operands("has " + proto.getOutputCount() + " results, or a name that is not UTF-8");
        }
        if (!proto.getName().isEmpty() && !nodeNames.add(proto.getName())) {
            throw new Rejection(
                    ImportCode.NAME, "an earlier operator has the same name", "give every operator a name of its own");
        }
        var inputs = new ArrayList<Optional<Value>>();
        boolean refused = false;
        for (int i = 0; i < proto.getInputCount(); i++) {
            String input = proto.getInput(i);
            Value v = values.get(input);
            if (!isName(proto.getInputBytes(i)) || v == null && !input.isEmpty()) {
                throw new Rejection(
                        ImportCode.NAME,
                        "reads '" + shown(input) + "', which no input, stored tensor or earlier operator makes",
                        "correct the model; its operators must be in the order of execution");
            }
            refused |= v instanceof Value.Refused;
            inputs.add(input.isEmpty() ? Optional.empty() : Optional.ofNullable(v));
        }
        if (refused && !quantized && !Operators.isSupported(proto.getOpType())) {
            throw Rejection.unsupported("it is not among the supported operators", Operators.remedy(proto.getOpType()));
        }
        if (refused) {
            return List.of(new Value.Refused());
        }
        var attributes = new Attributes(proto);
        var node = new NodeContext(
                proto.getOpType(),
                opset,
                attributes,
                name,
                inputs,
                builder,
                where,
                tensors,
                folding,
                options.anyBatch(),
                proto.getOutputCount());
        List<Value> results = Operators.importNode(node);
        attributes.requireAllKnown();
        return results;
    }

    private List<Integer> outputs(GraphProto graph) {
        var ids = new ArrayList<Integer>();
        var seen = new HashSet<String>();
        for (ValueInfoProto output : graph.getOutputList()) {
            Value v = values.get(output.getName());
            String what = "output '" + shown(output.getName()) + "'";
            SourceRef where = SourceRef.file(file);
            if (!isName(output.getNameBytes()) || !seen.add(output.getName()) || v == null) {
                refuse(where, ImportCode.GRAPH_INTERFACE, what + " is made by no operator, or named twice");
            } else if (v instanceof Value.Computed(int node)) {
                ids.add(node);
                checkDeclared(output, TensorProto.DataType.FLOAT_VALUE, builder.shape(node), what);
            } else if (v instanceof Value.Indices(int node)) {
                ids.add(node);
                int declared = output.getType().getTensorType().getElemType();
                int int32 = TensorProto.DataType.INT32_VALUE;
                int type = declared == int32 ? int32 : TensorProto.DataType.INT64_VALUE;
                checkDeclared(output, type, builder.shape(node), what);
            } else if (v instanceof Value.Padded padded) {
                int node = NodeContext.padded(builder, padded);
                ids.add(node);
                checkDeclared(output, TensorProto.DataType.FLOAT_VALUE, builder.shape(node), what);
            } else if (!(v instanceof Value.Refused)) {
                refuse(
                        where,
                        ImportCode.OPERATOR,
                        what + " is not a feature map of floats",
                        "let the model end in a float tensor that depends on its input");
            }
        }
        if (graph.getOutputCount() == 0) {
            refuse(SourceRef.file(file), ImportCode.GRAPH_INTERFACE, "the model has no output");
        }
        return ids;
    }

    private void checkDeclared(ValueInfoProto output, int elementType, Shape shape, String what) {
        TypeProto.Tensor type = output.getType().getTensorType();
        if (output.getType().hasTensorType() && type.getElemType() != elementType) {
            refuse(
                    SourceRef.file(file),
                    ImportCode.GRAPH_INTERFACE,
                    what + " is declared with element type " + type.getElemType() + ", but is "
                            + TensorProto.DataType.forNumber(elementType));
        }
        if (type.hasShape()) {
            var dims = type.getShape().getDimList();
            boolean same = dims.size() == shape.rank();
            for (int a = 0; same && a < dims.size(); a++) {
                same = !dims.get(a).hasDimValue() || dims.get(a).getDimValue() == shape.dim(a);
            }
            if (!same) {
                refuse(
                        SourceRef.file(file),
                        ImportCode.GRAPH_INTERFACE,
                        what + " is declared with another shape than the " + shape + " that the model computes");
            }
        }
    }

    private void define(String name, Value value) {
        values.put(name, value);
    }

    private interface Attempt {
        Value run();
    }

    private Value attempt(SourceRef where, String prefix, Attempt attempt) {
        try {
            return attempt.run();
        } catch (Rejection r) {
            problems.add(r.code().at(where, prefix + clean(r.problem()), clean(r.remedy())));
        } catch (ShapeInference.Mismatch m) {
            problems.add(ImportCode.OPERANDS.at(
                    where, prefix + m.getMessage(), "correct the model; its layers do not fit together"));
        }
        return new Value.Refused();
    }

    private void refuse(SourceRef where, ImportCode code, String problem) {
        refuse(where, code, problem, "export the model again; the file is damaged");
    }

    private void refuse(SourceRef where, ImportCode code, String problem, String remedy) {
        problems.add(code.at(where, problem, remedy));
    }

    /** Runtimes pass names as C strings, which end at a zero byte. */
    private static boolean isName(ByteString name) {
        return name.isValidUtf8() && !name.toStringUtf8().contains("\0");
    }

    /** A name cut and cleaned for showing: names come from files that anyone may have written. */
    static String shown(String name) {
        String cut = name.codePoints().limit(200).mapToObj(Character::toString).collect(Collectors.joining());
        return clean(cut) + (cut.length() < name.length() ? "..." : "");
    }

    private static String clean(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) || !Character.isDefined(c) ? "?" : Character.toString(c))
                .collect(Collectors.joining());
    }
}
