package io.millrace.ir;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Objects;

/** Why a file could not be read or written, in words: the JDK tells it by the class of the exception only. */
public final class FileTrouble {
    private FileTrouble() {}

    /** A few words without the file's name, such as {@code no such file or folder}. */
    public static String words(Exception e) {
        return switch (e) {
            case NoSuchFileException _ -> "no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "something of that name exists";
            case NotDirectoryException _ -> "not a folder";
            case DirectoryNotEmptyException _ -> "the folder is not empty";
            case ReadOnlyFileSystemException _ -> "the file system is read-only";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            case IOException io -> Objects.requireNonNullElse(io.getMessage(), "input or output failed");
            default -> String.valueOf(e.getMessage());
        };
    }
}
