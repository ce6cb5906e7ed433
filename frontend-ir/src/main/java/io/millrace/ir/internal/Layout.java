package io.millrace.ir.internal;

import io.millrace.ir.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How the axes of a tensor lie in a map that holds its elements: each is a list of factors, outermost first, whose sizes multiply to its
 * own; an axis of one element has none. Every factor of every axis of the map that has more than one element comes up once.
 */
record Layout(List<List<Factor>> axes) {
    /** Along one axis of the map: its element {@code i} lies {@code i * step} elements further there. */
    record Factor(int axis, int size, int step) {
        private int end() {
            return step * size;
        }
    }

    Layout {
        axes = axes.stream().map(Layout::joined).toList();
    }

    /** Of a map as it is. */
    static Layout of(Shape map) {
        var axes = new ArrayList<List<Factor>>();
        for (int a = 0; a < map.rank(); a++) {
            axes.add(whole(a, map.dim(a)));
        }
        return new Layout(axes);
    }

    /** All of an axis of so many elements. */
    static List<Factor> whole(int axis, int size) {
        return size == 1 ? List.of() : List.of(new Factor(axis, size, 1));
    }

    /** Neighbours that are one walk along an axis as one. */
    private static List<Factor> joined(List<Factor> factors) {
        var all = new ArrayList<Factor>();
        for (Factor f : factors) {
            Factor last = all.isEmpty() ? new Factor(-1, 1, 1) : all.getLast();
            if (last.axis == f.axis && last.step == f.end()) {
                all.set(all.size() - 1, new Factor(f.axis, last.size * f.size, f.step));
            } else {
                all.add(f);
            }
        }
        return List.copyOf(all);
    }

    /** The factors of all axes, in the order of the tensor's elements. */
    List<Factor> factors() {
        return axes.stream().flatMap(List::stream).toList();
    }

    Shape shape() {
        return new Shape(axes.stream().map(Layout::size).toList());
    }

    static int size(List<Factor> factors) {
        return factors.stream().mapToInt(Factor::size).reduce(1, (a, b) -> a * b);
    }

    /** The same elements in the same order under another shape; empty if an axis would be cut elsewhere than between factors. */
    Optional<Layout> reshaped(Shape to) {
        var rest = new ArrayList<>(joined(factors()));
        var cut = new ArrayList<List<Factor>>();
        for (int size : to.dims()) {
            var axis = new ArrayList<Factor>();
            int missing = size;
            while (missing > 1) {
                if (rest.isEmpty()) {
                    return Optional.empty();
                }
                Factor f = rest.removeFirst();
                if (missing % f.size == 0) {
                    axis.add(f);
                    missing /= f.size;
                } else if (f.size % missing == 0) {
                    int inner = f.size / missing;
                    axis.add(new Factor(f.axis, missing, f.step * inner));
                    rest.addFirst(new Factor(f.axis, inner, f.step));
                    missing = 1;
                } else {
                    return Optional.empty();
                }
            }
            cut.add(axis);
        }
        return rest.isEmpty() && to.volume() > 0 ? Optional.of(new Layout(cut)) : Optional.empty();
    }

    Layout transposed(List<Integer> order) {
        return new Layout(order.stream().map(axes::get).toList());
    }

    /** This with another axis in place of one. */
    Layout with(int axis, List<Factor> factors) {
        var all = new ArrayList<>(axes);
        all.set(axis, factors);
        return new Layout(all);
    }

    /** Whether the tensor's elements have the map's order. */
    boolean keepsOrder(Shape map) {
        return joined(factors()).equals(of(map).factors());
    }

    /** Whether the codes of the tensor as a map of up to two axes in space, channels innermost, have the order of the map's codes. */
    boolean keepsCodes(Shape map) {
        return axes.size() >= 3
                && axes.size() <= 4
                && map.rank() <= 4
                && joined(channelsLast(axes)).equals(joined(channelsLast(of(map).axes)));
    }

    private static List<Factor> channelsLast(List<List<Factor>> axes) {
        return Stream.concat(axes.stream().skip(2), Stream.of(axes.get(1)))
                .flatMap(List::stream)
                .toList();
    }

    /** The axis of the map that an axis is, if it is one from end to end. */
    OptionalInt wholeAxis(int axis, Shape map) {
        List<Factor> factors = axes.get(axis);
        return factors.size() == 1 && factors.equals(whole(factors.getFirst().axis, map.dim(factors.getFirst().axis)))
                ? OptionalInt.of(factors.getFirst().axis)
                : OptionalInt.empty();
    }

    /** The axes of the map that some factors cover, if they cover each of these from end to end. */
    static Optional<Set<Integer>> wholeAxes(List<Factor> factors, Shape map) {
        var covered = new TreeSet<Integer>();
        factors.forEach(f -> covered.add(f.axis));
        boolean whole = covered.stream().allMatch(a -> innermost(factors, a) == map.dim(a));
        return whole ? Optional.of(covered) : Optional.empty();
    }

    /** How many neighbouring elements of an axis of the map some factors cover; 1 if theirs are not neighbours. */
    static int innermost(List<Factor> factors, int axis) {
        int size = size(factors.stream().filter(f -> f.axis == axis).toList());
        boolean neighbours = factors.stream().allMatch(f -> f.axis != axis || f.end() <= size);
        return neighbours ? size : 1;
    }

    /** This without the innermost elements of an axis of the map, of which a pool has left one in each run of so many. */
    Layout without(int axis, int run) {
        return new Layout(axes.stream()
                .map(factors -> factors.stream()
                        .filter(f -> f.axis != axis || f.end() > run)
                        .map(f -> f.axis == axis ? new Factor(axis, f.size, f.step / run) : f)
                        .toList())
                .toList());
    }

    /** For each element of the map, row-major, the number of the tensor's element that it is. */
    int[] numbers(Shape map) {
        return numbers(map, Layout.of(shape()).axes.stream().map(_ -> true).toList());
    }

    /** The same among those elements whose place on the other axes is 0, {@code counted} telling which axes those are that count. */
    int[] numbers(Shape map, List<Boolean> counted) {
        var numbers = new int[map.volume()];
        var strides = new int[map.rank()];
        int stride = 1;
        for (int a = map.rank() - 1; a >= 0; a--) {
            strides[a] = stride;
            stride *= map.dim(a);
        }
        int weight = 1;
        for (int axis = axes.size() - 1; axis >= 0; axis--) {
            if (!counted.get(axis)) {
                continue;
            }
            for (Factor f : axes.get(axis).reversed()) {
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] += i / strides[f.axis] % map.dim(f.axis) / f.step % f.size * weight;
                }
                weight *= f.size;
            }
        }
        return numbers;
    }

    /** The factors of an axis of the map, outermost first. */
    List<Factor> of(int axis) {
        return factors().stream()
                .filter(f -> f.axis == axis)
                .sorted(Comparator.comparingInt(Factor::step).reversed())
                .toList();
    }

    /** The factors of all axes of the map, in the order of its elements. */
    List<Factor> inOrder(Shape map) {
        return Stream.iterate(0, a -> a < map.rank(), a -> a + 1)
                .flatMap(a -> of(a).stream())
                .toList();
    }
}
