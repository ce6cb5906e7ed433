package io.millrace.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.ObjectInputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of the house that the compiler doesn't know, checked on the classes of all modules. */
class ArchitectureTest {
    /** What each module may read besides itself. */
    private static final Map<String, Set<String>> MAY_READ = Map.of(
            "frontend-ir", Set.of(),
            "quantizer", Set.of("frontend-ir"),
            "scheduler", Set.of("frontend-ir", "quantizer"),
            "hdl-gen", Set.of("frontend-ir", "quantizer", "scheduler"),
            "simulator", Set.of("frontend-ir", "quantizer", "scheduler"),
            "runtime-host", Set.of("frontend-ir", "quantizer", "scheduler"),
            "boards", Set.of("frontend-ir", "quantizer", "scheduler", "hdl-gen", "simulator", "runtime-host"),
            "benchmarks",
                    Set.of("frontend-ir", "quantizer", "scheduler", "hdl-gen", "simulator", "runtime-host", "boards"),
            "cli",
                    Set.of(
                            "frontend-ir",
                            "quantizer",
                            "scheduler",
                            "hdl-gen",
                            "simulator",
                            "runtime-host",
                            "boards",
                            "benchmarks"));

    /** A module's folder in a class's address: its classes folder, or its jar. */
    private static final Pattern MODULE =
            Pattern.compile("/([a-z-]+)/target/(?:classes/|[a-z-]+-[0-9.]+\\.jar)|/([a-z-]+)-[0-9][^/]*\\.jar!");

    private static JavaClasses all;

    @BeforeAll
    static void importClasses() {
        all = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.millrace");
    }

    @Test
    void classesOfEveryModuleAreScanned() {
        var counts = all.stream()
                .filter(it -> !it.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(ArchitectureTest::moduleOf, TreeMap::new, Collectors.counting()));
        assertTrue(MAY_READ.keySet().containsAll(counts.keySet()), () -> "classes of unknown modules: " + counts);
        var packages = all.stream().map(ArchitectureTest::moduleOf).collect(Collectors.toSet());
        assertEquals(MAY_READ.keySet(), packages, "modules that were scanned");
        assertTrue(all.size() >= 300, () -> "only " + all.size() + " classes were scanned: " + counts);
    }

    @Test
    void modulesReadOneWay() {
        classes().should(new ReadOnlyAllowedModules()).check(all);
    }

    @Test
    void noPackageIsSplitOverModules() {
        var modules = new HashMap<String, Set<String>>();
        all.forEach(it -> modules.computeIfAbsent(it.getPackageName(), _ -> new HashSet<>())
                .add(moduleOf(it)));
        modules.values().removeIf(homes -> homes.size() == 1);
        assertEquals(Map.of(), modules, "packages with classes in several modules");
    }

    @Test
    void packagesHaveNoCycles() {
        slices().assignedFrom(new PackageWithItsInternals())
                .should()
                .beFreeOfCycles()
                .check(all);
    }

    @Test
    void internalPackagesStayInside() {
        classes().should(new KeepOutOfForeignInternals()).check(all);
    }

