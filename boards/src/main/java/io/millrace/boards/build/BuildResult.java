package io.millrace.boards.build;

/** What a build made: a bitstream by the open tools, or a project of a vendor's tool. */
public sealed interface BuildResult permits BuildReport, ProjectReport {}
