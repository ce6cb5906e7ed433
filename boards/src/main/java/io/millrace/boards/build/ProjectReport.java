package io.millrace.boards.build;

import io.millrace.boards.project.VendorReport;
import io.millrace.boards.project.XilinxProject;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A project of a vendor's tool.
 *
 * @param folder where it lies; {@code make} builds it there
 * @param placed what the tool reports of the design; empty where it is not on the PATH and was not run
 */
public record ProjectReport(XilinxProject project, Path folder, Optional<VendorReport> placed) implements BuildResult {}
