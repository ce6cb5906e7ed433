package io.millrace.boards;

import io.millrace.ir.ImportCode;
import io.millrace.ir.SourceRef;
import io.millrace.ir.data.IdxFile;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Images of one size, as bytes 0 to 255.
 *
 * <p>Shape {@code [count, channels, height, width]}, planes one after the other, as IDX files hold them.
 */
public final class ImageSet {
    private final int count;
    private final int channels;
    private final int height;
    private final int width;
    private final byte[] pixels;

    /**
     * @param pixels taken, not copied
     * @throws IllegalArgumentException if there aren't {@code count * channels * height * width} of them
     */
    public ImageSet(int count, int channels, int height, int width, byte[] pixels) {
        if (count < 0 || channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("images of " + channels + "x" + height + "x" + width + ", " + count);
        }
        if (pixels.length != (long) count * channels * height * width) {
            throw new IllegalArgumentException(
                    pixels.length + " bytes are not " + count + " images of " + channels + "x" + height + "x" + width);
        }
        this.count = count;
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.pixels = pixels;
    }

    /**
     * Reads an IDX file of rank 3 (grey: count, height, width) or 4 (count, channels, height, width), plain or gzip.
     *
     * @throws io.millrace.ir.CompileException IMP-0101 if the file can't be read, IMP-0501 if it holds no images
     */
    public static ImageSet read(Path file) {
        return of(IdxFile.read(file), String.valueOf(file.getFileName()));
    }

    static ImageSet of(IdxFile idx, String file) {
        var dims = idx.dims();
        if (dims.size() < 3 || dims.size() > 4 || dims.subList(1, dims.size()).contains(0)) {
            throw ImportCode.IDX_FILE.exception(
                    SourceRef.file(file),
                    "has sizes " + dims + ", which are no images",
                    "give images of rank 3 (count, height, width) or 4 (count, channels, height, width)");
        }
        return dims.size() == 3
                ? new ImageSet(dims.get(0), 1, dims.get(1), dims.get(2), idx.data())
                : new ImageSet(dims.get(0), dims.get(1), dims.get(2), dims.get(3), idx.data());
    }

    public int count() {
        return count;
    }

    public int channels() {
        return channels;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    /** Bytes of one image. */
    public int imageBytes() {
        return channels * height * width;
    }

    /** A copy of one image, {@code [channels, height, width]}. */
    public byte[] image(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("image " + index + " of " + count);
        }
        return Arrays.copyOfRange(pixels, index * imageBytes(), (index + 1) * imageBytes());
    }

    /** These images and then those of another set of the same size. */
    public ImageSet plus(ImageSet other) {
        if (other.channels != channels || other.height != height || other.width != width) {
            throw new IllegalArgumentException("images of different sizes can't be joined");
        }
        var joined = Arrays.copyOf(pixels, pixels.length + other.pixels.length);
        System.arraycopy(other.pixels, 0, joined, pixels.length, other.pixels.length);
        return new ImageSet(count + other.count, channels, height, width, joined);
    }
}
