package io.millrace.boards.build;

/** What a build made: a bitstream by the open tools, a project of a vendor's tool, or a count of such a project's cells by yosys. */
public sealed interface BuildResult permits BuildReport, ProjectReport, CellCount {}
