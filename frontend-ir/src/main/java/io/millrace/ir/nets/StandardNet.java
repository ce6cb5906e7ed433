package io.millrace.ir.nets;

import io.millrace.ir.Graph;
import java.util.Locale;

/**
 * ConvNets of the literature, layer by layer, with seeded random weights. They answer how large, how fast and whether at all; they
 * recognise nothing. But for those of several scales and of grey pictures they take one frame {@code [1, 3, ...]} of values of about 0 to 1; most end
 * in scores without a softmax.
 *
 * <p>Layers, multiply-accumulates (MACs) and trained values are those of the source that each net names, where it gives them; torchvision means
 * {@code num_params} and {@code _ops} of the weights in its {@code torchvision/models}. A convolution before a normalization has no bias.
 */
public enum StandardNet {
    /**
     * Krizhevsky et al., NIPS 2012, in its two groups, without local response normalization. Values and MACs: 60,965,224 (Netscope's and dlcookbook-dlbs' table of
     * the Caffe model) and 724,406,816 (layer by layer from the paper's sizes, with maps of 55, 27 and 13). torchvision's AlexNet is another one, of 61,100,840 values.
     */
    ALEXNET(224, 1000, AlexNet.of(false)),
    /** The same with it. */
    ALEXNET_LRN(224, 1000, AlexNet.of(true)),
    /** {@link #ALEXNET} up to its last pool, whatever the number of classes: 665,784,864 of its MACs, those of its five convolutions. */
    ALEXNET_CONV(224, 1000, AlexNet::convolutions),
    /** Simonyan and Zisserman, ICLR 2015, configuration D. torchvision's {@code vgg16}: 138,357,544 values, 15.47 G MACs. */
    VGG16(224, 1000, Vgg.of(2, 2, 3, 3, 3)),
    /** The same up to its last pool, whatever the number of classes: 15,346,630,656 of its MACs, those of its thirteen convolutions. */
    VGG16_CONV(224, 1000, Vgg.convolutions(2, 2, 3, 3, 3)),
    /** The same, configuration E. torchvision's {@code vgg19}: 143,667,240 values, 19.632 G MACs. */
    VGG19(224, 1000, Vgg.of(2, 2, 4, 4, 4)),
    /** He et al., CVPR 2016, basic blocks. torchvision's {@code resnet18}: 11,689,512 values, 1.814 G MACs. */
    RESNET18(224, 1000, ResNet.basic(2, 2, 2, 2)),
    /** The same, bottleneck blocks, the stride on the 3x3 convolution as in torchvision's {@code resnet50}: 25,557,032 values, 4.089 G MACs. */
    RESNET50(224, 1000, ResNet.bottleneck(3, 4, 6, 3)),
    /**
     * Banbury et al., NeurIPS 2021 (MLPerf Tiny's image classification), for CIFAR-10, normalizations folded: 12,501,632 MACs, 77,706
     * values, layer by layer.
     */
    RESNET8(32, 10, ResNet::ofMlperfTiny),
    /** Howard et al., 2017, width 1. Values: 4,231,976 (imgclsmob's and Keras' tables). */
    MOBILENET_V1(224, 1000, MobileNet::v1),
    /** Sandler et al., CVPR 2018, width 1. torchvision's {@code mobilenet_v2}: 3,504,872 values, 0.301 G MACs. */
    MOBILENET_V2(224, 1000, MobileNet::v2),
    /** Iandola et al., 2016, release 1.1. torchvision's {@code squeezenet1_1}: 1,235,496 values, 0.349 G MACs. */
    SQUEEZENET(224, 1000, SqueezeNet::build),
    /**
     * Szegedy et al., CVPR 2015, without local response normalization and auxiliary heads. Values: 6,998,552 (dlcookbook-dlbs' table of Caffe's
     * {@code bvlc_googlenet}, Keras). torchvision's has normalizations, and 3x3 windows where the paper has 5x5.
     */
    GOOGLENET(224, 1000, GoogLeNet.of(false)),
    /** The same with local response normalization. */
    GOOGLENET_LRN(224, 1000, GoogLeNet.of(true)),
    /** Zhang et al., CVPR 2018, width 1, 3 groups. Values: 1,865,728 (imgclsmob's {@code shufflenet_g3_w1}). */
    SHUFFLENET(224, 1000, ShuffleNet::build),
    /** Huang et al., CVPR 2017. torchvision's {@code densenet121}: 7,978,856 values, 2.834 G MACs. */
    DENSENET121(224, 1000, DenseNet::build),
    /**
     * EfficientNet-B0 (Tan and Le, ICML 2019) as its Lite release: no squeeze-excite, ReLU6; padding the same on both sides, which changes no size. Values: 4.7 M
     * (the release's README). It is torchvision's {@code efficientnet_b0} (5,288,548 values, 0.386 G MACs) less 636,540 values of squeeze-excite, which has a MAC for each
     * weight. The README's 407 M are more than these layers multiply: it does not say what else it counts.
     */
    EFFICIENTNET_LITE0(224, 1000, MobileNet::efficientNetLite0),
    /** Ronneberger et al., MICCAI 2015, with padded convolutions and a quarter of the channels: a score map for each class. */
    UNET(128, 2, UNet.of(16, UNet.Upsampling.TRANSPOSED)),
    /** The same, upsampling by repetition and a 3x3 convolution. */
    UNET_NEAREST(128, 2, UNet.of(16, UNet.Upsampling.NEAREST)),
    /** The same, upsampling by linear interpolation. */
    UNET_LINEAR(128, 2, UNet.of(16, UNet.Upsampling.LINEAR)),
    /** Tran et al., ICCV 2015: 16 frames {@code [1, 3, 16, size, size]}. */
    C3D(112, 487, C3d::build),
    /**
     * Farabet et al., PAMI 2013, and the scene parsing of neuFlow: a frame of 320x240 and its halves and quarters, each an input of {@code [1, 3, height, width]}; labels on a
     * grid of 80x60. Every map is connected, windows are padded to keep their size, the classifier is linear: 6.63 G MACs, 855,680 values for the features that the three scales
     * share (here once each) and 15,380 for the classifier of 20 classes. {@code size} is the height, the width four thirds of it; of sizes that are no multiples of 16, positions that
     * the coarser scales do not have are left out: 500x375 has labels on 124x92.
     */
    SCENE_PARSING(240, 20, SceneParsing.of(0)),
    /** The same with a classifier of two layers, 1,024 values between them: 10.43 G MACs. */
    SCENE_PARSING_HIDDEN(240, 20, SceneParsing.of(1024)),
    /**
     * {@link #SCENE_PARSING} with connection tables: ten maps of the first layer see the first channel, six both others; a map of the second layer sees 8 of 16, one of the third
     * 16 of 64, as Torch7's {@code nn.tables.random} deals them (fan-ins as recalled from the authors' scene parsing, not looked up). 2.08 G MACs.
     */
    SCENE_PARSING_TABLES(240, 20, SceneParsing.withTables()),
    /**
     * Zbontar and LeCun, JMLR 2016, the fast net for KITTI as released (jzbontar/mc-cnn), on one grey picture {@code [1, 1, 370, 1226]} of a stereo pair: the features of each pixel before they
     * are normalized and compared, whatever the number of classes. {@code size} is the height; windows are padded to keep it. 111,424 values, 50.43 G MACs.
     */
    MC_CNN_FAST(370, 64, (name, size, _, seed) -> McCnn.fast(name, size, seed));

    /** Builds a net; {@code name} is what its messages call it. */
    @FunctionalInterface
    interface Family {
        Graph build(String name, int size, int classes, long seed);
    }

    private final int size;
    private final int classes;
    private final Family family;

    StandardNet(int size, int classes, Family family) {
        this.size = size;
        this.classes = classes;
        this.family = family;
    }

    /** Its name in commands, such as {@code mobilenet_v2}. */
    public String netName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Height and width of the published net's input. */
    public int defaultSize() {
        return size;
    }

    /** Number of classes of the published net. */
    public int defaultClasses() {
        return classes;
    }

    /** The net as published, with weights of seed 1. */
    public Graph graph() {
        return graph(size, classes, 1);
    }

    /**
     * The net for another input size or number of classes; before the canonicalising passes.
     *
     * @param size height and width of the input
     * @param seed of the weights; equal arguments give equal graphs
     * @throws IllegalArgumentException if the input is too small for the net's windows, or its skips do not meet at this size
     */
    public Graph graph(int size, int classes, long seed) {
        if (size < 1 || classes < 1) {
            throw new IllegalArgumentException("size " + size + " and classes " + classes + " are at least 1");
        }
        return family.build(netName(), size, classes, seed);
    }
}