    @Test
    void everyModuleHasAPublicFace() {
        var faces = all.stream()
                .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC) && !isInternal(it))
                .map(ArchitectureTest::moduleOf)
                .collect(Collectors.toSet());
        var withClasses = all.stream()
                .filter(it -> !it.getSimpleName().equals("package-info"))
                .map(ArchitectureTest::moduleOf)
                .collect(Collectors.toSet());
        assertEquals(withClasses, faces, "modules with a public type outside `internal`");
    }

    @Test
    void scalaIsTouchedInTheBridgeOnly() {
        ruleNoScala().check(all);
    }

    private static ArchRule ruleNoScala() {
        return noClasses()
                .that()
                .resideOutsideOfPackage("io.millrace.hdl.bridge..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("scala..", "spinal..");
    }

    @Test
    void onlyTheOutermostModulesPrintOrExit() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.millrace.cli..", "io.millrace.benchmarks..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(all);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.millrace.cli..")
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(all);
    }

    @Test
    void nothingIsDeserialised() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ObjectInputStream.class)
                .check(all);
    }

    @Test
    void nothingBareIsThrown() {
        noBareThrowables().check(all);
    }

    private static ArchRule noBareThrowables() {
        return noClasses()
                .should()
                .callConstructorWhere(new DescribedPredicate<JavaConstructorCall>("a bare throwable is made") {
                    @Override
                    public boolean test(JavaConstructorCall call) {
                        return List.of(RuntimeException.class, Exception.class, Error.class, Throwable.class).stream()
                                        .anyMatch(type -> call.getTargetOwner().isEquivalentTo(type))
                                && !call.getOriginOwner()
                                        .isAssignableTo(call.getTargetOwner().getName());
                    }
                });
    }

    @Test
    void chanceHasASeed() {
        noUnseededChance().check(all);
    }

    private static ArchRule noUnseededChance() {
        return noClasses()
                .should()
                .callCodeUnitWhere(new DescribedPredicate<JavaCall<?>>("the outcome can't be repeated") {
                    @Override
                    public boolean test(JavaCall<?> call) {
                        var owner = call.getTargetOwner().getName();
                        var name = call.getTarget().getName();
                        return owner.equals("java.util.Random")
                                        && name.equals("<init>")
                                        && call.getTarget()
                                                .getRawParameterTypes()
                                                .isEmpty()
                                || owner.equals("java.lang.Math") && name.equals("random")
                                || owner.equals("java.util.concurrent.ThreadLocalRandom")
                                || owner.equals("java.util.Collections")
                                        && name.equals("shuffle")
                                        && call.getTarget()
                                                        .getRawParameterTypes()
                                                        .size()
                                                == 1;
                    }
                });
    }

    /** The rules above can fail: each is broken here once. */
    @Test
    void rulesSeeTheirBreaches() {
        var breaches = new ClassFileImporter().importClasses(Breach.class);
        assertThrows(AssertionError.class, () -> noBareThrowables().check(breaches));
        assertThrows(AssertionError.class, () -> noUnseededChance().check(breaches));
        assertEquals("boards", moduleOf("file:/a/boards/target/classes/io/millrace/boards/Boards.class"));
        assertEquals("boards", moduleOf("jar:file:/a/boards/target/boards-0.1.0.jar!/io/millrace/boards/Boards.class"));
        assertEquals("hdl-gen", moduleOf("jar:file:/m/io/millrace/hdl-gen/0.1.0/hdl-gen-0.1.0.jar!/io/X.class"));
    }

    private static final class Breach {
        static void throwBare() {
            if (new Random().nextBoolean()) {
                throw new RuntimeException("bare");
            }
        }
    }

    /** A package and the helpers below its {@code internal} are one: they may use each other. */
    private static final class PackageWithItsInternals implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass it) {
            return SliceIdentifier.of((it.getPackageName() + ".").split("\\.internal\\.", 2)[0].replaceAll("\\.$", ""));
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }

    private static boolean isInternal(JavaClass it) {
        return (it.getPackageName() + ".").contains(".internal.");
    }

    private static String moduleOf(JavaClass it) {
        return moduleOf(it.getSource()
                .orElseThrow(() -> new AssertionError("no address of " + it.getName()))
                .getUri()
                .toString());
    }

    private static String moduleOf(String uri) {
        var matcher = MODULE.matcher(uri);
        if (!matcher.find()) {
            throw new AssertionError("no module in the address " + uri);
        }
        return matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    private static boolean isOurs(JavaClass it) {
        return it.getPackageName().startsWith("io.millrace") && it.getSource().isPresent();
    }

    private static final class ReadOnlyAllowedModules extends ArchCondition<JavaClass> {
        ReadOnlyAllowedModules() {
            super("read only modules upstream");
        }

        @Override
        public void check(JavaClass item, ConditionEvents events) {
            var home = moduleOf(item);
            for (var dependency : item.getDirectDependenciesFromSelf()) {
                var target = dependency.getTargetClass().getBaseComponentType();
                if (isOurs(target)
                        && !moduleOf(target).equals(home)
                        && !MAY_READ.getOrDefault(home, Set.of()).contains(moduleOf(target))) {
                    events.add(SimpleConditionEvent.violated(
                            item, home + " must not read " + moduleOf(target) + ": " + dependency.getDescription()));
                }
            }
        }
    }

    private static final class KeepOutOfForeignInternals extends ArchCondition<JavaClass> {
        KeepOutOfForeignInternals() {
            super("use internal packages of their own module only");
        }

        @Override
        public void check(JavaClass item, ConditionEvents events) {
            for (var dependency : item.getDirectDependenciesFromSelf()) {
                var target = dependency.getTargetClass().getBaseComponentType();
                if (isOurs(target) && isInternal(target) && !moduleOf(target).equals(moduleOf(item))) {
                    events.add(SimpleConditionEvent.violated(item, dependency.getDescription()));
                }
            }
        }
    }
}
